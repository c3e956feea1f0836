/// Something that one task waits for and another announces, once.
final class Latch: Sendable {
    private let announcements: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (announcements, continuation) = AsyncStream.makeStream()
    }

    /// Lets the waiting task go on, now or when it comes. Harmless when repeated.
    func open() { continuation.finish() }

    /// Returns when the latch is open or the task cancelled. For one task.
    func wait() async {
        for await _ in announcements {}
    }
}
