import Configuration
import Foundation

/// Where settings come from, in order of precedence: the first source that has a value decides.
///
/// Command-line flags, the environment, the file `.env` in the working directory, the JSON file that
/// `--config` or `CONFIG_FILE` names. An empty value counts as none.
struct SettingSources {
    private let commandLine: CommandLineArgumentsProvider
    private let environment: EnvironmentVariablesProvider
    private let dotEnv: EnvironmentVariablesProvider
    private var file: (path: String, content: ConfigurationFile)?
    private let dotEnvLines: [String: Int]

    /// What an operator should hear about although it is no error: typing mistakes in `.env`.
    let notices: [String]

    /// Opens the sources.
    ///
    /// - Parameters:
    ///   - arguments: What follows the command on the command line.
    ///   - environmentVariables: The environment.
    ///   - dotEnvPath: The `.env` file; it may be missing.
    ///   - known: The settings that the command has as flags.
    init(
        arguments: [String], environmentVariables: [String: String], dotEnvPath: String,
        known: [SettingDeclaration]
    ) async throws(UsageError) {
        let flags = try CommandLineFlags(arguments, known: known)
        commandLine = CommandLineArgumentsProvider(arguments: ["switchboard"] + flags.normalized)
        environment = EnvironmentVariablesProvider(environmentVariables: environmentVariables)
        let dotEnvFile = try Self.readDotEnv(dotEnvPath)
        dotEnv = EnvironmentVariablesProvider(environmentVariables: dotEnvFile.values)
        dotEnvLines = dotEnvFile.lines
        notices = Self.notices(dotEnvFile)
        let configFile = Settings.configFile.declaration
        if let path = try value(for: configFile)?.text {
            file = (path, try await ConfigurationFile(path: path))
        }
    }

    /// A setting's value as text and who gave it; nil when nobody did.
    func value(for setting: SettingDeclaration) throws(UsageError) -> (text: String, origin: String)? {
        let name = AbsoluteConfigKey([setting.name])
        if let text = Self.text(commandLine, AbsoluteConfigKey([setting.key]), .stringArray) {
            return (text, "\(setting.flag) \(Self.shown(text, setting))")
        }
        if let text = Self.text(environment, name, .string) {
            return (text, "\(setting.name) \(Self.shown(text, setting)) in the environment")
        }
        if let text = Self.text(dotEnv, name, .string) {
            let line = dotEnvLines[setting.name].map { ", line \($0)" } ?? ""
            return (text, "\(setting.name) \(Self.shown(text, setting)) in .env\(line)")
        }
        if let file, let text = file.content.text(for: setting), !text.isEmpty {
            return (text, "\(setting.key) \(Self.shown(text, setting)) in \(file.path)")
        }
        return nil
    }

    private static func shown(_ text: String, _ setting: SettingDeclaration) -> String {
        setting.isSecret ? "(secret)" : text.quoted
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
        guard FileManager.default.fileExists(atPath: path) else { return DotEnvFile("") }
        do {
            return DotEnvFile(String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self))
        } catch {
            throw UsageError("\(path.quoted) exists and cannot be read; allowed: a readable file or none")
        }
    }

    private static func notices(_ file: DotEnvFile) -> [String] {
        let names = Settings.all.map(\.name)
        let skipped = file.skippedLines.map { ($0, ".env line \($0) is no NAME=value and was skipped") }
        let mistyped = file.lines.compactMap { name, line -> (Int, String)? in
            guard !names.contains(name), let meant = name.nearest(of: names) else { return nil }
            return (line, ".env line \(line): \(name) is not a setting; did you mean \(meant)?")
        }
        return (skipped + mistyped).sorted { $0.0 < $1.0 }.map(\.1)
    }
}

extension SettingSources {
    /// The sources of this process: its environment, and `.env` in its working directory.
    static func ofThisProcess(
        _ arguments: [String], known: [SettingDeclaration]
    ) async throws(UsageError) -> SettingSources {
        try await SettingSources(
            arguments: arguments, environmentVariables: ProcessInfo.processInfo.environment,
            dotEnvPath: ".env",
            known: known)
    }
}
