import Synchronization

/// Tells the directory where clients find the embedded relay: when it listens, and again when the web server does, whose
/// ports lead to it too and may not have been known before.
package final class ICEAnnouncement: Sendable {
    private struct Known: Sendable {
        var relay: ListenerPorts?
        var shared: SharedPorts
    }

    private let hosts: [String]
    private let access: ICEServerList.Access
    private let extra: ExtraICEServers
    private let directory: ICEDirectory
    private let known: Mutex<Known>

    /// - Parameters:
    ///   - hosts: names or addresses by which clients reach the relay.
    ///   - shared: what is known of the web server's ports before it listens.
    package init(
        hosts: [String], access: ICEServerList.Access, extra: ExtraICEServers, shared: SharedPorts,
        directory: ICEDirectory
    ) {
        self.hosts = hosts
        self.access = access
        self.extra = extra
        self.directory = directory
        known = Mutex(Known(relay: nil, shared: shared))
    }

    /// The relay listens.
    package func relayListens(_ ports: ListenerPorts) { publish { $0.relay = ports } }

    /// The web server listens.
    package func webServerListens(_ ports: SharedPorts) { publish { $0.shared = ports } }

    /// Under the lock, so that the last change is what is published last.
    private func publish(_ change: (inout Known) -> Void) {
        known.withLock { known in
            change(&known)
            guard let relay = known.relay else { return }
            let urls = relay.urls(at: hosts, known.shared)
            directory.publish(ICEServerList(urls: urls, access: access, extra: extra), urls)
        }
    }
}
