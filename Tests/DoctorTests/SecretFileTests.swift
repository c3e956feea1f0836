import Foundation
import SettingFixtures
import Settings
import Testing

@testable import Doctor

@Suite("Files with secrets")
struct SecretFileTests {
    @Test(
        "A file that others may read is named, with what to do about it",
        arguments: [
            (
                SecretFile.Content.settings, "a holds secrets and every user of this machine may read it",
                "chmod o-rwx a"
            ),
            (.privateKey, "every user of this machine may read the key a", "chmod o-rwx a"),
            (.database, "every user of this machine may read a", "chmod 600 a*"),
        ])
    func exposed(content: SecretFile.Content, line: String, remedy: String) {
        let file = SecretFile(path: "a", content: content)
        #expect(file.exposure { $0 == "a" ? FileFacts(mode: 0o644) : nil } == line)
        #expect(file.remedy == remedy)
        #expect(file.exposure { _ in FileFacts(mode: 0o640) } == nil)
        #expect(file.exposure { _ in FileFacts(isDirectory: true, mode: 0o755) } == nil)
        #expect(file.exposure { _ in nil } == nil)
    }

    @Test("Settings, keys and the database are such files, each once")
    func all() async throws {
        let values = try await values(environment: [
            "TLS_CERT": "c", "TLS_KEY": "k", "RELAY_CERT": "c", "RELAY_KEY": "k", "USE_SQLITE": "1",
            "SQLITE_DB_PATH": "d",
        ])
        #expect(
            SecretFile.all(values, settingFiles: [".env"]) == [
                SecretFile(path: ".env", content: .settings), SecretFile(path: "k", content: .privateKey),
                SecretFile(path: "d", content: .database),
            ])
        #expect(SecretFile.all(.defaults, settingFiles: []).isEmpty)
    }

    @Test("Only a file that is not there is missing")
    func presence() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "a").path
            #expect(FilePresence.isMissing(path) && FilePresence.isMissing(path + "/b"))
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
            #expect(!FilePresence.isMissing(path))
        }
    }

    @Test("A .env or turnserver.conf that is there and cannot be read stops the start")
    func unreadable() async throws {
        try await withTemporaryDirectory { directory in
            let link = directory.appending(path: "link").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "nowhere")
            let absent = directory.appending(path: "absent").path
            for (dotEnv, turnConfig) in [(link, absent), (absent, link)] {
                await #expect(throws: UsageError.self) {
                    _ = try await SettingSources(
                        arguments: [], environmentVariables: [:], dotEnvPath: dotEnv,
                        turnConfigPath: turnConfig,
                        known: Settings.all)
                }
            }
            _ = try await SettingSources(
                arguments: [], environmentVariables: [:], dotEnvPath: absent, turnConfigPath: absent,
                known: Settings.all)
        }
    }
}
