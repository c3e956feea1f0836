package import Settings

extension ConfigurationReading {
    /// Reads all sources as the server would.
    ///
    /// - Parameters:
    ///   - arguments: flags, which have to be understood already.
    ///   - dotEnvPath: `.env`, to be looked after if it holds a secret.
    package init(_ sources: SettingSources, dotEnvPath: String) {
        let (values, problems) = SettingValues.read(Settings.all, from: sources)
        self.values = values
        self.problems = problems.map(\.description)
        notices = sources.notices
        var counts: [SettingSources.Place: Int] = [:]
        for setting in Settings.all {
            let given = SettingSources.Place.allCases.compactMap { place in
                sources.value(for: setting, in: place).map {
                    (place: place, text: $0.text, origin: $0.origin)
                }
            }
            guard let used = given.first else { continue }
            counts[used.place, default: 0] += 1
            // turnserver.conf is written for two servers: that others go before it is as it should be.
            shadowed += given.dropFirst().filter { $0.text != used.text && $0.place != .turnServerFile }.map {
                (setting.name, used.origin, $0.origin)
            }
            guard setting.isSecret else { continue }
            for source in given {
                let path: String? =
                    switch source.place {
                    case .commandLine, .environment: nil
                    case .dotEnv: dotEnvPath
                    case .configurationFile: values.configFile
                    case .turnServerFile: values.turnServerFile
                    }
                if let path, !secretFiles.contains(path) { secretFiles.append(path) }
            }
        }
        origins = SettingSources.Place.allCases.compactMap { place in
            counts[place].map { (place.inWords, $0) }
        }
    }

    /// Sources that cannot be read: nothing is known but why.
    package init(_ error: UsageError) {
        problems = [error.description]
        isComplete = false
    }
}

extension SettingSources.Place {
    /// As it can follow a number.
    fileprivate var inWords: String {
        switch self {
        case .commandLine: "on the command line"
        case .environment: "in the environment"
        case .dotEnv: "in .env"
        case .configurationFile: "in the JSON file"
        case .turnServerFile: "in turnserver.conf"
        }
    }
}
