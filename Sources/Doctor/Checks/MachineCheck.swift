import Settings
import WebServer

extension DoctorCheck {
    /// Memory and processors, as far as limits of a container have them.
    static let machine = DoctorCheck("Machine") { MachineCheck.run($0) }
}

enum MachineCheck {
    /// An idle connection in a room, and what TLS adds to it; see docs/operations.md, "Limits of the machine".
    private static let connectionBytes = 8 << 10
    private static let tlsBytes = 15 << 10
    /// All TLS handshakes that may be under way.
    private static let handshakeBytes = 4_096 * 50 << 10
    private static let groups = "/sys/fs/cgroup"

    static func run(_ examination: Examination) -> [Finding] {
        [memory(examination), processors(examination)]
    }

    private static func memory(_ examination: Examination) -> Finding {
        let machine = examination.machine
        let installed = machine.kernelText("/proc/meminfo").flatMap(totalMemory)
        let allowed = ["\(groups)/memory.max", "\(groups)/memory/memory.limit_in_bytes"].compactMap {
            machine.kernelText($0).flatMap { Int($0) }
        }
        guard let memory = (allowed + [installed].compactMap { $0 }).min() else {
            return .notice(.machineMemory, "its size cannot be read", do: "look at: free -h")
        }
        // With HTTPS they may all come that way.
        let hasTLS = examination.values.certificate.chain != nil
        let idle =
            examination.values.web.connections.maxConnections * (connectionBytes + (hasTLS ? tlsBytes : 0))
            + (hasTLS ? handshakeBytes : 0)
        let buffered = examination.values.maxBufferedBytes
        // What the unit in deploy/ allows by MemoryMax; the rest is the system's.
        guard memory / 4 * 3 >= idle + buffered else {
            return .notice(
                .machineMemory,
                "\(memory.inBytes) of memory, of which MAX_CONNECTIONS would take \(idle.inBytes) when idle, and "
                    + "MAX_BUFFERED_BYTES \(buffered.inBytes) for slow clients: more than three quarters",
                do: "lower MAX_CONNECTIONS to what you expect, or MAX_BUFFERED_BYTES, or give it more memory")
        }
        return .ok(.machineMemory, "\(memory.inBytes) of memory")
    }

    private static func totalMemory(_ text: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        return line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }.map {
            $0 << 10
        }
    }

    private static func processors(_ examination: Examination) -> Finding {
        let (values, machine) = (examination.values, examination.machine)
        let count = machine.processors()
        guard let allowed = quota(machine), allowed < Double(count) else {
            return .ok(.machineProcessors, "\(count) \(count == 1 ? "processor" : "processors")")
        }
        let threads = max(1, Int(allowed.rounded(.up)))
        let isSet =
            values.isSet(\.web.eventLoops) && (values.isSet(\.relay.loops) || !examination.hasRelay)
        let summary = "\(count) processors, of which this container may use \(hundredths(allowed))"
        return isSet
            ? .ok(.machineProcessors, summary)
            : .notice(
                .machineProcessors, summary, do: "set EVENT_LOOPS=\(threads) and RELAY_LOOPS=\(threads)")
    }

    /// Processors that the control group grants, by either version of its interface.
    private static func quota(_ machine: Machine) -> Double? {
        let words =
            machine.kernelText("\(groups)/cpu.max")?.split(separator: " ").map(String.init)
            ?? ["quota", "period"].compactMap { machine.kernelText("\(groups)/cpu/cpu.cfs_\($0)_us") }
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), quota > 0,
            period > 0
        else { return nil }
        return quota / period
    }

    private static func hundredths(_ number: Double) -> String {
        let value = Int((number * 100).rounded())
        return value % 100 == 0
            ? "\(value / 100)" : "\(value / 100).\(value % 100 < 10 ? "0" : "")\(value % 100)"
    }
}
