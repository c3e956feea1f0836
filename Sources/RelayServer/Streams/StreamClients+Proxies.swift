import Addresses
import CDatagrams
import Glibc
import Loops
import ProxyProtocol
import TURN

extension StreamClients {
    /// The result of reading the first bytes of a proxy's connection.
    enum ProxyStep {
        /// The header is not complete.
        case waiting
        /// The header is complete, and the client is known and admitted. The following bytes are still in the
        /// socket.
        case complete
        case ended(StreamEnd)
    }

    /// Whether a connection from this address has to begin with a PROXY header.
    func isProxy(_ address: IPAddress) -> Bool {
        proxies.contains { $0.contains(address) }
    }

    /// Reads the header and not a byte more. It is first peeked at in the socket, because TLS may follow.
    mutating func readProxyHeader(
        _ client: UnsafeMutablePointer<StreamClient>, path: inout some StreamReceiver & ~Copyable
    ) -> ProxyStep {
        makeRoom(path: &path)
        guard let place = arena?.next else { return .waiting }
        let kept = client.pointee.partial.byteCount
        let socket = client.pointee.socket
        let room = ProxyHeader.maxByteCount - kept
        let seen = recv(socket, place + kept, room, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
        guard seen > 0 else {
            guard seen < 0 else { return .ended(.client) }
            return errno == EAGAIN || errno == EINTR ? .waiting : .ended(.broken)
        }
        client.pointee.partial.move(to: place, memory: &path.outboxes.memory)
        let bytes = UnsafeRawBufferPointer(start: place, count: kept + seen)
        switch ProxyHeader.parse(bytes.bytes) {
        case .needMore:
            // Taken out of the socket, or its readiness would be reported without end.
            guard recv(socket, place + kept, seen, Int32(MSG_DONTWAIT)) == seen,
                client.pointee.partial.append(
                    place, byteCount: kept + seen, whole: nil, memory: &path.outboxes.memory)
            else { return .ended(.broken) }
            return .waiting
        case .malformed: return .ended(.proxyHeader)
        case .header(let header):
            let rest = header.byteCount - kept
            guard recv(socket, place + kept, rest, Int32(MSG_DONTWAIT)) == rest else {
                return .ended(.broken)
            }
            return name(client, header, path: &path)
        }
    }

    /// From now on the connection belongs to this client and counts against its limits.
    private mutating func name(
        _ client: UnsafeMutablePointer<StreamClient>, _ header: ProxyHeader,
        path: inout some StreamReceiver & ~Copyable
    ) -> ProxyStep {
        let route = client.pointee.route
        let own = route.fiveTuple
        let address = header.source ?? own.client
        guard admission.name(address.ip) else { return .ended(.refused) }
        client.pointee.admittedAs = address.ip
        client.pointee.route = ClientRoute(
            fiveTuple: FiveTuple(
                client: address, server: header.destination ?? own.server, transport: own.transport),
            handle: route.handle)
        claim(client.pointee.route, path: &path)
        client.pointee.phase = StreamClient.firstPhase(own.transport)
        counters.proxied &+= 1
        return .complete
    }

    // MARK: - Five-tuples

    /// Gives a five-tuple to a stream. The kernel never has the same one twice, but a proxy may name one that
    /// another proxy has named or that a direct client has. If the proxies are right, the older stream's client has
    /// moved on to another connection. So the older stream ends, and neither is taken for the other.
    mutating func claim(_ route: ClientRoute, path: inout some StreamReceiver & ~Copyable) {
        if let older = byFiveTuple.updateValue(route.handle, forKey: route.fiveTuple), older != route.handle,
            let client = table.client(older)
        {
            finish(client, .replaced, path: &path)
        }
    }

    /// Takes the five-tuple back, unless another stream has it now.
    mutating func forget(_ route: ClientRoute) {
        if byFiveTuple[route.fiveTuple] == route.handle { byFiveTuple[route.fiveTuple] = nil }
    }
}
