import Access
import ArgumentParser
import Backlog
import Doctor
import Glibc
import Logging
import MetricDescriptions
import Metrics
import NIOCore
import Pairing
import RelayServer
import ServiceLifecycle
import Settings
import TLS
import Telemetry
import WebAPI
import WebServer

/// Puts the parts together and runs them until a signal ends it.
struct Server {
    private var values: SettingValues
    private let notices: [String]
    private let remarks: [String]
    private let log: LogWriter
    private let logger: Logger
    private let registry = MetricsRegistry()

    /// Sets up logs and metrics of the process; once in its life.
    init(_ values: SettingValues, notices: [String], remarks: [String]) {
        self.values = values
        self.notices = notices
        self.remarks = remarks
        let format = values.log.format
        let level = values.log.level
        let log = LogWriter(format: format)
        self.log = log
        LoggingSystem.bootstrap { LineLogHandler(label: $0, format: format, level: level, writer: log) }
        logger = Logger(label: "switchboard")
        MetricsSystem.bootstrap(registry)
        registry.describe(MetricDescription.all)
        registry.onScrape(ProcessMetrics.read)
        registry.onScrape { [log] in Self.ownMetrics(log) }
    }

    /// Serves until a signal; exits with code 1 if that was not to be.
    func run() async throws {
        defer { log.close(within: .seconds(2)) }
        ProcessLimits.ignoreBrokenPipes()
        let openFiles = ProcessLimits.raiseOpenFiles()
        logger.info(
            "starting",
            metadata: [
                "version": "\(Version.current)",
                "max_open_files": "\(openFiles.map(String.init) ?? "unknown")",
            ])
        for remark in remarks { logger.debug("configuration remark", metadata: ["remark": "\(remark)"]) }
        for notice in notices { note(notice) }
        do {
            let host = values.hasRelay ? try RelayHost.ofThisMachine() : nil
            try await keepingLimits(openFiles, on: host).serve(on: host)
            logger.notice("stopped")
        } catch let error as UsageError {
            logger.critical("cannot start", metadata: ["error": "\(error)"])
            throw ExitCode(2)
        } catch let error as RelayServerError {
            logger.critical("the relay cannot listen", metadata: ["error": "\(error.forOperators)"])
            throw ExitCode.failure
        } catch let error as HostAddressesError {
            logger.critical("the relay cannot start", metadata: ["error": "\(error.forOperators)"])
            throw ExitCode.failure
        } catch let error as WebListenError {
            logger.critical(
                "cannot listen",
                metadata: [
                    "host": "\(values.web.host)", "port": "\(error.port)", "error": "\(error.reason)",
                ])
            throw ExitCode.failure
        } catch {
            logger.critical("stopped by an error", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }

    /// The same server with its limits cut to the files that may be open.
    ///
    /// - Parameter openFiles: nil if the number is unknown: nothing is cut then.
    private func keepingLimits(_ openFiles: Int?, on host: RelayHost?) throws(UsageError) -> Server {
        guard let openFiles else {
            logger.warning("the limit of open files cannot be read, no limit is cut to it")
            return self
        }
        let plan = DescriptorPlan(
            values, limit: openFiles, relaying: host.map { RelayAddressPlan.locals(values, host: $0) } ?? [],
            processors: KernelFile.processors())
        guard plan.isWorkable else { throw plan.refusal }
        guard !plan.cuts.isEmpty else { return self }
        logger.warning(
            "limits cut to the files that may be open",
            metadata: [
                "max_open_files": "\(plan.limit)", "reserve": "\(plan.reserve)",
                "cut": "\(plan.cutsInWords(values))",
            ])
        var server = self
        server.values = plan.applied(to: values)
        return server
    }

    private func note(_ notice: String) {
        logger.warning("configuration notice", metadata: ["notice": "\(notice)"])
    }

    private func serve(on host: RelayHost?) async throws {
        let budget = BufferBudget(maxBytes: values.maxBufferedBytes)
        let relay = try RelaySetup(values, host: host, budget: budget, logger: logger)
        relay.notices.forEach(note)
        registry.onScrape { relay.metrics() }
        let takeStream = relay.takeStream
        let certificates = try certificates(sharesPort: takeStream != nil)
        let store = try await openStore()
        let endings = store.flatMap { relay.follow($0.events) }
        defer { endings?.end() }
        let admission = values.roomPolicy.admission(store)
        let networkOrigin = NetworkOrigin(values)
        let pages = values.servesPages ? EmbeddedPages.load(networkOrigin: networkOrigin) : nil
        let web = WebServer(
            configuration: WebServerConfiguration(values), admission: admission,
            iceServers: relay.iceServers, takeStream: takeStream, certificates: certificates, budget: budget,
            telemetry: webTelemetry(), logger: logger,
            onListening: { ports in
                networkOrigin.listens(on: ports.plain)
                welcome(ports, relay)
            },
            responder: { [registry, values] status in
                WebAPI(
                    configuration: WebAPIConfiguration(values), pairing: store, admission: admission,
                    server: LiveReport(web: status, metrics: registry),
                    iceServers: RelayICEServers(lookup: relay.iceServers), relayHealth: relay.health,
                    pages: pages)
            })
        var running: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if let runner = relay.runner { running.append(.init(service: runner, serviceName: "relay")) }
        if let store {
            let sweep = SweepService(store: store, interval: values.pairing.sweepInterval, logger: logger)
            running.append(.init(service: sweep, serviceName: "sweep"))
            // Before the relay listens if possible, else as soon as the database can be read.
            let recall = RecallService(store: store, relay: relay)
            if await !recall.recall() {
                running.append(
                    .init(service: recall, successTerminationBehavior: .ignore, serviceName: "recall"))
            }
        }
        // Clients are told where the relay is: the web server waits until that is known.
        running.append(
            .init(service: LatchedService(latch: relay.isListening, base: web), serviceName: "web"))
        let timeout = values.shutdownTimeout
        var group = ServiceGroupConfiguration(services: running, logger: logger)
        // What is left of the time after this is for cancelled services to finish.
        group.maximumGracefulShutdownDuration = timeout * 0.8
        try await run(
            ServiceGroup(configuration: group), timeout, onShutdown: relay.beginDraining,
            onHangUp: {
                certificates?.reload()
                relay.runner?.reloadCertificates()
            })
        await store?.close()
    }

    private func run(
        _ group: ServiceGroup, _ timeout: Duration, onShutdown: @escaping @Sendable () -> Void,
        onHangUp: @escaping @Sendable () -> Void
    ) async throws {
        let signals = await ShutdownSignals(
            timeout: timeout, log: log, logger: logger, onShutdown: onShutdown, onHangUp: onHangUp)
        let watcher = Task { await signals.run(group) }
        defer { watcher.cancel() }
        try await group.run()
    }

    private func webTelemetry() -> WebServerTelemetry {
        let latency = registry.histogram(
            WebServerMetrics.forwardSeconds, bounds: WebServerTelemetry.forwardLatencyBounds)
        return WebServerTelemetry(
            forwardLatency: { counts, sum in latency.add(bucketCounts: counts, sum: sum) })
    }

    /// What HTTPS and WSS are served with; nil without a certificate.
    private func certificates(sharesPort: Bool) throws(UsageError) -> TLSCertificates? {
        guard let certificate = values.certificate.chain, let key = values.certificate.key else {
            return nil
        }
        var settings = TLSSettings(certificateFile: certificate, privateKeyFile: key)
        settings.applicationProtocols =
            (sharesPort ? [TLSSettings.turnProtocol] : []) + [TLSSettings.httpProtocol]
        do throws(TLSConfigurationError) {
            return try TLSCertificates(settings, logger: logger)
        } catch {
            throw UsageError("TLS_CERT and TLS_KEY: \(error)")
        }
    }

    private func welcome(_ ports: WebServer.Ports, _ relay: RelaySetup) {
        relay.webServerListens(ports)
        let welcome = Welcome(
            host: values.web.host, ports: ports, servesPages: values.servesPages,
            database: PairingBackend(values)?.name, turn: relay.urls,
            localAddresses: Welcome.addressesOfThisMachine())
        welcome.lines.forEach(StandardStreams.printLine)
    }

    /// A database that cannot be opened now does not stop the server: calls are answered 503 until it can.
    ///
    /// - Returns: nil while pairing is off.
    private func openStore() async throws -> (any PairingStore)? {
        guard let backend = PairingBackend(values) else { return nil }
        let metrics = StoreMetrics()
        let store = try backend.makeStore(onTransaction: metrics.record)
        do throws(PairingStoreError) {
            let report = try await store.open()
            logger.info(
                "database open",
                metadata: [
                    "path": "\(backend.name)", "rooms": "\(report.rooms)",
                    report.engine.lowercased(): "\(report.version)",
                ])
        } catch {
            logger.error("database unavailable", metadata: ["path": "\(backend.name)", "error": "\(error)"])
        }
        return store
    }

    private static func ownMetrics(_ log: LogWriter) -> [ScrapedMetric] {
        [
            ScrapedMetric(
                MetricDescription.buildInfo, kind: .gauge, labels: [("version", Version.current)], value: 1),
            ScrapedMetric(
                TelemetryMetrics.droppedLogLines.name, kind: .counter, value: Double(log.droppedLines)),
        ]
    }
}
