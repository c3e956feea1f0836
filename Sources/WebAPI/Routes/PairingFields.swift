import JSON
import Pairing

/// Reads the members of a pairing call. Missing members are reported before wrong ones. A member that is null
/// counts as missing, because clients write absent values either way.
struct PairingFields {
    /// The longest life of an invitation given in seconds.
    static let expirySeconds = 1.0...86_400.0
    /// For how long a check may be held; proxies cut off what is silent for half a minute.
    static let waitSeconds = 0.0...25.0
    /// Devices that one purge may name.
    static let maxPurgedDevices = 1_000

    let object: JSONObject

    /// Refuses a body without one of these members.
    func require(_ names: String...) throws(APIError) {
        for name in names where object[name] == nil { throw .missingField(name) }
    }

    /// An identifier, within its type's bounds.
    func identifier<Identifier: BoundedText>(_ name: String) throws(APIError) -> Identifier {
        guard let value = object[name] else { throw .missingField(name) }
        return try Self.identifier(value, name)
    }

    /// When an invitation ends: `exp`, an instant in ISO-8601, or `expiresInSeconds`, a number. Each must be
    /// well-formed if present. If both are present, the seconds decide, because they do not depend on the client's
    /// clock.
    func expiry(now: Timestamp) throws(APIError) -> Timestamp {
        let instant = try instant()
        if let value = object["expiresInSeconds"] {
            guard case .number(let seconds) = value, Self.expirySeconds.contains(seconds) else {
                throw .invalidField("expiresInSeconds", "must be a number from 1 to 86400")
            }
            return now.advanced(by: .milliseconds(Int64(seconds * 1_000)))
        }
        guard let instant else { throw .missingField("exp") }
        guard instant > now else { throw .invalidField("exp", "must lie in the future") }
        return instant
    }

    private func instant() throws(APIError) -> Timestamp? {
        guard let value = object["exp"] else { return nil }
        guard case .string(let text) = value, let instant = Timestamp(iso8601: text) else {
            throw .invalidField("exp", "must be an instant in ISO-8601, such as 2030-01-01T00:00:00Z")
        }
        return instant
    }

    /// For how long the answer to a check may be held; nil if not at all.
    func wait() throws(APIError) -> Duration? {
        guard let value = object["waitSeconds"] else { return nil }
        guard case .number(let seconds) = value, Self.waitSeconds.contains(seconds) else {
            throw .invalidField("waitSeconds", "must be a number from 0 to 25")
        }
        return seconds > 0 ? .seconds(seconds) : nil
    }

    /// The devices of a purge: `deviceId`, `deviceIds`, or both; each once.
    func devices() throws(APIError) -> [DeviceID] {
        var devices: [DeviceID] = []
        if let value = object["deviceId"] { devices.append(try Self.identifier(value, "deviceId")) }
        if let value = object["deviceIds"] {
            guard case .array(let elements) = value, (1...Self.maxPurgedDevices).contains(elements.count)
            else {
                throw .invalidField(
                    "deviceIds", "must be an array of 1 to \(Self.maxPurgedDevices) device ids")
            }
            for element in elements { devices.append(try Self.identifier(element, "deviceIds")) }
        }
        guard !devices.isEmpty else { throw .missingField("deviceId") }
        var seen = Set<DeviceID>()
        return devices.filter { seen.insert($0).inserted }
    }

    private static func identifier<Identifier: BoundedText>(
        _ value: JSONObject.Value, _ name: String
    ) throws(APIError) -> Identifier {
        guard case .string(let text) = value, let identifier = Identifier(text) else {
            throw .invalidField(
                name,
                "must be a string of 1 to \(Identifier.maximumLength) characters without control characters")
        }
        return identifier
    }
}
