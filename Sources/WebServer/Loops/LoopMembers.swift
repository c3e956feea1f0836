/// A connection that its loop lists as long as NIO serves it.
protocol LoopMember: AnyObject {
    /// Its place in the list, kept by the list; -1 outside.
    var place: Int { get set }

    /// The server is about to stop. Unless `atOnce`, a request that is open still gets its answer.
    func drain(atOnce: Bool)
}

/// The connections of a loop, in no order. One that knows its place is removed at once.
struct LoopMembers {
    private(set) var elements: [any LoopMember] = []

    /// Adds a connection, which is in no list.
    mutating func add(_ member: any LoopMember) {
        member.place = elements.count
        elements.append(member)
    }

    /// Removes a connection; harmless when it is in no list.
    mutating func remove(_ member: any LoopMember) {
        let place = member.place
        guard place >= 0 else { return }
        member.place = -1
        let last = elements.removeLast()
        guard place < elements.count else { return }
        elements[place] = last
        last.place = place
    }
}
