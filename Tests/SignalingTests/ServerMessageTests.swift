import Signaling
import Testing

@Suite("A server message")
struct ServerMessageTests {
    private func text(_ message: ServerMessage) -> String {
        var bytes: [UInt8] = []
        message.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "has the members of the contract",
        arguments: [
            (
                .roomJoined(roomID: "r", peers: 1, isInitiator: true, iceServers: nil),
                #"{"type":"room_joined","roomId":"r","userCount":1,"isInitiator":true,"ready":false}"#
            ),
            (
                .roomJoined(roomID: "r", peers: 2, isInitiator: false, iceServers: nil),
                #"{"type":"room_joined","roomId":"r","userCount":2,"isInitiator":false,"ready":true}"#
            ),
            (
                .roomJoined(
                    roomID: "r", peers: 1, isInitiator: true,
                    iceServers: ICEServers(
                        json: Array(#"[{"urls":["stun:a"]}]"#.utf8), expires: 1_900_000_000)),
                #"{"type":"room_joined","roomId":"r","userCount":1,"isInitiator":true,"ready":false,"#
                    + #""iceServers":[{"urls":["stun:a"]}],"iceServersExpire":1900000000}"#
            ),
            (
                .roomJoined(
                    roomID: "r", peers: 2, isInitiator: false,
                    iceServers: ICEServers(json: Array("[]".utf8), expires: nil)),
                #"{"type":"room_joined","roomId":"r","userCount":2,"isInitiator":false,"ready":true,"iceServers":[]}"#
            ),
            (
                .roomReady(roomID: "r", isInitiator: true),
                #"{"type":"room_ready","roomId":"r","message":"Both peers are in the room.","userCount":2,"isInitiator":true}"#
            ),
            (.leftRoom(roomID: nil), #"{"type":"left_room","roomId":null}"#),
            (.leftRoom(roomID: "a\"\\\u{1}é"), #"{"type":"left_room","roomId":"a\"\\\u0001é"}"#),
            (
                .roomFull(roomID: "r"),
                #"{"type":"room_full","error":"The room has two peers already.","roomId":"r"}"#
            ),
            (.pong, #"{"type":"pong"}"#),
            (.peerLeft, #"{"type":"peer_left","message":"The other peer left the room."}"#),
            (
                .peerDisconnected,
                #"{"type":"peer_disconnected","message":"The other peer's connection is gone."}"#
            ),
            (
                .error(.notInRoom),
                #"{"type":"error","error":"Join a room before sending to it.","code":"not_in_room"}"#
            ),
        ] as [(ServerMessage, String)])
    func members(message: ServerMessage, expected: String) {
        #expect(text(message) == expected)
    }

    @Test("greets a connection with its id")
    func connected() {
        var generator = SystemRandomNumberGenerator()
        let id = ClientID(using: &generator)
        #expect(
            text(.connected(id)) == #"{"type":"connected","clientId":"\#(id.text)","server":"Switchboard"}"#)
    }

    @Test("is what a strict parser takes, for every error code", arguments: SignalingError.allCases)
    func errors(error: SignalingError) throws {
        #expect(throws: SignalingError.unknownType) { try parse(text(.error(error))) }
    }
}
