/// A command line or a configuration that cannot be used: one line for the operator, exit code 2.
struct UsageError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A command that was understood and did not succeed: one line for the operator, exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension String {
    /// The text in quotation marks, cut when long, with nothing in it that could end a line.
    var quoted: String {
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

    /// The candidate that this was probably meant to be: at most two typing mistakes away, or nil.
    func nearest(of candidates: [String]) -> String? {
        guard count > 3 else { return nil }
        let distances = candidates.map { (candidate: $0, distance: editDistance(to: $0)) }
        return distances.filter { $0.distance <= 2 }.min { $0.distance < $1.distance }?.candidate
    }

    /// How many characters must be added, removed or replaced to make the other text (Levenshtein).
    private func editDistance(to other: String) -> Int {
        let target = Array(other)
        var row = Array(0...target.count)
        for (line, character) in enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in target.indices {
                let replaced = diagonal + (character == target[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[target.count]
    }
}
