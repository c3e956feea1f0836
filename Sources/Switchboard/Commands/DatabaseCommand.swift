import ArgumentParser
import Foundation
import Pairing
import Settings

/// `switchboard db`: the pairing database, without the server.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Create or check the pairing database.",
        discussion: """
            The server creates its database by itself; these commands are for setting a
            machine up and for looking after it. Both may run beside a serving process.
            """,
        subcommands: [Init.self, Check.self])

    /// Without a command of its own it does nothing, which no script should take for success.
    func run() async throws {
        StandardStreams.printError(Switchboard.helpMessage(for: Self.self) + "\n")
        throw UsageError("db needs a command; allowed: init, check")
    }

    /// `switchboard db init`.
    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create the database, or bring an existing one up to date.",
            discussion: """
                Applies the schema (scripts/init-db.sql). Nothing is ever dropped: running it
                again, or on a database of the original backend, is harmless.

                \(Settings.help(Settings.database))
                """)

        @Argument(
            parsing: .allUnrecognized, help: ArgumentHelp("Settings, listed above.", valueName: "setting"))
        var settings: [String] = []

        func run() async throws {
            let backend = try await DatabaseCommand.backend(settings)
            let existed = !backend.isMissing
            let report = try await backend.reportOrFail { store throws(PairingStoreError) in
                try await store.open()
            }
            StandardStreams.printLine(
                "\(backend.name): \(existed ? "up to date" : "created"), \(report.rooms) rooms, \(report.pendings) invitations"
            )
        }
    }

    /// `switchboard db check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Search the database for damage and missing parts.",
            discussion: """
                Reads the whole file and changes nothing. Exit code 0 if all is well, 1 if not.

                \(Settings.help(Settings.database))
                """)

        @Argument(
            parsing: .allUnrecognized, help: ArgumentHelp("Settings, listed above.", valueName: "setting"))
        var settings: [String] = []

        func run() async throws {
            let backend = try await DatabaseCommand.backend(settings)
            let path = backend.name
            guard !backend.isMissing else {
                throw CommandFailure("\(path): no such file; create it with: switchboard db init")
            }
            let report = try await backend.reportOrFail { store throws(PairingStoreError) in
                try await store.inspect()
            }
            for problem in report.damage {
                StandardStreams.printLine("\(path): damaged: \(problem)")
            }
            for part in report.missing {
                StandardStreams.printLine("\(path): missing: \(part) (switchboard db init adds it)")
            }
            guard report.isSound else {
                throw CommandFailure("\(path): not ok")
            }
            StandardStreams.printLine(
                "\(path): ok, \(report.rooms) rooms, \(report.pendings) invitations, \(report.engine) \(report.version)"
            )
        }
    }

    private static func backend(_ arguments: [String]) async throws -> PairingBackend {
        let sources = try await SettingSources.ofThisProcess(arguments, known: Settings.database)
        for notice in sources.notices {
            StandardStreams.printError("switchboard: \(notice)")
        }
        return PairingBackend(named: try SettingValues(Settings.database, from: sources))
    }
}

extension PairingBackend {
    fileprivate var isMissing: Bool { file.map(FilePresence.isMissing) ?? false }

    fileprivate func reportOrFail(
        _ ask: (any PairingStore) async throws(PairingStoreError) -> StoreReport
    ) async throws -> StoreReport {
        do throws(PairingStoreError) {
            return try await report(ask)
        } catch {
            throw CommandFailure("\(name): \(error)")
        }
    }
}
