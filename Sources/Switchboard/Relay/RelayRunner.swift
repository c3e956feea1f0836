import Addresses
import Backlog
import Dispatch
import Glibc
import Logging
import RelayServer
import ServiceLifecycle
import Settings
import Synchronization
import TLS
import TURN
import Timing

/// Runs the relay beside the web server: starts it, tells where it listens, and drains it at shutdown.
final class RelayRunner: Service {
    /// How often a draining relay checks whether any allocation is left.
    private static let drainCheck = Duration.milliseconds(50)

    /// How soon a changed certificate is noticed, and an address that the machine has got.
    private static let keepUpInterval = Duration.seconds(5)

    /// The user that self-tests count for.
    private static let selfTestID = "self-test"
    private static let selfTestSeconds: UInt64 = 60

    private let server: RelayServer
    private let secret: SharedSecret
    private let lastSelfTest = Mutex(SelfTestResult.skipped)
    private let authority: RelayAuthority
    private let drainTime: Duration
    /// Reports what has been done, now and then; nil unless that is wanted.
    private let report: RelayReport?
    private let logger: Logger
    private let onListening: @Sendable (RelayServer.ListenAddresses) -> Void
    private let drainingSince = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameters:
    ///   - drainTime: how long live allocations may go on once it drains.
    ///   - isVerbose: whether to log once a minute what the relay has done.
    ///   - onListening: called once, when clients can come, with the addresses that were bound.
    init(
        _ plan: RelayPlan, drainTime: Duration, isVerbose: Bool, budget: BufferBudget, logger: Logger,
        onListening: @escaping @Sendable (RelayServer.ListenAddresses) -> Void
    ) {
        authority = RelayAuthority(plan.rules)
        server = RelayServer(plan.server, authority: authority, budget: budget, logger: logger)
        secret = plan.secret
        self.drainTime = drainTime
        report = isVerbose ? RelayReport(logger: logger) : nil
        self.logger = logger
        self.onListening = onListening
    }

    func run() async throws {
        let addresses = try server.start()
        logger.info("relay listening", metadata: Self.metadata(addresses))
        onListening(addresses)
        await withTaskGroup { tasks in
            tasks.addTask { await self.keepUp() }
            // Throws when the group is cancelled: then there is no time to drain.
            let isGraceful = (try? await gracefulShutdown()) != nil
            if isGraceful { await self.drain() }
            tasks.cancelAll()
        }
        server.stop()
    }

    /// Follows what changes around the relay: its certificate, and the addresses of the machine.
    private func keepUp() async {
        var hostAddresses = KnownHostAddresses()
        while (try? await Task.sleep(for: Self.keepUpInterval)) != nil {
            server.reloadCertificates()
            followHostAddresses(&hostAddresses)
            report?.note(server.snapshot(), now: .now)
        }
    }

    /// Denies what the machine's addresses are now, or were when they could last be read.
    private func followHostAddresses(_ known: inout KnownHostAddresses) {
        let reading = Result { () throws(HostAddressesError) in try HostAddresses.all() }
        switch known.note(reading) {
        case .read(let addresses): authority.setHostAddresses(addresses)
        case .readAgain(let addresses):
            authority.setHostAddresses(addresses)
            logger.notice("addresses of this machine read again")
        case .lost(let error):
            logger.error(
                "addresses of this machine cannot be read, the last known ones hold",
                metadata: ["error": "\(String(cString: strerror(error.errorNumber)))"])
        case .stillLost: break
        }
    }

    private static func metadata(_ addresses: RelayServer.ListenAddresses) -> Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        for (name, listeners) in [("udp", addresses.udp), ("tcp", addresses.tcp), ("tls", addresses.tls)] {
            if !listeners.isEmpty {
                metadata[name] = "\(listeners.map(\.description).joined(separator: " "))"
            }
        }
        return metadata
    }

    /// Reads the certificate of the relay again.
    func reloadCertificates() { server.reloadCertificates(onlyIfChanged: false) }

    /// The numbers of each loop, at most a second old.
    func snapshots() -> [RelaySnapshot] { server.snapshots() }

    /// Whether a packet goes through the relay. A change of mind is logged once.
    func isHealthy() async -> Bool {
        let credential = TimeLimitedCredential.mint(
            secret, id: Self.selfTestID, lifetimeSeconds: Self.selfTestSeconds, now: .now)
        // It blocks, so it must not run on one of Swift's own threads, of which there are few.
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [server] in
                continuation.resume(returning: server.selfTest(credential))
            }
        }
        let last = lastSelfTest.withLock { last in
            defer { last = result }
            return last
        }
        switch (last, result) {
        case (.failed, .works): logger.notice("relay self-test passed again")
        case (_, .failed(let step)) where last != result:
            logger.error("relay self-test failed", metadata: ["step": "\(step.rawValue)"])
        default: break
        }
        if case .failed = result { return false }
        return true
    }

    /// Goes on with a connection of the web server's that speaks STUN.
    func adopt(_ stream: consuming DetachedStream) { server.adopt(stream) }

    /// Makes no allocations any more; what there is may go on for the drain time from now.
    func beginDraining() {
        authority.beginDraining()
        drainingSince.withLock { $0 = $0 ?? .now }
    }

    private func drain() async {
        beginDraining()
        let end = (drainingSince.withLock { $0 } ?? .now) + drainTime
        // Not the loops' counters, which are up to a second old: a call that has just begun is one too.
        while authority.allocationCount > 0, ContinuousClock.now < end {
            guard (try? await Task.sleep(for: Self.drainCheck)) != nil else { return }
        }
    }

    /// Ends what the members of these rooms have allocated, and their credentials for anything new.
    func end(_ rooms: [RoomTag]) {
        revoke(rooms, ended: .now)
        for room in rooms { server.endRoom(room) }
    }

    /// Ends the credentials of these rooms for anything new; callers go from the first end to the last.
    func revoke(_ rooms: [RoomTag], ended: UnixTime) {
        for room in rooms { authority.revocations.revoke(room, now: ended) }
    }
}

/// Runs another service once a latch is open.
struct LatchedService<Base: Service>: Service {
    let latch: Latch
    let base: Base

    func run() async throws {
        await latch.wait()
        if !Task.isCancelled { try await base.run() }
    }
}
