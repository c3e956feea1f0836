import TURN
import Testing
import Timing

@testable import Doctor

@Suite("The doctor and the machine")
struct MachineCheckTests {
    private let pairing = ["USE_SQLITE": "1", "SQLITE_DB_PATH": "/srv/data/chat.db"]

    @Test("Without pairing there is no database to look at")
    func noDatabase() async throws {
        #expect(try await findings(.database)[.databaseUse] == .ok)
    }

    @Test("A database that is not there yet is fine where it can be made")
    func absentDatabase() async throws {
        #expect(try await findings(.database, pairing).worst == .ok)
        let deep = try await findings(
            .database, ["USE_SQLITE": "1", "SQLITE_DB_PATH": "/srv/data/a/b/chat.db"])
        #expect(deep.worst == .ok && deep[.databaseFile] == .ok)
        let closed = try await findings(.database, pairing) {
            $0.file = { $0 == "/srv/data" ? FileFacts(isDirectory: true, isWritable: false) : nil }
        }
        #expect(closed[.databaseDirectory] == .error)
        #expect(
            try await findings(.database, pairing) { $0.file = { _ in nil } }[.databaseDirectory] == .error)
    }

    @Test(
        "A database is read through",
        arguments: [
            (
                DatabaseFacts.read(damage: [], missing: [], rooms: 1, pendings: 2),
                FindingID.databaseIntegrity, Finding.Level.ok
            ),
            (
                .read(damage: ["row 3", "row 4"], missing: [], rooms: 1, pendings: 2), .databaseIntegrity,
                .error
            ),
            (.read(damage: [], missing: ["index a"], rooms: 1, pendings: 2), .databaseSchema, .notice),
            (.unreadable("locked"), .databaseFile, .error),
        ])
    func contents(facts: DatabaseFacts, id: FindingID, level: Finding.Level) async throws {
        let found = try await findings(.database, pairing) {
            $0.file = { FileFacts(isDirectory: $0 == "/srv/data") }
            $0.database = { _ in facts }
        }
        #expect(found[id] == level && found.worst == level, "\(found.text)")
    }

    @Test("Who may read and write the file is looked at")
    func rights() async throws {
        func with(_ facts: FileFacts) async throws -> Finding.Level? {
            try await findings(.database, pairing) { machine in
                machine.file = { $0 == "/srv/data" ? FileFacts(isDirectory: true) : facts }
            }[.databaseFile]
        }
        #expect(try await with(FileFacts(mode: 0o644)) == .warning)
        #expect(try await with(FileFacts(isWritable: false)) == .error)
        #expect(try await with(FileFacts(isDirectory: true)) == .error)
        #expect(try await with(FileFacts()) == nil)
    }

    @Test(
        "The disk is looked at",
        arguments: [
            (VolumeFacts(freeBytes: 1 << 20), FindingID.databaseSpace, Finding.Level.error),
            (VolumeFacts(freeFiles: 3), .databaseSpace, .error),
            (VolumeFacts(freeBytes: 100 << 20), .databaseSpace, .warning),
            (VolumeFacts(freeFiles: nil), .databaseSpace, .ok),
            (VolumeFacts(isReadOnly: true), .databaseVolume, .error),
            (VolumeFacts(type: "nfs4"), .databaseVolume, .warning),
            (VolumeFacts(type: "overlay"), .databaseVolume, .warning),
        ])
    func volumes(volume: VolumeFacts, id: FindingID, level: Finding.Level) async throws {
        #expect(try await findings(.database, pairing) { $0.volume = { _ in volume } }[id] == level)
    }

    @Test("The innermost mount decides about a path, and of two on one path the later")
    func mounts() {
        let table = """
            1 0 8:1 / / rw - ext4 /dev/sda rw
            2 1 0:5 / /srv rw,relatime shared:1 - nfs4 host:/x rw
            3 1 0:6 / /srv/with\\040space rw - tmpfs tmpfs rw
            4 1 0:7 / /srv rw - xfs /dev/sdb rw
            broken line
            """
        #expect(VolumeFacts.type(of: "/srv/data", mountinfo: table) == "xfs")
        #expect(VolumeFacts.type(of: "/srvdata", mountinfo: table) == "ext4")
        #expect(VolumeFacts.type(of: "/srv/with space/a", mountinfo: table) == "tmpfs")
        #expect(VolumeFacts.type(of: "/x", mountinfo: "") == "")
    }

    @Test("Open files are counted for all limits together, in the running server where there is one")
    func files() async throws {
        let few = try await findings(.files) { $0.openFiles = { 1_024 } }
        #expect(few[.filesLimit] == .warning)
        #expect(
            few.text.contains("MAX_CONNECTIONS 50000 + RELAY_TOTAL_QUOTA 16000 + RELAY_MAX_STREAMS 10000"))
        #expect(few.text.contains("LimitNOFILE=77824"))
        // 4 processors: 64 + 6 × 4 + 1 for the web server, 4 × 6 for the relay.
        #expect(few.text.contains("+ 113 in reserve = 76113: the server cuts MAX_CONNECTIONS 50000 to 505,"))
        #expect(few.text.contains("RELAY_TOTAL_QUOTA 16000 to 303, RELAY_MAX_STREAMS 10000 to 101"))
        let none = try await findings(.files) { $0.openFiles = { 64 } }
        #expect(none[.filesLimit] == .error && none.text.contains("of at least 145"), "\(none.text)")
        #expect(try await findings(.files) { $0.openFiles = { nil } }[.filesLimit] == .notice)
        #expect(try await findings(.files)[.filesLimit] == .ok)
        let small = ["MAX_CONNECTIONS": "500", "USE_RELAY": "0"]
        #expect(try await findings(.files, small) { $0.openFiles = { 1_024 } }[.filesLimit] == .ok)
        let running = try await findings(.files, small, server: .ready) {
            $0.openFilesOf = { $0 == 77 ? 256 : nil }
        }
        #expect(running[.filesLimit] == .warning && running.text.contains("the running server"))
        let system = try await findings(.files) { $0.kernelText = { $0.hasSuffix("file-max") ? "100" : nil } }
        #expect(system[.filesSystem] == .warning)
    }

    @Test("What the kernel gives a UDP socket is measured, and other buffers are read")
    func buffers() async throws {
        let small = try await findings(.buffers) { $0.udpBuffers = { (212_992, 212_992) } }
        #expect(small[.buffersUDP] == .notice && small.text.contains("net.core.rmem_max=4194304"))
        #expect(small.text.contains("208 KiB"))
        #expect(try await findings(.buffers)[.buffersUDP] == .ok)
        #expect(try await findings(.buffers, ["USE_RELAY": "0"])[.buffersUDP] == nil)
        let backlog = try await findings(.buffers) {
            $0.kernelText = { $0.hasSuffix("somaxconn") ? "128" : nil }
        }
        #expect(backlog[.buffersBacklog] == .notice)
        let tracking = try await findings(.buffers) {
            $0.kernelText = {
                $0.hasSuffix("conntrack_max") ? "1000" : $0.hasSuffix("conntrack_count") ? "950" : nil
            }
        }
        #expect(tracking[.buffersTracking] == .warning)
    }

    @Test("Limits of a container count, by either version of control groups")
    func containers() async throws {
        func with(_ files: [String: String], _ environment: [String: String] = [:]) async throws -> [Finding]
        {
            try await findings(.machine, environment) { machine in machine.kernelText = { files[$0] } }
        }
        let group = "/sys/fs/cgroup"
        let small = try await with([
            "\(group)/memory.max": "268435456", "/proc/meminfo": "MemTotal: 8000000 kB",
        ])
        #expect(small[.machineMemory] == .notice)
        #expect(try await with(["/proc/meminfo": "MemTotal:        8000000 kB"])[.machineMemory] == .ok)
        let half = try await with(["\(group)/cpu.max": "150000 100000"])
        #expect(
            half[.machineProcessors] == .notice && half.text.contains("1.50")
                && half.text.contains("EVENT_LOOPS=2"))
        #expect(try await with(["\(group)/cpu.max": "max 100000"])[.machineProcessors] == .ok)
        let old = ["\(group)/cpu/cpu.cfs_quota_us": "100000", "\(group)/cpu/cpu.cfs_period_us": "100000"]
        #expect(try await with(old)[.machineProcessors] == .notice)
        #expect(try await with(old, ["EVENT_LOOPS": "1", "RELAY_LOOPS": "1"])[.machineProcessors] == .ok)
    }

    @Test("Memory has to do for all connections with TLS where they may come with it")
    func memoryWithTLS() async throws {
        let https = ["TLS_CERT": "a", "TLS_KEY": "b"]
        func with(_ gibibytes: Int, _ environment: [String: String]) async throws -> Finding.Level? {
            try await findings(.machine, environment) { machine in
                machine.kernelText = { $0 == "/proc/meminfo" ? "MemTotal: \(gibibytes << 20) kB" : nil }
            }[.machineMemory]
        }
        #expect(try await with(2, [:]) == .ok)
        #expect(try await with(2, https) == .notice)
        #expect(try await with(3, https) == .ok)
        #expect(try await with(2, https.merging(["MAX_CONNECTIONS": "10000"]) { $1 }) == .ok)
    }

    @Test("The clock has to be plausible, and kept right")
    func clock() async throws {
        #expect(try await findings(.clock).worst == .ok)
        #expect(try await findings(.clock) { $0.now = { UnixTime(seconds: 86_400) } }[.clockYear] == .error)
        #expect(try await findings(.clock) { $0.now = { UnixTime(seconds: .max) } }[.clockYear] == .error)
        #expect(try await findings(.clock) { $0.clock = { .unsynchronised } }[.clockSynchronised] == .warning)
        #expect(try await findings(.clock) { $0.clock = { .unknown } }[.clockSynchronised] == .ok)
        let loose = try await findings(.clock) {
            $0.clock = { .synchronised(maxErrorMicroseconds: 9_000_000) }
        }
        #expect(loose[.clockSynchronised] == .notice)
        #expect(try await findings(.clock) { $0.hardwareClock = { 1_899_999_600 } }[.clockSkew] == .notice)
        // Two hours: a hardware clock on local time.
        #expect(try await findings(.clock) { $0.hardwareClock = { 1_900_007_201 } }[.clockSkew] == nil)
        #expect(try await findings(.clock) { $0.hardwareClock = { nil } }[.clockSkew] == nil)
        let future = try await findings(.clock, pairing) {
            $0.file = { _ in FileFacts(modified: 1_900_009_000) }
        }
        #expect(future[.clockSkew] == .warning)
        #expect(ClockCheck.day(1_900_000_000) == "2030-03-17")
    }
}
