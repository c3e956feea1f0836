import ArgumentParser
import Glibc
import Settings

/// The program's command tree.
struct Switchboard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switchboard",
        abstract: "Pairs two devices and carries the signaling of their WebRTC calls.",
        discussion: """
            Two devices that know one join code find each other through a REST API; then
            they meet in a room over WebSocket and exchange what WebRTC needs. Where no direct
            way exists, media passes through the STUN and TURN server of this program.

            Start it with pairing on:

              switchboard serve --use-sqlite

            Every setting is a flag, an environment variable, a line in .env, or a member
            of a JSON file (--config); the first of these that has it decides. All are
            listed by: switchboard help serve

            Exit codes: 0 success, 1 failure, 2 wrong usage or configuration.
            """,
        version: Version.current,
        subcommands: [ServeCommand.self, DoctorCommand.self, DatabaseCommand.self, CredentialsCommand.self],
        defaultSubcommand: ServeCommand.self)
}

/// Runs the command line and turns whatever happens into one of the three exit codes.
@main
enum Program {
    static func main() async {
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs one command line; 0 is success, 1 failure, 2 wrong usage or configuration.
    static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try Switchboard.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let error as UsageError {
            StandardStreams.printError("switchboard: \(error)")
            return 2
        } catch let error as CommandFailure {
            StandardStreams.printError("switchboard: \(error)")
            return 1
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            return report(error)
        }
    }

    /// Prints what ArgumentParser has to say: help and versions are success, the rest is wrong usage.
    private static func report(_ error: any Error) -> Int32 {
        let message = Switchboard.fullMessage(for: error)
        let code = Switchboard.exitCode(for: error)
        if code == .success {
            StandardStreams.printLine(message)
            return 0
        }
        StandardStreams.printError(message)
        return code == .validationFailure ? 2 : 1
    }
}
