extension String {
    /// The text in quotation marks, cut when long, with nothing in it that could end a line.
    package var quoted: String {
        var result = "\""
        for (index, scalar) in unicodeScalars.enumerated() {
            guard index < 80 else {
                result += "…"
                break
            }
            result +=
                scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return result + "\""
    }
}
