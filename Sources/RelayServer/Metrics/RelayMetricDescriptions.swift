package import MetricDescriptions
import STUN
import TURN

extension RelayServer {
    /// What the relay counts, in the order of the documents; ``RelaySnapshot`` has the numbers.
    package static let metrics: [MetricDescription] = traffic + refusals + sockets

    private typealias Label = MetricDescription.Label

    private static let transport = Label("transport", ClientTransport.allCases.map(\.label))
    private static let direction = Label("direction", ["to_peer", "to_client"])
    private static let loop = Label("loop", (0..<RelayServerConfiguration.maxLoops).map(String.init))

    private static let traffic: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_relay_allocations", kind: .gauge, labels: [transport],
            help: "Allocations at the relay, by how their clients are connected."),
        MetricDescription(
            name: "switchboard_relay_allocations_total", kind: .counter, labels: [transport],
            help: "Allocations made."),
        MetricDescription(
            name: "switchboard_relay_packets_total", kind: .counter, labels: [transport, direction],
            help: "Packets relayed, by how the client is connected."),
        MetricDescription(
            name: "switchboard_relay_bytes_total", kind: .counter, labels: [transport, direction],
            help: "Bytes of payload in them."),
        MetricDescription(
            name: "switchboard_relay_in_process_packets_total", kind: .counter,
            help: "Packets relayed from one client of this relay to another without a socket between them."),
        MetricDescription(
            name: "switchboard_relay_bindings_total", kind: .counter,
            help: "Binding requests answered."),
    ]

    private static let refusals: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_relay_refusals_total", kind: .counter,
            labels: [Label("code", ErrorCode.allCases.map { String($0.rawValue) })],
            help: "Requests answered with an error, by its code; the first request of a client without "
                + "credentials is answered with 401."),
        MetricDescription(
            name: "switchboard_relay_drops_total", kind: .counter,
            labels: [Label("reason", DropReason.allCases.map(\.label) + SendDrop.allCases.map(\.rawValue))],
            help: "Packets that were neither answered nor relayed, by reason."),
        MetricDescription(
            name: "switchboard_relay_peer_denials_total", kind: .counter,
            labels: [Label("reason", PeerDenial.allCases.map(\.label))],
            help: "Peers that clients asked for and may not reach, by why not."),
        MetricDescription(
            name: "switchboard_relay_quota_hits_total", kind: .counter,
            labels: [Label("quota", Quota.allCases.map(\.label) + [RelaySnapshot.portsQuota])],
            help:
                "Allocations refused because a quota, a minute's allocations, a share of scarce ports, or the ports "
                + "were used up."),
    ]

    private static let sockets: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_relay_sockets", kind: .gauge, help: "Sockets that peers send to."),
        MetricDescription(
            name: "switchboard_relay_received_datagrams_total", kind: .counter,
            help: "UDP datagrams received, from clients and peers."),
        MetricDescription(
            name: "switchboard_relay_receive_calls_total", kind: .counter,
            help: "System calls that received them."),
        MetricDescription(
            name: "switchboard_relay_sent_datagrams_total", kind: .counter,
            help: "UDP datagrams sent, to clients and peers."),
        MetricDescription(
            name: "switchboard_relay_send_calls_total", kind: .counter, help: "System calls that sent them."),
        MetricDescription(
            name: "switchboard_relay_offloaded_datagrams_total", kind: .counter,
            help: "Datagrams that were sent as parts of larger ones (UDP_SEGMENT)."),
        MetricDescription(
            name: "switchboard_relay_offload_failures_total", kind: .counter,
            help: "Times that the kernel refused such a larger one, and its parts were sent one by one."),
        MetricDescription(
            name: "switchboard_relay_icmp_reports_total", kind: .counter,
            help: "ICMP errors about peers that clients were told of."),
        MetricDescription(
            name: "switchboard_relay_streams", kind: .gauge,
            labels: [Label("transport", [ClientTransport.tcp, .tls].map(\.label))],
            help: "Open TCP and TLS connections to the relay."),
        MetricDescription(
            name: "switchboard_relay_streams_ended_total", kind: .counter,
            labels: [Label("reason", of: StreamEnd.self)],
            help: "Such connections that ended or were refused, by what ended them."),
        MetricDescription(
            name: "switchboard_relay_shared_streams_total", kind: .counter,
            help: "Such connections that came to the web server's ports (RELAY_SHARE_PORTS)."),
        MetricDescription(
            name: "switchboard_relay_proxied_streams_total", kind: .counter,
            help: "Such connections that came through a proxy to the relay's own ports (PROXY_PROTOCOL_FROM)."
        ),
        MetricDescription(
            name: "switchboard_relay_tls_handshakes_total", kind: .counter,
            help: "TLS handshakes completed on the relay's own ports."),
        MetricDescription(
            name: "switchboard_relay_loop_busy_seconds_total", kind: .counter, labels: [loop],
            help: "Time that each loop has worked; a rate near 1 means that it is saturated."),
        MetricDescription(
            name: "switchboard_relay_loop_held_seconds_total", kind: .counter, labels: [loop],
            help: "Time that each loop has held packets back to send more at once (RELAY_HOLD)."),
    ]
}
