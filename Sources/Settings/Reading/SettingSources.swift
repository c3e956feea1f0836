import Configuration
import Foundation
import OperatorText

/// Where settings come from, in order of precedence: the first source that has a value decides.
///
/// Command-line flags, the environment, the file `.env` in the working directory, the JSON file that
/// `--config` or `CONFIG_FILE` names, the `turnserver.conf` that `TURN_CONFIG` names. An empty value counts as none.
package struct SettingSources {
    private let commandLine: CommandLineArgumentsProvider
    private let environment: EnvironmentVariablesProvider
    private let dotEnv: EnvironmentVariablesProvider
    private var file: (path: String, content: ConfigurationFile)?
    private var turnServerFile: TurnServerFile?
    private let dotEnvLines: [String: Int]

    /// What an operator should hear about although it does not stop the start.
    package private(set) var notices: [String]

    /// What explains itself to an operator who reads the whole log.
    package private(set) var remarks: [String] = []

    /// Opens the sources.
    ///
    /// - Parameters:
    ///   - arguments: What follows the command on the command line.
    ///   - environmentVariables: The environment.
    ///   - dotEnvPath: The `.env` file; it may be missing.
    ///   - turnConfigPath: The `turnserver.conf` that is read unless another is named; it may be missing.
    ///   - known: The settings that the command has as flags.
    package init(
        arguments: [String], environmentVariables: [String: String], dotEnvPath: String,
        turnConfigPath: String = ServerConfiguration().turnServerFile, known: [Setting]
    ) async throws(UsageError) {
        let flags = try CommandLineFlags(arguments, known: known)
        commandLine = CommandLineArgumentsProvider(arguments: ["switchboard"] + flags.normalized)
        environment = EnvironmentVariablesProvider(environmentVariables: environmentVariables)
        let dotEnvFile = try Self.readDotEnv(dotEnvPath)
        dotEnv = EnvironmentVariablesProvider(environmentVariables: dotEnvFile.values)
        dotEnvLines = dotEnvFile.lines
        try Self.refuseMistypedNames(in: dotEnvFile)
        notices = Self.notices(dotEnvFile, environmentVariables)
        let configFile = Settings.at(\.configFile)
        if let path = value(for: configFile)?.text {
            file = (path, try await ConfigurationFile(path: path))
        }
        if known.contains(where: { $0.name == Settings.at(\.turnServerFile).name }) {
            turnServerFile = try TurnServerFile(
                named: value(for: Settings.at(\.turnServerFile))?.text, default: turnConfigPath)
            notices += turnServerFile?.notices ?? []
            remarks += turnServerFile?.remarks ?? []
        }
    }

    /// One of the places where settings come from, in order of precedence.
    package enum Place: CaseIterable {
        case commandLine, environment, dotEnv, configurationFile, turnServerFile
    }

    /// A setting's value as text and its source; nil if it is not set.
    package func value(for setting: Setting) -> (text: String, origin: String)? {
        for place in Place.allCases {
            if let value = value(for: setting, in: place) { return value }
        }
        return nil
    }

    /// What one place has, whether or not it decides.
    package func value(for setting: Setting, in place: Place) -> (text: String, origin: String)? {
        let name = AbsoluteConfigKey([setting.name])
        switch place {
        case .commandLine:
            return Self.text(commandLine, AbsoluteConfigKey([setting.key]), .stringArray).map {
                ($0, "\(setting.flag) \(setting.shown($0))")
            }
        case .environment:
            return Self.text(environment, name, .string).map {
                ($0, "\(setting.name) \(setting.shown($0)) in the environment")
            }
        case .dotEnv:
            let line = dotEnvLines[setting.name].map { ", line \($0)" } ?? ""
            return Self.text(dotEnv, name, .string).map {
                ($0, "\(setting.name) \(setting.shown($0)) in .env\(line)")
            }
        case .configurationFile:
            guard let file, let text = file.content.text(for: setting), !text.isEmpty else { return nil }
            return (text, "\(setting.key) \(setting.shown(text)) in \(file.path)")
        case .turnServerFile:
            return turnServerFile?.value(for: setting)
        }
    }

    /// The command-line provider splits at commas, so its values are asked for as arrays and joined again.
    private static func text(_ provider: any ConfigProvider, _ key: AbsoluteConfigKey, _ type: ConfigType)
        -> String?
    {
        guard let content = try? provider.value(forKey: key, type: type).value?.content else { return nil }
        let text: String
        switch content {
        case .string(let value): text = value
        case .stringArray(let elements): text = elements.joined(separator: ",")
        default: return nil
        }
        return text.isEmpty ? nil : text
    }

    private static func readDotEnv(_ path: String) throws(UsageError) -> DotEnvFile {
        if FilePresence.isMissing(path) { return DotEnvFile("") }
        do {
            return DotEnvFile(String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self))
        } catch {
            throw UsageError("\(path.quoted) exists and cannot be read; allowed: a readable file or none")
        }
    }

    private static func refuseMistypedNames(in file: DotEnvFile) throws(UsageError) {
        for (name, line) in file.lines.sorted(by: { $0.value < $1.value }) {
            guard let meant = Settings.nameMeant(inDotEnv: name) else { continue }
            throw UsageError("\(name) in .env, line \(line) is not a setting; did you mean \(meant)?")
        }
    }

    private static func notices(_ file: DotEnvFile, _ environment: [String: String]) -> [String] {
        let skipped = file.skippedLines.map { ".env line \($0) is no NAME=value and was skipped" }
        let mistyped = environment.keys.sorted().compactMap { name in
            Settings.nameMeant(inEnvironment: name).map {
                "\(name.quoted) in the environment is not a setting; did you mean \($0)?"
            }
        }
        return skipped + mistyped
    }
}

extension SettingSources {
    /// The sources of this process: its environment, and `.env` in its working directory.
    package static func ofThisProcess(
        _ arguments: [String], known: [Setting]
    ) async throws(UsageError) -> SettingSources {
        try await SettingSources(
            arguments: arguments, environmentVariables: ProcessInfo.processInfo.environment,
            dotEnvPath: ".env",
            known: known)
    }
}
