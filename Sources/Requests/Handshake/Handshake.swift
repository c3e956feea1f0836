import Crypto
import FoundationEssentials

/// The server's side of the WebSocket opening handshake (RFC 6455 §4.2).
package struct Handshake {
    /// Where WebSockets are served.
    package static let paths: Set<String> = ["/", "/ws"]

    /// Why a handshake is refused: an HTTP answer with a stable id.
    package struct Refusal: Equatable, Sendable {
        /// Status code and reason phrase.
        package let status: String
        /// The error id of the body and of the metric.
        package let id: String
        /// The text for a person.
        package let message: String
        /// Further header fields, without line ends.
        package let fields: [String]

        /// - Parameter fields: without line ends; none by default.
        package init(status: String, id: String, message: String, fields: [String] = []) {
            self.status = status
            self.id = id
            self.message = message
            self.fields = fields
        }

        /// The whole HTTP response; the connection closes behind it.
        package var response: [UInt8] {
            let body = #"{"error":"\#(id)","message":"\#(message)"}"#
            let head =
                [
                    "HTTP/1.1 \(status)", "Content-Type: application/json",
                    "Content-Length: \(body.utf8.count)",
                ]
                + fields + ["Connection: close", "", ""]
            return Array((head.joined(separator: "\r\n") + body).utf8)
        }
    }

    /// What a request is.
    package enum Verdict: Equatable, Sendable {
        /// Not a handshake, or not for a path that has WebSockets: ordinary HTTP.
        case otherRequest
        /// The response that accepts it.
        case accept([UInt8])
        /// A handshake that is answered with an error.
        case refuse(Refusal)
    }

    /// - Parameter allowedOrigins: whose pages may connect; a request without an origin always may.
    package static func judge(_ head: RequestHead, allowedOrigins: AllowedOrigins) -> Verdict {
        // HTTP/1.0 knows no Upgrade (RFC 9110 §7.8).
        guard head.upgradesToWebSocket, head.isHTTP11, head.method == "GET", paths.contains(head.path) else {
            return .otherRequest
        }
        guard head.hostCount == 1, head.connectionSaysUpgrade, head.framing == .length(0)
        else {
            return .refuse(
                badRequest("A WebSocket handshake needs one Host, Connection: Upgrade and no body."))
        }
        guard head.webSocketVersions.count <= 1 else {
            return .refuse(badRequest("Sec-WebSocket-Version must be there once."))
        }
        guard head.webSocketVersions == ["13"] else {
            return .refuse(
                Refusal(
                    status: "426 Upgrade Required", id: "unsupported_version",
                    message: "This server speaks WebSocket version 13.", fields: ["Sec-WebSocket-Version: 13"]
                ))
        }
        guard head.webSocketKeys.count == 1, let key = head.webSocketKeys.first, isValid(key: key) else {
            return .refuse(badRequest("Sec-WebSocket-Key must be 16 bytes in base64, once."))
        }
        if !head.provenance.origins.allSatisfy(allowedOrigins.contains) {
            return .refuse(
                Refusal(
                    status: "403 Forbidden", id: "origin_not_allowed",
                    message: "Pages of this origin may not connect."))
        }
        return .accept(response(to: key))
    }

    private static func badRequest(_ message: String) -> Refusal {
        Refusal(status: "400 Bad Request", id: "bad_handshake", message: message)
    }

    /// The key is the base64 of 16 bytes (RFC 6455 §4.1).
    private static func isValid(key: String) -> Bool {
        key.utf8.count == 24 && Data(base64Encoded: key)?.count == 16
    }

    private static func response(to key: String) -> [UInt8] {
        let digest = Insecure.SHA1.hash(data: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        let accept = Data(digest).base64EncodedString()
        return Array(
            """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: \(accept)\r
            \r

            """.utf8)
    }
}
