import OperatorText

extension Settings {
    private static let names = all.map(\.name)
    /// `HOST` and `PORT`: so short that many names of other programs are one character away (`POST`, `HOSTS`).
    private static let shortNames = names.filter { $0.count < 8 }
    private static let longNames = names.filter { $0.count >= 8 }

    /// The setting that a name in `.env` was probably meant to be; nil for a setting, and for what resembles none.
    ///
    /// Two typing mistakes are found in long names, one in `HOST` and `PORT`; capitals and dashes do not count.
    /// The file may serve other programs: `PGPORT`, `HTTP_PORT` and the like resemble nothing.
    static func nameMeant(inDotEnv name: String) -> String? {
        if names.contains(name) { return nil }
        let spelled = name.uppercased().replacing("-", with: "_")
        return spelled.nearest(of: longNames) ?? spelled.nearest(of: shortNames, mistakes: 1)
    }

    /// The same for a variable of the environment, which is full of other programs' names: of `HOST` and `PORT`
    /// only swapped letters are found, and capitals count.
    static func nameMeant(inEnvironment name: String) -> String? {
        if names.contains(name) { return nil }
        return name.nearest(of: longNames) ?? shortNames.first { $0.sorted() == name.sorted() }
    }
}
