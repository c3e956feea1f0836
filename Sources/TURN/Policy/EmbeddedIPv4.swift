package import STUN

extension IPAddress {
    /// The IPv4 address that an IPv6 address stands for, if its form is one that some network translates.
    ///
    /// Without this, `::ffff:127.0.0.1` or `64:ff9b::10.0.0.1` would walk past a list of IPv4 ranges.
    package var embeddedIPv4: IPAddress? {
        guard family == .ipv6 else { return nil }
        let last32 = UInt32(truncatingIfNeeded: low)
        switch high {
        case 0 where low >> 32 == 0xFFFF: return IPAddress(v4: last32)  // IPv4-mapped, RFC 4291 §2.5.5.2
        case 0 where low >> 32 == 0xFFFF_0000: return IPAddress(v4: last32)  // IPv4-translated, RFC 2765 §2.1
        case 0 where low >> 32 == 0 && low > 1: return IPAddress(v4: last32)  // IPv4-compatible, RFC 4291 §2.5.5.1
        case 0x0064_FF9B_0000_0000 where low >> 32 == 0: return IPAddress(v4: last32)  // NAT64, RFC 6052 §2.1
        default: break
        }
        if high >> 48 == 0x2002 { return IPAddress(v4: UInt32(truncatingIfNeeded: high >> 16)) }  // 6to4, RFC 3056 §2
        if high >> 32 == 0x2001_0000 { return IPAddress(v4: ~last32) }  // Teredo, RFC 4380 §4
        return nil
    }
}
