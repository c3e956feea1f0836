import Addresses
import CDatagrams
import Glibc
import Loops
import TURN
import Timing

extension StreamClients {
    /// Takes connections, up to the limit of one turn. The others are reported again.
    mutating func accept(_ listener: StreamListener, path: inout some StreamReceiver & ~Copyable) {
        for _ in 0..<limits.acceptsPerTurn {
            var remote = SocketAddress()
            let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let socket = remote.withPointer { accept4(listener.socket, $0, $1, flags) }
            guard socket >= 0 else {
                switch errno {
                case let error where Exhaustion.isTold(by: error):
                    counters.count(.exhausted)
                    setListening(false)
                    resting = path.now.advanced(byNanoseconds: StreamLimits.exhaustedPause.wholeNanoseconds)
                    return
                case EAGAIN: return
                // A connection that was gone before it was taken.
                default: continue
                }
            }
            guard let client = remote.transportAddress, let server = localAddress(socket, listener) else {
                Glibc.close(socket)
                continue
            }
            let fiveTuple = FiveTuple(client: client, server: server, transport: listener.transport)
            add(socket, fiveTuple, path: &path)
        }
    }

    /// Takes over a connected socket, or closes it if there are too many.
    private mutating func add(
        _ socket: Int32, _ fiveTuple: FiveTuple, path: inout some StreamReceiver & ~Copyable
    ) {
        let address = isProxy(fiveTuple.client.ip) ? nil : fiveTuple.client.ip
        guard admission.admit(address) else {
            counters.count(.refused)
            Glibc.close(socket)
            return
        }
        _ = insert(socket, fiveTuple, admittedAs: address, path: &path)
    }

    /// Gives a connected socket a place, or closes it if there is none.
    ///
    /// - Parameter admittedAs: the address that `admission` was asked about.
    mutating func insert(
        _ socket: Int32, _ fiveTuple: FiveTuple, admittedAs address: IPAddress?,
        path: inout some StreamReceiver & ~Copyable
    ) -> UInt32? {
        guard let handle = table.nextHandle(),
            registry?.watch(socket, tag: PollTag(.stream, index: handle)) == true
        else {
            counters.count(.exhausted)
            admission.release(address)
            Glibc.close(socket)
            return nil
        }
        let route = ClientRoute(fiveTuple: fiveTuple, handle: handle)
        counters.accepted &+= 1
        if fiveTuple.transport == .tls { counters.openTLS &+= 1 } else { counters.openTCP &+= 1 }
        path.outboxes.open(handle)
        table.insert(StreamClient(socket: socket, route: route, admittedAs: address, now: path.now))
        if address != nil { claim(route, path: &path) }
        if let client = table.client(handle) { watchDeadline(of: client, now: path.now) }
        return handle
    }

    /// The address the client spoke to: the listener's own unless that is bound to all of them.
    private func localAddress(_ socket: Int32, _ listener: StreamListener) -> TransportAddress? {
        guard listener.address.ip.isUnspecified else { return listener.address }
        var local = SocketAddress()
        return local.withPointer { getsockname(socket, $0, $1) } == 0 ? local.transportAddress : nil
    }

    /// Turns the reports of the listeners' readiness on or off. They are off while no descriptors are left, because
    /// readiness would be reported without end.
    mutating func setListening(_ isListening: Bool) {
        for (index, listener) in listeners.enumerated() {
            registry?.change(
                listener.socket, tag: PollTag(.streamListener, index: UInt32(index)),
                events: isListening ? PollRegistry.input : 0)
        }
        if isListening { resting = nil }
    }
}
