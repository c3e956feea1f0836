package import Addresses

extension AddressKey {
    package static func v4(_ bits: UInt32) -> AddressKey { AddressKey(IPAddress(v4: bits)) }

    package static func v6(prefix: UInt64) -> AddressKey { AddressKey(IPAddress(v6High: prefix, low: 0)) }
}
