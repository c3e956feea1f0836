package import Addresses

extension IPAddress {
    /// The IPv4 address that an IPv6 address contains, if its form is one that some network translates.
    ///
    /// Without this, `::ffff:127.0.0.1` or `64:ff9b::10.0.0.1` would bypass a list of IPv4 ranges.
    package var embeddedIPv4: IPAddress? {
        guard family == .ipv6 else { return nil }
        let last32 = UInt32(truncatingIfNeeded: low)
        if high == 0 {
            switch low >> 32 {
            // IPv4-mapped and IPv4-compatible (RFC 4291 §2.5.5), where 0 and 1 are :: and ::1.
            case 0xFFFF: return IPAddress(v4: last32)
            case 0 where low > 1: return IPAddress(v4: last32)
            // IPv4-translated (RFC 2765 §2.1).
            case 0xFFFF_0000: return IPAddress(v4: last32)
            default: return nil
            }
        }
        // NAT64 (RFC 6052 §2.1), 6to4 (RFC 3056 §2), Teredo, which inverts the client's address (RFC 4380 §4).
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return IPAddress(v4: last32) }
        if high >> 48 == 0x2002 { return IPAddress(v4: UInt32(truncatingIfNeeded: high >> 16)) }
        if high >> 32 == 0x2001_0000 { return IPAddress(v4: ~last32) }
        return nil
    }
}
