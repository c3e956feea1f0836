import Addresses
import Logging
import RelayServer
import Settings
import TURN
import Timing

/// A real allocation at a TURN server, and a packet through it.
struct TURNProbe: Sendable {
    let server: TransportAddress
    let transport: Endpoint.Transport
    /// Of the address to ask for.
    let family: IPAddress.Family
    let credential: TimeLimitedCredential
    /// Whether the server expects a PROXY header of connections from this machine.
    var isProxied = false

    /// Blocks for up to ``SelfTest/timeout``.
    func run() -> SelfTestResult {
        SelfTest.run(
            server, isStream: transport == .tcp, isProxied: isProxied, family: family, credential: credential)
    }

    /// The result of starting a relay for a trial.
    enum OwnRelay: Equatable, Sendable {
        case tried(udp: SelfTestResult, tcp: SelfTestResult)
        /// In one line.
        case cannotStart(String)
    }

    /// Runs the relay of a plan on ports that the kernel chooses, relays a packet over each transport that it
    /// serves, and stops it.
    static func tryRelay(_ plan: RelayPlan) -> OwnRelay {
        var sockets = plan.server
        sockets.loops = 1
        sockets.udpListeners = sockets.udpListeners.map { TransportAddress($0.ip, port: 0) }
        sockets.tcpListeners = sockets.tcpListeners.map { TransportAddress($0.ip, port: 0) }
        sockets.tlsListeners = []
        sockets.proxies = []
        guard let family = plan.rules.relays.first?.family else { return .cannotStart("there is no address") }
        let relay = RelayServer(
            sockets, authority: RelayAuthority(plan.rules),
            logger: Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() })
        do throws(RelayServerError) {
            let addresses = try relay.start()
            defer { relay.stop() }
            func ask(_ listeners: [TransportAddress], isStream: Bool) -> SelfTestResult {
                guard let listener = listeners.first else { return .skipped }
                let credential = TimeLimitedCredential.mint(
                    plan.secret, id: "doctor", lifetimeSeconds: 60, now: .now)
                return SelfTest.run(
                    listener.askable, isStream: isStream, family: family, credential: credential)
            }
            return .tried(
                udp: ask(addresses.udp, isStream: false), tcp: ask(addresses.tcp, isStream: true))
        } catch {
            return .cannotStart(error.forOperators)
        }
    }
}

extension TransportAddress {
    /// Where this machine reaches what listens here: loopback in place of every address.
    var askable: TransportAddress {
        guard ip.isUnspecified else { return self }
        return TransportAddress(family == .ipv4 ? .loopbackIPv4 : .loopbackIPv6, port: port)
    }
}
