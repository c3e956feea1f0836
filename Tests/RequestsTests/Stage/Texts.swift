/// Texts of requests, in which `|` is a line's end.
enum Texts {
    static let get = wire("GET /a HTTP/1.1|Host: h||")
    static let post = wire("POST /b HTTP/1.1|Host: h|Content-Length: 3||abc")
    static let chunked = wire("POST /c HTTP/1.1|Host: h|Transfer-Encoding: chunked||3|xyz|0||")
    static let handshake = handshake()

    static func wire(_ text: String) -> String { text.replacing("|", with: "\r\n") }

    static func handshake(target: String = "/ws", _ fields: String = "Host: h|") -> String {
        wire(
            "GET \(target) HTTP/1.1|\(fields)Upgrade: websocket|Connection: Upgrade|"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|Sec-WebSocket-Version: 13||")
    }
}
