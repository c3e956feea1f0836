extension String {
    /// Whether this may be a host name or an IP address: no port, no brackets.
    package var isHost: Bool {
        IPAddress(self) != nil
            || (1...253).contains(utf8.count)
                && utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                        UInt8(ascii: "_"):
                        true
                    default: false
                    }
                } && utf8.first != UInt8(ascii: "-") && utf8.first != UInt8(ascii: ".")
    }
}
