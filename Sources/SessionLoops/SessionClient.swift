import Addresses
import Glibc
import Loops
import Signaling
import TLS
import Timing
import WebSocket

/// One WebSocket connection: its socket, its rules, and what waits in either direction.
///
/// Its owner is always one table or one ``SessionParcel``, and the value closes its socket itself when its owner gives it
/// up. What lies in an outbox belongs to the loop's ``StreamMemory`` and is given back before.
///
/// Sendable because there is only ever one owner: the decoder that it points to is its own.
struct SessionClient: ~Copyable, @unchecked Sendable {
    /// -1 for a visitor.
    let socket: Int32
    /// Its place in the loop's table; changes with the loop.
    var handle: UInt32 = 0
    /// What it counts as among connections; nil if it counts in all only.
    let address: AddressKey?
    var rules: SessionRules
    var tls: TLSSession?
    /// What waits for the client. The first ``offeredByteCount`` bytes were given to the socket, which did not take them.
    var outbox = StreamOutbox()
    var offeredByteCount = 0
    var ledger = OutboxLedger<UInt32>()
    /// Forwarded messages that wait to be offered, and when the first of them was read.
    var forwarded: Int32 = 0
    var forwardedSince: Int64 = 0
    /// Exists while a frame or message is incomplete.
    var decoder: UnsafeMutablePointer<FrameDecoder>?
    /// Input that waits until it is carried out: it came while the client is held, or behind a join that moves it.
    var kept: [UInt8] = []
    /// The room of its seat, and the one in which it waits for a seat.
    var room: RoomHandle?
    var awaitedRoom: RoomHandle?
    /// Where it wants to go, or whom it asked for a seat on another loop.
    var errand = Errand.none
    /// When the message that is still incomplete began, and how many came in pieces before it.
    var inputSince = MonotonicTime.distantFuture
    var notedMessages: Int32 = 0
    /// What the poller reports of it.
    var interest: UInt32 = 0
    /// It stands in the list of clients with output or signals.
    var isListed = false
    /// It stands in the list of clients that hold more than a little memory.
    var isBuffering = false
    /// The socket took less than it was offered.
    var isBlocked = false
    /// Our direction ends when the outbox is empty.
    var closesOutput = false
    var outputHasEnded = false
    var inputHasEnded = false
    /// The connection has ended; the place is emptied with the turn.
    var isGone = false

    /// Business with another loop. Rare, so that clients without any have but a word for it.
    indirect enum Errand {
        case none
        /// It moves to that loop with the turn, and asks for a seat there.
        case moves(JoinRequest, loop: Int)
        /// It moves to that loop with the turn, where a seat has been given to its visitor.
        case follows(JoinRequest, serial: UInt64, loop: Int, visitor: UInt32)
        /// It has asked that loop, and has no answer yet; with the visitor that stands for it there, if there is one.
        case asks(JoinRequest, serial: UInt64, loop: Int, visitor: UInt32?)
        /// Its visitor waits there for a seat.
        case waits(serial: UInt64, loop: Int, visitor: UInt32)
        /// This is no client, but a visitor: it stands for a client of that loop.
        case visits(client: UInt32, serial: UInt64, loop: Int)
    }

    init(
        socket: Int32, address: AddressKey?, tls: consuming TLSSession?, participant: consuming Participant,
        now: MonotonicTime
    ) {
        self.socket = socket
        self.address = address
        self.tls = tls
        rules = SessionRules(participant, now: now)
    }

    deinit {
        outbox.discard()
        if let decoder {
            decoder.deinitialize(count: 1)
            decoder.deallocate()
        }
        if socket >= 0 { Glibc.close(socket) }
    }

    /// Whether it leaves with the turn: no more input is carried out here.
    var isLeaving: Bool {
        switch errand {
        case .moves, .follows: true
        case .none, .asks, .waits, .visits: false
        }
    }

    var isVisitor: Bool { socket < 0 }

    /// Bytes that wait and have not been offered to the socket.
    var waitingByteCount: Int { outbox.byteCount &- offeredByteCount }
    /// Input that is kept: a message that has not ended, or what came during a hold.
    var keptByteCount: Int { (decoder?.pointee.keptByteCount ?? 0) &+ kept.count }
    /// All that it holds in memory.
    var bufferedByteCount: Int { outbox.byteCount &+ keptByteCount }
    /// Since when its client has been behind. Input of a client that is held does not count: it waits for the peer, which
    /// is the one that is behind.
    var behindSince: MonotonicTime { rules.behindSince(inputSince: inputSince) }

    /// What the poller has to report of it now.
    var wantedInterest: UInt32 {
        var events = PollRegistry.none
        if !inputHasEnded { events |= rules.readsSocket ? PollRegistry.input : PollRegistry.inputEnd }
        if isBlocked { events |= PollRegistry.output }
        return events
    }
}
