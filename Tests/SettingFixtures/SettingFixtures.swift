import Foundation
package import Settings

/// What a command line, an environment and files in a directory of their own amount to.
package func values(
    _ arguments: [String] = [], environment: [String: String] = [:], dotEnv: String? = nil,
    json: String? = nil, turnServer: String? = nil
) async throws -> SettingValues {
    try await withSources(
        arguments, environment: environment, dotEnv: dotEnv, json: json, turnServer: turnServer
    ) { sources in
        try SettingValues(Settings.all, from: sources)
    }
}

/// What the sources say beside values: what an operator should hear about at the start.
package func notices(
    environment: [String: String] = [:], dotEnv: String? = nil, turnServer: String? = nil
) async throws -> [String] {
    try await withSources(environment: environment, dotEnv: dotEnv, turnServer: turnServer) { $0.notices }
}

/// What a turnserver.conf has that is always so.
package func remarks(turnServer: String) async throws -> [String] {
    try await withSources(turnServer: turnServer) { $0.remarks }
}

/// Sources as these flags, variables and files make them, for as long as the closure runs.
package func withSources<Result>(
    _ arguments: [String] = [], environment: [String: String] = [:], dotEnv: String? = nil,
    json: String? = nil, turnServer: String? = nil, _ body: (SettingSources) throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { directory in
        let dotEnvPath = directory.appending(path: ".env").path
        try dotEnv?.write(toFile: dotEnvPath, atomically: true, encoding: .utf8)
        var environment = environment
        if let json {
            let path = directory.appending(path: "settings.json").path
            try json.write(toFile: path, atomically: true, encoding: .utf8)
            environment["CONFIG_FILE"] = path
        }
        if let turnServer {
            let path = directory.appending(path: "turnserver.conf").path
            try turnServer.write(toFile: path, atomically: true, encoding: .utf8)
            environment["TURN_CONFIG"] = path
        }
        let sources = try await SettingSources(
            arguments: arguments, environmentVariables: environment, dotEnvPath: dotEnvPath,
            turnConfigPath: directory.appending(path: "turnserver.conf").path, known: Settings.all)
        return try body(sources)
    }
}

/// The one line with which a start is refused; paths of temporary files are left out.
package func refusal(
    _ arguments: [String] = [], environment: [String: String] = [:], dotEnv: String? = nil,
    json: String? = nil, turnServer: String? = nil
) async throws -> String {
    do {
        _ = try await values(
            arguments, environment: environment, dotEnv: dotEnv, json: json, turnServer: turnServer)
    } catch let error as UsageError {
        return error.description.replacing(/"?\/[^ ",;]*(settings\.json|turnserver\.conf)"?/, with: "FILE")
    }
    return "accepted"
}
