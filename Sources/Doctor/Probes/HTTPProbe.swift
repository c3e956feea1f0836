import Addresses
import Glibc
import TLS

/// Asks a web server for one small page.
enum HTTPProbe {
    /// The server to ask.
    struct Origin: Hashable, Sendable {
        let address: TransportAddress
        /// What goes into the Host header, and for TLS into SNI where it is a name.
        let host: String
        var isTLS = false
        /// Whether the server expects a PROXY protocol header that names the client.
        var announcesProxy = false
    }

    struct Answer: Equatable, Sendable {
        let status: Int
        let body: String
    }

    private static let limit = Duration.seconds(2)
    private static let maxBytes = 65_536

    /// The answer; nil if none comes in time, or if it is not HTTP.
    static func get(_ path: String, from origin: Origin) -> Answer? {
        guard let socket = connect(origin) else { return nil }
        let request = Array(
            "GET \(path) HTTP/1.1\r\nHost: \(origin.host)\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
                .utf8)
        var received: [UInt8] = []
        let end = ContinuousClock.now + limit
        if origin.isTLS {
            socket.setTimeout(limit)
            let name = IPAddress(origin.host) == nil ? origin.host : nil
            guard var client = TLSClient(socket: socket.descriptor, name: name, protocols: ["http/1.1"]),
                client.write(request)
            else { return nil }
            while received.count < maxBytes, ContinuousClock.now < end, let next = client.read() {
                received += next
            }
        } else {
            guard socket.write(request) else { return nil }
            while received.count < maxBytes, ContinuousClock.now < end,
                let next = socket.read(within: end - ContinuousClock.now)
            {
                received += next
            }
        }
        return Answer(received)
    }

    /// SHA-256 of the certificate that a server shows; nil if it speaks no TLS.
    static func servedCertificate(_ origin: Origin) -> [UInt8]? {
        guard let socket = connect(origin) else { return nil }
        socket.setTimeout(limit)
        let name = IPAddress(origin.host) == nil ? origin.host : nil
        guard let client = TLSClient(socket: socket.descriptor, name: name) else { return nil }
        return client.peerCertificate
    }

    private static func connect(_ origin: Origin) -> ProbeSocket? {
        guard let socket = ProbeSocket(.tcp, origin.address.family),
            socket.connect(to: origin.address, within: limit) == 0
        else { return nil }
        // Version 1 of HAProxy's protocol; UNKNOWN leaves the address of the socket in force.
        if origin.announcesProxy { _ = socket.write(Array("PROXY UNKNOWN\r\n".utf8)) }
        return socket
    }
}

extension HTTPProbe.Answer {
    /// Reads a response that came to its end with the connection.
    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("HTTP/1."), let headEnd = text.firstRange(of: "\r\n\r\n") else { return nil }
        let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { return nil }
        self.init(status: status, body: String(text[headEnd.upperBound...]))
    }
}
