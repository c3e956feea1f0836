import ArgumentParser
import Doctor
import Foundation
import Glibc
import Settings

/// `switchboard doctor`: looks for everything that could keep the server from working, and says what to do.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for everything that keeps a server from working, and say what to do about it.",
        usage: "switchboard doctor [--json] [--strict] [--<setting> <value> ...]",
        discussion: """
            Reads the configuration that the server would have, tries it out on this machine,
            and asks a server that runs with it already. It changes nothing. Ports that are
            free are opened for a moment. Run it as the server's user and in its directory.

            Findings are ok, notices (worth knowing), warnings (works, but not well, not
            safely or not for long) and errors (does not work).

            Exit codes: 0 no errors, 1 errors, or warnings with --strict, 2 wrong usage.

            It takes all settings of the server, which are listed by: switchboard help serve
            """)

    @Flag(help: "Print one JSON object in place of lines.")
    var json = false

    @Flag(help: "Take warnings for errors.")
    var strict = false

    @Argument(
        parsing: .allUnrecognized, help: ArgumentHelp("Settings, those of serve.", valueName: "setting"))
    var settings: [String] = []

    private static let dotEnvPath = ".env"
    /// For finding out whether a server runs.
    private static let serverLimit = Duration.seconds(10)

    func run() async throws {
        // An unknown flag is a mistake on the command line. All other mistakes go into the report.
        _ = try CommandLineFlags(settings, known: Settings.all)
        ProcessLimits.ignoreBrokenPipes()
        let examination = await Self.examination(settings)
        let doctor =
            examination.configuration.isComplete ? Doctor() : Doctor(checks: [.configuration, .clock])
        let findings = json ? await printJSON(doctor, examination) : await printLines(doctor, examination)
        let worst = findings.map(\.level).max() ?? .ok
        if worst >= (strict ? .warning : .error) { throw ExitCode.failure }
    }

    private static func examination(_ settings: [String]) async -> Examination {
        let machine = Machine()
        do throws(UsageError) {
            let sources = try await SettingSources.ofThisProcess(settings, known: Settings.all)
            let reading = ConfigurationReading(sources, dotEnvPath: dotEnvPath)
            let server = await Doctor.within(serverLimit) { OwnServer.find(reading.values, on: machine) }
            return Examination(configuration: reading, machine: machine, server: server ?? nil)
        } catch {
            return Examination(configuration: ConfigurationReading(error), machine: machine, server: nil)
        }
    }

    private func printJSON(_ doctor: Doctor, _ examination: Examination) async -> [Finding] {
        var checks: [(check: DoctorCheck, findings: [Finding])] = []
        let findings = await doctor.examine(examination) { checks.append(($0, $1)) }
        StandardStreams.printLine(DoctorReport.json(findings, checks, version: Version.current))
        return findings
    }

    private func printLines(_ doctor: Doctor, _ examination: Examination) async -> [Finding] {
        let report = DoctorReport(width: Self.width, hasColours: Self.hasColours)
        StandardStreams.printLine(Self.headline(examination.machine) + "\n")
        let findings = await doctor.examine(examination) { check, findings in
            report.lines(check, findings).forEach(StandardStreams.printLine)
        }
        if !examination.configuration.isComplete {
            StandardStreams.printLine("Nothing else was checked, for it depends on the configuration.")
        }
        StandardStreams.printLine("\n" + report.summary(findings))
        return findings
    }

    /// What the findings depend on beside the configuration.
    private static func headline(_ machine: Machine) -> String {
        let user = machine.userID()
        return "Switchboard \(Version.current) for \(user == 0 ? "root" : "user \(user)") in "
            + FileManager.default.currentDirectoryPath
    }

    /// As wide as the terminal, within reason.
    private static var width: Int {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? min(max(Int(size.ws_col), 50), 110) : 100
    }

    private static var hasColours: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDOUT_FILENO) == 1 && environment["NO_COLOR", default: ""].isEmpty
            && environment["TERM"] != "dumb"
    }
}
