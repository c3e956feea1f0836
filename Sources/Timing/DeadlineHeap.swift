/// Something with a point in time at which it wants to be looked at.
package protocol DeadlineTarget: AnyObject {
    /// Where it stands in the heap of its loop; kept by ``DeadlineHeap``.
    var deadlinePlace: DeadlinePlace { get set }

    /// Called on the loop when the deadline has passed and has been taken out; the target sets its next one.
    func deadlineReached(at now: MonotonicTime)
}

/// A target's deadline and its index in the heap.
package struct DeadlinePlace {
    package fileprivate(set) var deadline = MonotonicTime.distantFuture
    fileprivate var index = -1

    /// A target without a deadline.
    package init() {}
}

/// The deadlines of one event loop: a binary heap, earliest first, in which every target stands at most once and
/// knows its place, so that a connection that closes leaves nothing behind. Things that are numbered have a
/// ``DeadlineTable``.
package struct DeadlineHeap {
    private var targets: [any DeadlineTarget] = []

    /// A heap without targets.
    package init() {}

    /// Targets that have a deadline.
    package var count: Int { targets.count }

    /// Sets or moves the deadline of `target`.
    package mutating func set(_ target: any DeadlineTarget, to deadline: MonotonicTime) {
        let old = target.deadlinePlace.deadline
        target.deadlinePlace.deadline = deadline
        if target.deadlinePlace.index < 0 {
            target.deadlinePlace.index = targets.count
            targets.append(target)
            siftUp(from: targets.count - 1)
        } else if deadline < old {
            siftUp(from: target.deadlinePlace.index)
        } else {
            siftDown(from: target.deadlinePlace.index)
        }
    }

    /// Takes the deadline of `target` out; harmless when it has none.
    package mutating func remove(_ target: any DeadlineTarget) {
        let index = target.deadlinePlace.index
        guard index >= 0 else { return }
        target.deadlinePlace = DeadlinePlace()
        let last = targets.removeLast()
        guard index < targets.count else { return }
        put(last, at: index)
        siftUp(from: index)
        siftDown(from: last.deadlinePlace.index)
    }

    /// Takes out and returns the next target whose deadline is at or before `now`.
    package mutating func popDue(at now: MonotonicTime) -> (any DeadlineTarget)? {
        guard let first = targets.first, first.deadlinePlace.deadline <= now else { return nil }
        remove(first)
        return first
    }

    private mutating func put(_ target: any DeadlineTarget, at index: Int) {
        targets[index] = target
        target.deadlinePlace.index = index
    }

    private func deadline(at index: Int) -> MonotonicTime { targets[index].deadlinePlace.deadline }

    private mutating func siftUp(from start: Int) {
        var index = start
        let target = targets[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard target.deadlinePlace.deadline < deadline(at: parent) else { break }
            put(targets[parent], at: index)
            index = parent
        }
        put(target, at: index)
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        let target = targets[index]
        while true {
            var child = index * 2 + 1
            guard child < targets.count else { break }
            if child + 1 < targets.count, deadline(at: child + 1) < deadline(at: child) { child += 1 }
            guard deadline(at: child) < target.deadlinePlace.deadline else { break }
            put(targets[child], at: index)
            index = child
        }
        put(target, at: index)
    }
}
