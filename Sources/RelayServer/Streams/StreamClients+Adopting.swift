import Addresses
import CDatagrams
import Glibc
import Loops
import TLS
import TURN

extension StreamClients {
    /// Takes over a connection that was accepted elsewhere, like one of its own listeners'. Bytes that have already
    /// come from it are processed at once.
    mutating func adopt(_ adopted: AdoptedStream, path: inout some StreamReceiver & ~Copyable) {
        guard var stream = adopted.takeStream() else { return }
        let fiveTuple = adopted.fiveTuple
        guard isTakingStreams else {
            counters.count(.refused)
            admission.release(fiveTuple.client.ip)
            return
        }
        if arena == nil { arena = StreamArena() }
        let socket = stream.takeSocket()
        StreamSocket.makeNonBlocking(socket)
        StreamSocket.setOptions(socket)
        guard let handle = insert(socket, fiveTuple, admittedAs: fiveTuple.client.ip, path: &path),
            let client = table.client(handle)
        else { return }
        counters.adopted &+= 1
        if let exchange = arena?.exchange, var tls = stream.takeTLS() {
            tls.attach(to: exchange)
            client.pointee.tls = consume tls
        }
        // Its handshake is complete.
        client.pointee.phase = .silent
        relayReceived(client, stream.received, path: &path)
    }

    /// Works on bytes that came before the socket did, as if they had been read in pieces.
    private mutating func relayReceived(
        _ client: UnsafeMutablePointer<StreamClient>, _ received: [UInt8],
        path: inout some StreamReceiver & ~Copyable
    ) {
        var rest = received[...]
        while !rest.isEmpty, client.pointee.phase != .closing {
            makeRoom(path: &path)
            guard let place = arena?.next else { return }
            let kept = client.pointee.partial.byteCount
            let piece = rest.prefix(StreamArena.readBytes)
            piece.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress {
                    (place + kept).copyMemory(from: start, byteCount: bytes.count)
                }
            }
            rest = rest.dropFirst(piece.count)
            relayMessages(client, place, keptByteCount: kept, arrivedByteCount: piece.count, path: &path)
        }
    }
}
