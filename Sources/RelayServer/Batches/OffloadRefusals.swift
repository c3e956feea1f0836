import STUN

/// Destinations to which segmentation offload has failed: their path has a smaller MTU, or the device cannot.
///
/// Holds the last 64; what was pushed out is tried once more, which costs one failed call.
struct OffloadRefusals {
    private static let capacity = 64

    private var addresses = InlineArray<64, IPAddress>(repeating: .anyIPv4)
    private var count = 0
    private var next = 0

    mutating func insert(_ address: IPAddress) {
        guard !contains(address) else { return }
        addresses[next] = address
        next = (next + 1) % Self.capacity
        count = min(count + 1, Self.capacity)
    }

    @inline(__always)
    func contains(_ address: IPAddress) -> Bool {
        if count == 0 { return false }
        for index in 0..<count where addresses[index] == address { return true }
        return false
    }
}
