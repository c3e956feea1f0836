import ArgumentParser
import Doctor
import Settings

/// `switchboard serve`: the server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve pairing, signaling, STUN and TURN until SIGTERM or SIGINT (the default command).",
        usage: "switchboard serve [--<setting> <value> ...]",
        discussion: """
            On SIGTERM or SIGINT, readiness fails, connections are closed over DRAIN_SPREAD
            and the process ends; a second signal ends it at once. Logs go to standard
            error; standard output only says where clients connect.

            Each setting below is given as a flag (--port 8080 or --port=8080), as an
            environment variable or a line in ./.env under the name in brackets, or as a
            member of the JSON file named by --config ({"port": 8080}). The first of these
            that has it decides; an empty value counts as not given.

            \(Settings.help(Settings.all))
            """)

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Settings, listed above.", valueName: "setting"))
    var settings: [String] = []

    func run() async throws {
        let sources = try await SettingSources.ofThisProcess(settings, known: Settings.all)
        let values = try SettingValues(Settings.all, from: sources)
        let secretFiles = SecretFile.all(
            values, settingFiles: ConfigurationReading(sources, dotEnvPath: ".env").secretFiles)
        let exposed = secretFiles.compactMap { file in
            file.exposure(FileFacts.read).map { "\($0); \(file.remedy) ends that" }
        }
        try await Server(values, notices: sources.notices + exposed, remarks: sources.remarks).run()
    }
}
