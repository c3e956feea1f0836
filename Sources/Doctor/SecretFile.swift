package import Settings

/// A file whose content must be readable by the server only. The start and the doctor use this one rule.
package struct SecretFile: Hashable, Sendable {
    enum Content: Sendable {
        /// Settings, some of them secret.
        case settings
        /// The key of a certificate.
        case privateKey
        /// Which devices are paired.
        case database
    }

    let path: String
    let content: Content

    /// The parts that every user of this machine may read, in one line; nil if only the owner and the group may
    /// read, or if there is no such file.
    ///
    /// - Parameter look: what is at a path.
    package func exposure(_ look: (String) -> FileFacts?) -> String? {
        guard let file = look(path), !file.isDirectory, file.isReadableByAll else { return nil }
        return switch content {
        case .settings: "\(path) holds secrets and every user of this machine may read it"
        case .privateKey: "every user of this machine may read the key \(path)"
        case .database: "every user of this machine may read \(path)"
        }
    }

    /// The command that ends it.
    package var remedy: String {
        switch content {
        case .settings, .privateKey: "chmod o-rwx \(path)"
        case .database: "chmod 600 \(path)*"
        }
    }

    /// Those that a server with these settings has.
    ///
    /// - Parameter settingFiles: where settings were read that hold a secret.
    package static func all(_ values: SettingValues, settingFiles: [String]) -> [SecretFile] {
        var keys = [values.certificate.key]
        if values.hasRelay, values.relay.servesTLS { keys.append(values.relay.certificate.key) }
        var files = settingFiles.map { SecretFile(path: $0, content: .settings) }
        for key in keys.compactMap({ $0 }).map({ SecretFile(path: $0, content: .privateKey) })
        where !files.contains(key) {
            files.append(key)
        }
        if let file = PairingBackend(values)?.file {
            files.append(SecretFile(path: file, content: .database))
        }
        return files
    }
}
