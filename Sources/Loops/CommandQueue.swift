import Synchronization

/// What other threads ask of a loop: commands in their order, and a wake-up for the first of them.
///
/// The loop takes all commands at once, under a lock for as long as it takes to exchange two arrays. Who asks how much is
/// up to its users: each kind of command needs a bound of its own.
package final class CommandQueue<Command: Sendable>: Sendable {
    private struct State: Sendable {
        var commands: [Command] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeUp: WakeUp
    /// To be watched edge-triggered, so that it need not be read.
    package var descriptor: Int32 { wakeUp.descriptor }

    /// - Throws: when the system has no descriptor left.
    package init() throws(LoopError) { wakeUp = try WakeUp() }

    /// Leaves a command for the loop's next turn.
    ///
    /// - Returns: false when the loop has ended: the command is given up, and with it whatever it owns.
    @discardableResult
    package func post(_ command: Command) -> Bool {
        let mustWake = state.withLock { state -> Bool? in
            if state.isClosed { return nil }
            state.commands.append(command)
            return state.commands.count == 1
        }
        if mustWake == true { wakeUp() }
        return mustWake != nil
    }

    /// Takes all commands; on the loop's thread.
    package func take() -> [Command] {
        state.withLock { state in
            guard !state.commands.isEmpty else { return [] }
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Takes the last commands: from now on none are accepted.
    package func close() -> [Command] {
        state.withLock { state in
            state.isClosed = true
            defer { state.commands = [] }
            return state.commands
        }
    }
}
