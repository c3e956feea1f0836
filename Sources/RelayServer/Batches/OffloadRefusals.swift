import Addresses

/// Destinations to which segmentation offload has failed: their path has a smaller MTU, or the device does not
/// support it.
///
/// Holds the last 64. A destination that was pushed out is tried once more, which costs one failed call.
struct OffloadRefusals: ~Copyable {
    private static let capacity = 64

    private let addresses = UnsafeMutablePointer<IPAddress>.allocate(capacity: capacity)
    private var count = 0
    private var next = 0

    deinit {
        addresses.deallocate()
    }

    mutating func insert(_ address: IPAddress) {
        guard !contains(address) else { return }
        (addresses + next).initialize(to: address)
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
