extension String {
    /// The candidate that this was probably meant to be: at most so many typing mistakes away, or nil.
    package func nearest(of candidates: [String], mistakes: Int = 2) -> String? {
        guard count > 3 else { return nil }
        let distances = candidates.map { (candidate: $0, distance: typingMistakes(to: $0)) }
        return distances.filter { $0.distance <= mistakes }.min { $0.distance < $1.distance }?.candidate
    }

    /// How many characters must be added, removed, replaced or swapped with their neighbour to make the other
    /// text (optimal string alignment).
    private func typingMistakes(to other: String) -> Int {
        let source = Array(self)
        let target = Array(other)
        var beforeLast: [Int] = []
        var last = Array(0...target.count)
        for (line, character) in source.enumerated() {
            var row = [line + 1]
            for column in target.indices {
                let replaced = last[column] + (character == target[column] ? 0 : 1)
                var least = Swift.min(replaced, last[column + 1] + 1, row[column] + 1)
                if line > 0, column > 0, character == target[column - 1], source[line - 1] == target[column] {
                    least = Swift.min(least, beforeLast[column - 1] + 1)
                }
                row.append(least)
            }
            (beforeLast, last) = (last, row)
        }
        return last[target.count]
    }
}
