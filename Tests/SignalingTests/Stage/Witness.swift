import Signaling
import Testing

/// Holds what one client is told to the promises of `docs/protocol.md`, "Order".
struct Witness {
    enum Message {
        case ping, leave
        /// A candidate with the next number, of few bytes or of many.
        case small, large
    }

    let client: Client
    /// Where it believes to sit.
    private(set) var room: String?
    private(set) var isReady = false
    private(set) var isInitiator = false
    /// The answers that it waits for, in order.
    private(set) var unanswered: [String] = []
    /// Who sent the messages since the last `room_ready`, and the number of the last one.
    private var peer: (name: String, number: Int)?
    /// The highest number of each sender.
    private var numbers: [String: Int] = [:]
    private var nextNumber = 0
    private var isClosed = false

    init(_ client: Client) { self.client = client }

    mutating func send(_ messages: [Message]) {
        var inputs: [Input] = []
        for message in messages {
            switch message {
            case .ping:
                unanswered.append("pong")
                inputs.append(Client.pingMessage)
            case .leave:
                unanswered.append("left_room")
                inputs.append(.json(#"{"type":"leave_room"}"#))
            case .small, .large:
                nextNumber += 1
                inputs.append(Client.candidate("\(nextNumber)", padding: message == .large ? 1_500 : 0))
            }
        }
        client.send(inputs)
    }

    /// Looks at what has come since the last time.
    mutating func read(_ seed: UInt64) {
        for line in client.takeReceived() { check(line, "\(client.name) got '\(line)', seed \(seed)") }
    }

    private mutating func check(_ line: String, _ comment: Comment) {
        let words = line.split(separator: " ").map(String.init)
        if line == "gone" { return }
        #expect(!isClosed, comment)
        switch words[0] {
        case "room_joined":
            if room != words[1] { isReady = false }
            room = words[1]
            isInitiator = words.last == "initiator"
        case "room_ready":
            #expect(room == words[1], comment)
            isReady = true
            isInitiator = words.last == "initiator"
            peer = nil
        case "peer_left", "peer_disconnected":
            #expect(isReady, comment)
            isReady = false
            isInitiator = true
        case "left_room":
            #expect(words[1] == room ?? "-", comment)
            room = nil
            isReady = false
            answered("left_room", comment)
        case "pong": words.count == 1 ? answered("pong", comment) : ()
        case "ice_candidate": forwarded(Int(words[1]) ?? 0, from: words[3], in: words[5], comment)
        case "close": isClosed = true
        case "ping", "room_full": break
        case "error":
            #expect(["peer_absent", "not_in_room", "invalid_room_id"].contains(words[1]), comment)
        default: Issue.record(comment)
        }
    }

    private mutating func answered(_ kind: String, _ comment: Comment) {
        #expect(unanswered.first == kind, comment)
        if !unanswered.isEmpty { unanswered.removeFirst() }
    }

    private mutating func forwarded(_ number: Int, from name: String, in room: String, _ comment: Comment) {
        #expect(isReady && room == self.room && name != client.name, comment)
        #expect(number > numbers[name] ?? 0, comment)
        if let peer { #expect(peer.name == name && number == peer.number + 1, comment) }
        peer = (name, number)
        numbers[name] = number
    }
}
