import Addresses
import Glibc

/// The UDP sockets of all loops before they are handed out: for each address one a loop.
struct UDPListenerGroup: ~Copyable {
    /// By loop, then by address; emptied as loops take theirs.
    private var listeners: [[UDPListener]]
    /// As bound.
    let addresses: [TransportAddress]

    init(_ wished: [TransportAddress], loops: Int, receivesRuns: Bool) throws(RelayServerError) {
        listeners = Array(repeating: [], count: loops)
        var bound: [TransportAddress] = []
        do throws(RelayServerError) {
            for wish in wished.prefix(UDPListener.maxCount) {
                let address = try Self.reserve(wish)
                for loop in 0..<loops {
                    let descriptor = DatagramSocket.open(
                        address, bufferByteCount: DatagramSocket.listenerBufferByteCount,
                        sharesPort: loops > 1,
                        receiveOffload: receivesRuns)
                    guard descriptor >= 0 else { throw .listener(address, errno: -descriptor) }
                    if address.ip.isUnspecified {
                        DatagramSocket.reportLocalAddress(descriptor, family: address.family)
                    }
                    listeners[loop].append(UDPListener(descriptor: descriptor, address: address))
                }
                bound.append(address)
            }
        } catch {
            for listener in listeners.joined() { close(listener.descriptor) }
            throw error
        }
        addresses = bound
    }

    deinit {
        for listener in listeners.joined() { close(listener.descriptor) }
    }

    /// Binds an address alone for a moment: says which port the kernel chooses, and fails where another server has the
    /// address, which a socket that shares its port would not notice.
    private static func reserve(_ wish: TransportAddress) throws(RelayServerError) -> TransportAddress {
        let descriptor = DatagramSocket.open(wish, bufferByteCount: 4_096, receiveOffload: false)
        guard descriptor >= 0 else { throw .listener(wish, errno: -descriptor) }
        defer { close(descriptor) }
        return DatagramSocket.localAddress(descriptor) ?? wish
    }

    /// The receive buffer the kernel gave.
    var receiveBufferByteCount: Int32? {
        listeners.first?.first.map { DatagramSocket.receiveBufferByteCount($0.descriptor) }
    }

    /// A loop's sockets, which belong to it from now on.
    mutating func takeListeners(ofLoop loop: Int) -> [UDPListener] {
        defer { listeners[loop] = [] }
        return listeners[loop]
    }
}
