import Signaling
import Testing
import Timing

/// A member with a name, for transcripts.
private struct Member: CustomStringConvertible, Equatable, Sendable {
    let description: String
    init(_ name: String) { description = name }
}

/// A room, its clock moved by hand, and what it said, as text.
private struct Transcript {
    var room = RoomState<Member>()
    var now = MonotonicTime(nanoseconds: 0)
    let rules = RoomState<Member>.Rules(probeTimeout: .seconds(2), probeInterval: .seconds(10))

    mutating func join(_ member: Member, _ device: String? = nil) -> String {
        switch room.join(member, device: device.map(DeviceMark.init), now: now, rules: rules) {
        case .seated(let peer, let evicted):
            "seated peer=\(peer?.description ?? "-")" + (evicted.isEmpty ? "" : " evicted=\(evicted)")
        case .alreadySeated(let peer, let isInitiator):
            "already peer=\(peer?.description ?? "-") initiator=\(isInitiator)"
        case .waiting(let probed, let retry): "waiting probed=\(probed) until=\((retry - now) / .seconds(1))s"
        case .full: "full"
        }
    }

    mutating func leave(_ member: Member) -> String {
        let departure = room.leave(member)
        return "left peer=\(departure.peer?.description ?? "-") waiting=\(departure.waiting)"
    }

    mutating func wait(_ seconds: Int) { now = now + .seconds(seconds) }
}

@Suite("A room")
struct RoomStateTests {
    private let a = Member("a"), b = Member("b"), c = Member("c"), d = Member("d")

    private func fullRoom() -> Transcript {
        var transcript = Transcript()
        _ = transcript.join(a)
        _ = transcript.join(b)
        return transcript
    }

    @Test("seats two, and who sits longest is the initiator")
    func seats() {
        var t = Transcript()
        #expect(t.room.isEmpty && t.room.count == 0)
        #expect(t.join(a) == "seated peer=-")
        #expect(t.join(a) == "already peer=- initiator=true")
        #expect(t.join(b) == "seated peer=a")
        #expect(t.join(b) == "already peer=a initiator=false")
        #expect(t.room.peer(of: a) == b)
        #expect(t.room.peer(of: b) == a)
        #expect(t.room.peer(of: c) == nil)
        #expect(t.leave(a) == "left peer=b waiting=[]")
        #expect(t.join(b) == "already peer=- initiator=true")
        #expect(t.join(c) == "seated peer=b")
        #expect(t.leave(a) == "left peer=- waiting=[]")
        #expect(t.leave(b) == "left peer=c waiting=[]")
        #expect(t.leave(c) == "left peer=- waiting=[]")
        #expect(t.room.isEmpty)
    }

    @Test("stays full when both members answer the probe")
    func bothAlive() {
        var t = fullRoom()
        #expect(t.join(c) == "waiting probed=[a, b] until=2.0s")
        #expect(t.room.heard(a).isEmpty)
        #expect(t.room.heard(b).map(\.description) == ["c"])
        t.wait(1)
        #expect(t.join(c) == "full")
        t.wait(9)
        #expect(t.join(c) == "waiting probed=[a, b] until=2.0s")
    }

    @Test("evicts the one that stays silent")
    func ghost() {
        var t = fullRoom()
        #expect(t.join(c) == "waiting probed=[a, b] until=2.0s")
        _ = t.room.heard(b)
        t.wait(1)
        #expect(t.join(d) == "waiting probed=[] until=1.0s")
        t.wait(1)
        #expect(t.join(c) == "seated peer=b evicted=[a]")
        #expect(t.join(d) == "full")
        #expect(t.room.peer(of: b) == c)
        #expect(!t.room.isSeated(a))
    }

    @Test("evicts both when both are silent, and seats those that wait in turn")
    func twoGhosts() {
        var t = fullRoom()
        _ = t.join(c)
        _ = t.join(d)
        t.wait(2)
        #expect(t.join(d) == "seated peer=- evicted=[b, a]")
        #expect(t.join(c) == "seated peer=d")
    }

    @Test("lets an owner of a seat wait for the next probe, where a stranger is turned away")
    func owner() {
        var t = Transcript()
        _ = t.join(a, "phone")
        _ = t.join(b, "tablet")
        _ = t.join(c)
        _ = t.room.heard(a)
        _ = t.room.heard(b)
        t.wait(3)
        #expect(t.join(d, "desktop") == "full")
        #expect(t.join(d, "phone") == "waiting probed=[] until=7.0s")
        t.wait(7)
        #expect(t.join(d, "phone") == "waiting probed=[a, b] until=2.0s")
        _ = t.room.heard(b)
        t.wait(2)
        #expect(t.join(d, "phone") == "seated peer=b evicted=[a]")
    }

    @Test("calls those that wait when a seat becomes free")
    func freed() {
        var t = fullRoom()
        _ = t.join(c)
        #expect(t.leave(a) == "left peer=b waiting=[c]")
        #expect(t.join(c) == "seated peer=b")
    }

    @Test("lets few wait at once")
    func bound() {
        var t = fullRoom()
        for index in 0..<RoomState<Member>.maxWaiting {
            #expect(t.join(Member("w\(index)")).hasPrefix("waiting"))
        }
        #expect(t.join(c) == "full")
    }

    @Test("starts no probe for one more when as many as may wait do so already")
    func boundBetweenProbes() {
        var t = Transcript()
        _ = t.join(a, "phone")
        _ = t.join(b)
        _ = t.join(c)
        _ = t.room.heard(a)
        _ = t.room.heard(b)
        for index in 0..<RoomState<Member>.maxWaiting {
            #expect(t.join(Member("w\(index)"), "phone") == "waiting probed=[] until=10.0s")
        }
        t.wait(10)
        #expect(t.join(d) == "full")
        #expect(t.join(Member("w0"), "phone") == "waiting probed=[a, b] until=2.0s")
    }

    @Test("forgets who is told that it is full, so that later ones may wait")
    func refusedDoNotWait() {
        var t = fullRoom()
        #expect(t.join(c).hasPrefix("waiting"))
        #expect(t.join(d).hasPrefix("waiting"))
        _ = t.room.heard(b)
        t.wait(2)
        #expect(t.join(c) == "seated peer=b evicted=[a]")
        #expect(t.join(d) == "full")
        #expect(!t.room.isWaiting(d))
    }

    @Test("forgets who stops waiting")
    func stopsWaiting() {
        var t = fullRoom()
        _ = t.join(c)
        #expect(t.leave(c) == "left peer=- waiting=[]")
        _ = t.room.heard(a)
        #expect(t.room.heard(b).isEmpty)
        #expect(t.room.count == 2)
    }
}
