import Addresses
import Glibc
import TURN

/// The TCP and TLS listeners of all loops before they are handed out: for each address one a loop.
struct StreamListenerGroup: ~Copyable {
    /// Listeners of one transport; a loop has at most twice as many.
    static let maxCount = 16

    /// By loop, then by address; emptied as loops take theirs.
    private var listeners: [[StreamListener]]
    /// As bound.
    private(set) var tcp: [TransportAddress] = []
    private(set) var tls: [TransportAddress] = []

    init(tcp: [TransportAddress], tls: [TransportAddress], loops: Int) throws(RelayServerError) {
        listeners = Array(repeating: [], count: loops)
        do throws(RelayServerError) {
            self.tcp = try Self.open(tcp, .tcp, &listeners)
            self.tls = try Self.open(tls, .tls, &listeners)
        } catch {
            Self.close(listeners)
            throw error
        }
    }

    deinit {
        Self.close(listeners)
    }

    /// A loop's listeners, which belong to it from now on.
    mutating func takeListeners(ofLoop loop: Int) -> [StreamListener] {
        defer { listeners[loop] = [] }
        return listeners[loop]
    }

    private static func open(
        _ wished: [TransportAddress], _ transport: ClientTransport, _ listeners: inout [[StreamListener]]
    ) throws(RelayServerError) -> [TransportAddress] {
        var bound: [TransportAddress] = []
        for wish in wished.prefix(maxCount) {
            // Alone for a moment: says which port the kernel chooses, and fails where another server has the address,
            // which a group would share with it.
            let probe = try StreamListener.open(wish, transport: transport, sharesPort: false)
            Glibc.close(probe.socket)
            for loop in listeners.indices {
                listeners[loop].append(try StreamListener.open(probe.address, transport: transport))
            }
            bound.append(probe.address)
        }
        return bound
    }

    private static func close(_ listeners: [[StreamListener]]) {
        for listener in listeners.joined() { Glibc.close(listener.socket) }
    }
}
