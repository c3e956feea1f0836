import Addresses

extension IPAddress {
    /// Reads one element of `X-Forwarded-For`: an address, perhaps with port (`192.0.2.1:80`,
    /// `[2001:db8::1]:80`), brackets or zone, unmapped. Nil for anything else, `unknown` included.
    init?(forwardedHop text: some StringProtocol) {
        var hop = Substring(text)
        if hop.first == "[" {
            guard let end = hop.firstIndex(of: "]") else { return nil }
            let rest = hop[hop.index(after: end)...]
            guard rest.isEmpty || Self.isPort(rest) else { return nil }
            hop = hop[hop.index(after: hop.startIndex)..<end]
        } else if let colon = hop.firstIndex(of: ":"),
            hop[hop.index(after: colon)...].firstIndex(of: ":") == nil
        {
            guard Self.isPort(hop[colon...]) else { return nil }
            hop = hop[..<colon]
        }
        if let zone = hop.firstIndex(of: "%") { hop = hop[..<zone] }
        guard let address = IPAddress(String(hop)) else { return nil }
        self = address.unmapped
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard text.first == ":" else { return false }
        return UInt16(text.dropFirst()) != nil && text.dropFirst().allSatisfy(\.isNumber)
    }
}
