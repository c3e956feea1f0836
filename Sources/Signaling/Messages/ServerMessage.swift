import JSON

/// A message the server makes itself, as opposed to one it forwards.
@usableFromInline
package enum ServerMessage: Equatable, Sendable {
    case connected(ClientID)
    /// `peers` counts the joiner: 1 or 2. `iceServers` are the joiner's own, nil where the server has none to tell of.
    case roomJoined(roomID: LiveRoomID, peers: Int, isInitiator: Bool, iceServers: ICEServers?)
    case roomReady(roomID: LiveRoomID, isInitiator: Bool)
    case peerLeft
    case peerDisconnected
    case leftRoom(roomID: LiveRoomID?)
    case roomFull(roomID: LiveRoomID)
    case pong
    case error(SignalingError)

    /// Appends the message's JSON.
    package func append(to bytes: inout [UInt8]) {
        switch self {
        case .connected(let id):
            JSONText.append(#"{"type":"connected","clientId":""#, to: &bytes)
            id.append(to: &bytes)
            JSONText.append(#"","server":"Switchboard"}"#, to: &bytes)
        case .roomJoined(let roomID, let peers, let isInitiator, let iceServers):
            JSONText.append(#"{"type":"room_joined","roomId":"#, to: &bytes)
            JSONText.appendString(roomID.utf8, to: &bytes)
            JSONText.append(peers == 2 ? #","userCount":2"# : #","userCount":1"#, to: &bytes)
            JSONText.append(isInitiator ? #","isInitiator":true"# : #","isInitiator":false"#, to: &bytes)
            JSONText.append(peers == 2 ? #","ready":true"# : #","ready":false"#, to: &bytes)
            iceServers?.appendMembers(to: &bytes)
            JSONText.append("}", to: &bytes)
        case .roomReady(let roomID, let isInitiator):
            JSONText.append(#"{"type":"room_ready","roomId":"#, to: &bytes)
            JSONText.appendString(roomID.utf8, to: &bytes)
            JSONText.append(#","message":"Both peers are in the room.","userCount":2"#, to: &bytes)
            JSONText.append(isInitiator ? #","isInitiator":true}"# : #","isInitiator":false}"#, to: &bytes)
        case .peerLeft:
            JSONText.append(#"{"type":"peer_left","message":"The other peer left the room."}"#, to: &bytes)
        case .peerDisconnected:
            JSONText.append(
                #"{"type":"peer_disconnected","message":"The other peer's connection is gone."}"#, to: &bytes)
        case .leftRoom(let roomID):
            JSONText.append(#"{"type":"left_room","roomId":"#, to: &bytes)
            if let roomID {
                JSONText.appendString(roomID.utf8, to: &bytes)
            } else {
                JSONText.append("null", to: &bytes)
            }
            JSONText.append("}", to: &bytes)
        case .roomFull(let roomID):
            JSONText.append(
                #"{"type":"room_full","error":"The room has two peers already.","roomId":"#, to: &bytes)
            JSONText.appendString(roomID.utf8, to: &bytes)
            JSONText.append("}", to: &bytes)
        case .pong:
            JSONText.append(#"{"type":"pong"}"#, to: &bytes)
        case .error(let error):
            JSONText.append(#"{"type":"error","error":""#, to: &bytes)
            JSONText.append(error.text, to: &bytes)
            JSONText.append(#"","code":""#, to: &bytes)
            bytes.append(contentsOf: error.rawValue.utf8)
            JSONText.append(#""}"#, to: &bytes)
        }
    }
}
