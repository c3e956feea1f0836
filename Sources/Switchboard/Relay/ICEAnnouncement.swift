import RelayServer
import Synchronization

/// Tells the directory where clients find the embedded relay: when it listens, and again when the web server does, whose
/// ports lead to it too and may not have been known before.
final class ICEAnnouncement: Sendable {
    private struct Known: Sendable {
        var relay: RelayServer.ListenAddresses?
        var shared: SharedPorts
    }

    private let plan: RelayPlan
    private let access: ICEServerList.Access
    private let extra: ExtraICEServers
    private let directory: ICEDirectory
    private let known: Mutex<Known>

    /// - Parameter shared: what is known of the web server's ports before it listens.
    init(
        _ plan: RelayPlan, access: ICEServerList.Access, extra: ExtraICEServers, shared: SharedPorts,
        directory: ICEDirectory
    ) {
        self.plan = plan
        self.access = access
        self.extra = extra
        self.directory = directory
        known = Mutex(Known(relay: nil, shared: shared))
    }

    /// The relay listens.
    func relayListens(_ addresses: RelayServer.ListenAddresses) { publish { $0.relay = addresses } }

    /// The web server listens.
    func webServerListens(_ ports: SharedPorts) { publish { $0.shared = ports } }

    /// Under the lock, so that the last change is what is published last.
    private func publish(_ change: (inout Known) -> Void) {
        known.withLock { known in
            change(&known)
            guard let relay = known.relay else { return }
            let urls = plan.iceURLs(relay, known.shared)
            directory.publish(ICEServerList(urls: urls, access: access, extra: extra), urls)
        }
    }
}
