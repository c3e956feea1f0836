package import Addresses
package import Backlog
import Glibc
package import Logging
import Loops
import Synchronization
import TLS
package import TURN

/// STUN and TURN on sockets: loops on threads of their own, each with its own sockets of the same addresses.
package final class RelayServer: Sendable {
    /// The addresses that clients connect to, with the ports that the kernel chose if it was to choose.
    package struct ListenAddresses: Sendable {
        package let udp: [TransportAddress]
        package let tcp: [TransportAddress]
        package let tls: [TransportAddress]

        package init(udp: [TransportAddress], tcp: [TransportAddress], tls: [TransportAddress]) {
            (self.udp, self.tcp, self.tls) = (udp, tcp, tls)
        }
    }

    private struct State {
        var handles: [LoopHandle] = []
        var threads: [LoopThread] = []
        var certificates: TLSCertificates?
        var addresses: ListenAddresses?
        var admission: StreamAdmission?
        /// The loop that gets the next adopted stream.
        var nextLoop = 0
    }

    private let configuration: RelayServerConfiguration
    private let authority: RelayAuthority
    private let budget: BufferBudget
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter budget: how much may wait in memory, shared with all other parts that have clients.
    package init(
        _ configuration: RelayServerConfiguration, authority: RelayAuthority,
        budget: BufferBudget = BufferBudget(), logger: Logger
    ) {
        self.budget = budget
        self.configuration = configuration
        self.authority = authority
        self.logger = logger
    }

    /// Opens the sockets and starts serving.
    ///
    /// The sockets of all loops exist before the first packet is read, because the kernel spreads clients over them by
    /// a hash that their number is part of.
    ///
    package func start() throws(RelayServerError) -> ListenAddresses {
        let loops = min(max(1, configuration.loops), RelayServerConfiguration.maxLoops)
        let offloads = chooseOffloads()
        var listeners = try UDPListenerGroup(
            configuration.udpListeners, loops: loops, receivesRuns: offloads.receive)
        noteBuffers(listeners)
        let certificates = try loadCertificates()
        let admission = StreamAdmission(configuration.streams)
        var streamListeners = try StreamListenerGroup(
            tcp: configuration.tcpListeners, tls: configuration.tlsListeners, loops: loops)
        var handles: [LoopHandle] = []
        for _ in 0..<loops { handles.append(try Self.make(LoopHandle.init)) }
        var threads: [LoopThread] = []
        do throws(RelayServerError) {
            for number in 0..<loops {
                let poller = try Self.make(Poller.init)
                let loop = RelayLoop(
                    number: number, poller: poller, authority: authority,
                    listeners: listeners.takeListeners(ofLoop: number),
                    streams: StreamClients(
                        configuration.streams, listeners: streamListeners.takeListeners(ofLoop: number),
                        admission: admission,
                        certificates: certificates, proxies: configuration.proxies, budget: budget),
                    handles: handles, offloads: offloads,
                    holdMicroseconds: configuration.holdMicroseconds)
                threads.append(try Self.start(loop))
            }
        } catch {
            Self.stop(handles, threads)
            throw error
        }
        let addresses = ListenAddresses(
            udp: listeners.addresses, tcp: streamListeners.tcp, tls: streamListeners.tls)
        state.withLock {
            $0 = State(
                handles: handles, threads: threads, certificates: certificates, addresses: addresses,
                admission: admission)
        }
        return addresses
    }

    /// A part of a loop, or why the relay cannot start.
    private static func make<Part: ~Copyable>(
        _ part: () throws(LoopError) -> Part
    ) throws(RelayServerError) -> Part {
        do throws(LoopError) { return try part() } catch { throw RelayServerError(error) }
    }

    private static func start(_ loop: consuming RelayLoop) throws(RelayServerError) -> LoopThread {
        do throws(LoopError) { return try LoopThread(loop) } catch { throw RelayServerError(error) }
    }

    private func loadCertificates() throws(RelayServerError) -> TLSCertificates? {
        guard !configuration.tlsListeners.isEmpty else { return nil }
        guard let settings = configuration.tls else { throw .certificate(nil) }
        do throws(TLSConfigurationError) {
            return try TLSCertificates(settings, logger: logger)
        } catch {
            throw .certificate(error)
        }
    }

    /// Reads the certificate's files again if they have changed, or unconditionally. To be called every few
    /// seconds, and never on a loop, because it reads files. An unusable certificate is logged, and the old one
    /// stays in use.
    ///
    /// - Returns: false if the files have been read and cannot be used.
    @discardableResult
    package func reloadCertificates(onlyIfChanged: Bool = true) -> Bool {
        guard let certificates = state.withLock({ $0.certificates }) else { return true }
        return onlyIfChanged ? certificates.reloadIfChanged() : certificates.reload()
    }

    /// Ends all allocations and connections and waits for the loops, a few milliseconds.
    package func stop() {
        let running = state.withLock { state in
            defer { state.threads = [] }
            return state
        }
        Self.stop(running.handles, running.threads)
    }

    private static func stop(_ handles: [LoopHandle], _ threads: [LoopThread]) {
        for (handle, _) in zip(handles, threads) { handle.mailbox.post(.stop) }
        for thread in threads { thread.join() }
    }

    /// Takes no new stream clients. New allocations are the authority's to refuse (`beginDraining`).
    package func stopListening() { post(.stopListening) }

    /// Ends the allocations made with credentials of a room. The authority keeps them from making new ones.
    package func endRoom(_ room: RoomTag) { post(.endRoom(room)) }

    private func post(_ command: LoopCommand) {
        for handle in state.withLock({ $0.handles }) { handle.mailbox.post(command) }
    }

    /// Counts the streams; nil unless the relay runs.
    var admission: StreamAdmission? { state.withLock { $0.threads.isEmpty ? nil : $0.admission } }

    /// Leaves a stream for the loop whose turn it is. Once the relay has been stopped, no loop takes it, and it is
    /// closed.
    func post(_ stream: AdoptedStream) {
        // Under the lock, so that no loop has been told to stop before.
        state.withLock { state in
            guard !state.threads.isEmpty else { return }
            state.handles[state.nextLoop].mailbox.post(.adopt(stream))
            state.nextLoop = (state.nextLoop + 1) % state.handles.count
        }
    }

    /// Whether a TCP connection from this address has to begin with a PROXY header.
    func isProxy(_ address: IPAddress) -> Bool { configuration.proxies.contains { $0.contains(address) } }

    /// Counts a stream for which there was no room.
    func refuseStream() { state.withLock { $0.handles.first }?.refuseStream() }

    /// The addresses that clients connect to; nil unless the relay runs.
    var listening: ListenAddresses? { state.withLock { $0.threads.isEmpty ? nil : $0.addresses } }

    /// The family of the preferred relay address; nil without any.
    var relayFamily: IPAddress.Family? { authority.configuration.relays.first?.family }

    /// The numbers of all loops, at most a second old while something happens.
    package func snapshot() -> RelaySnapshot {
        snapshots().reduce(into: RelaySnapshot()) { $0.add($1) }
    }

    /// The numbers of each loop.
    package func snapshots() -> [RelaySnapshot] {
        state.withLock { $0.handles }.map(\.snapshot)
    }

    private func chooseOffloads() -> Offloads {
        var offloads = Offloads.probe()
        if !offloads.send, configuration.usesSendOffload {
            logger.notice("The kernel does not segment UDP; packets are sent one by one")
        }
        if !offloads.receive, configuration.usesReceiveOffload {
            logger.notice("The kernel does not coalesce UDP; packets are received one by one")
        }
        offloads.send = offloads.send && configuration.usesSendOffload
        offloads.receive = offloads.receive && configuration.usesReceiveOffload
        return offloads
    }

    private func noteBuffers(_ listeners: borrowing UDPListenerGroup) {
        guard let byteCount = listeners.receiveBufferByteCount,
            byteCount < DatagramSocket.listenerBufferByteCount
        else { return }
        logger.notice(
            "The kernel gives listeners smaller buffers than asked for: raise net.core.rmem_max and wmem_max",
            metadata: [
                "asked": "\(DatagramSocket.listenerBufferByteCount)", "given": "\(byteCount)",
            ])
    }
}
