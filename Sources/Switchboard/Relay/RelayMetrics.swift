import RelayServer
import STUN
import TURN
import Telemetry

/// The relay's counters as metrics, read when metrics are scraped. They are up to a second old.
enum RelayMetrics {
    /// - Parameter loops: the numbers of each loop.
    static func read(_ loops: [RelaySnapshot]) -> [ScrapedMetric] {
        let all = loops.reduce(into: RelaySnapshot()) { $0.add($1) }
        return traffic(all.rules) + refusals(all) + sockets(all) + streams(all.streams) + saturation(loops)
    }

    private static func traffic(_ rules: RelayCounters) -> [ScrapedMetric] {
        var metrics = [
            counter("in_process_packets", rules.inProcess.packets), counter("bindings", rules.bindings),
        ]
        for transport in ClientTransport.allCases {
            let index = Int(transport.rawValue)
            let label = ("transport", transport.label)
            metrics += [
                gauge("allocations", rules.made[index] &- rules.ended[index], [label]),
                counter("allocations", rules.made[index], [label]),
            ]
            for (direction, traffic) in [
                ("to_peer", rules.fromClients[index]), ("to_client", rules.toClients[index]),
            ] {
                metrics += [
                    counter("packets", traffic.packets, [label, ("direction", direction)]),
                    counter("bytes", traffic.bytes, [label, ("direction", direction)]),
                ]
            }
        }
        return metrics
    }

    private static func refusals(_ all: RelaySnapshot) -> [ScrapedMetric] {
        let rules = all.rules
        var metrics = ErrorCode.allCases.enumerated().map { position, code in
            counter("refusals", rules.refusals[position], [("code", String(code.rawValue))])
        }
        metrics += DropReason.allCases.map { reason in
            counter("drops", rules.drops[Int(reason.rawValue)], [("reason", reason.label)])
        }
        metrics += zip(
            SendDrop.allCases,
            [
                all.droppedBufferFull, all.droppedRefused, all.droppedMailboxFull, all.streams.droppedPackets,
            ]
        ).map { counter("drops", $1, [("reason", $0.rawValue)]) }
        metrics += PeerDenial.allCases.map { denial in
            counter("peer_denials", rules.peerDenials[Int(denial.rawValue)], [("reason", denial.label)])
        }
        metrics += Quota.allCases.map { quota in
            counter("quota_hits", rules.quotaHits[Int(quota.rawValue)], [("quota", quota.label)])
        }
        return metrics + [counter("quota_hits", rules.portsExhausted, [("quota", RelaySnapshot.portsQuota)])]
    }

    private static func sockets(_ all: RelaySnapshot) -> [ScrapedMetric] {
        [
            gauge("sockets", all.relaySockets),
            counter("received_datagrams", all.receivedPackets), counter("receive_calls", all.receiveCalls),
            counter("sent_datagrams", all.sentPackets), counter("send_calls", all.sendCalls),
            counter("offloaded_datagrams", all.offloadedPackets),
            counter("offload_failures", all.offloadFailures), counter("icmp_reports", all.icmpReports),
        ]
    }

    private static func streams(_ streams: StreamCounters) -> [ScrapedMetric] {
        [
            gauge("streams", streams.openTCP, [("transport", ClientTransport.tcp.label)]),
            gauge("streams", streams.openTLS, [("transport", ClientTransport.tls.label)]),
            counter("shared_streams", streams.adopted), counter("proxied_streams", streams.proxied),
            counter("tls_handshakes", streams.handshakes),
        ]
            + StreamEnd.allCases.map { end in
                counter("streams_ended", streams.ended(end), [("reason", end.rawValue)])
            }
    }

    /// What share of the time each loop works: one whose share nears 1 is saturated.
    private static func saturation(_ loops: [RelaySnapshot]) -> [ScrapedMetric] {
        loops.enumerated().flatMap { number, loop in
            [
                seconds("loop_busy_seconds", loop.busyNanoseconds, number),
                seconds("loop_held_seconds", loop.heldNanoseconds, number),
            ]
        }
    }

    private static func counter(
        _ name: String, _ value: UInt64, _ labels: [(String, String)] = []
    ) -> ScrapedMetric {
        ScrapedMetric("switchboard_relay_\(name)_total", kind: .counter, labels: labels, value: Double(value))
    }

    private static func gauge(
        _ name: String, _ value: UInt64, _ labels: [(String, String)] = []
    ) -> ScrapedMetric {
        ScrapedMetric("switchboard_relay_\(name)", kind: .gauge, labels: labels, value: Double(value))
    }

    private static func seconds(_ name: String, _ nanoseconds: UInt64, _ loop: Int) -> ScrapedMetric {
        ScrapedMetric(
            "switchboard_relay_\(name)_total", kind: .counter, labels: [("loop", String(loop))],
            value: Double(nanoseconds) / 1e9)
    }
}
