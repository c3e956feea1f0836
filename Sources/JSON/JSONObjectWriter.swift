/// Writes one JSON object member by member, in the order of the calls. For cold paths.
package struct JSONObjectWriter {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// Begins an object.
    package init() {}

    /// Adds a string.
    package mutating func add(_ name: String, _ value: String) {
        begin(name)
        JSONText.appendString(value, to: &bytes)
    }

    /// Adds an integer.
    package mutating func add(_ name: String, _ value: Int) {
        begin(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Adds a boolean.
    package mutating func add(_ name: String, _ value: Bool) {
        begin(name)
        JSONText.append(value ? "true" : "false", to: &bytes)
    }

    /// Adds an array of strings.
    package mutating func add(_ name: String, _ strings: [String]) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (index, string) in strings.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONText.appendString(string, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Adds an array of objects.
    package mutating func add(_ name: String, _ objects: [JSONObjectWriter]) {
        begin(name)
        bytes.append(contentsOf: Self.array(objects))
    }

    /// An array of objects by itself.
    package static func array(_ objects: [JSONObjectWriter]) -> [UInt8] {
        var bytes = [UInt8(ascii: "[")]
        for (index, object) in objects.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: object.text)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    /// Adds a value that is JSON already; the caller answers for its syntax.
    package mutating func add(_ name: String, json: [UInt8]) {
        begin(name)
        bytes.append(contentsOf: json)
    }

    /// The whole object.
    package var text: [UInt8] { bytes + [UInt8(ascii: "}")] }

    private mutating func begin(_ name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        JSONText.appendString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}
