import Addresses
import RelayServer
import SettingFixtures
import TURN
import Testing
import WebServer

@testable import Settings

@Suite("How open files are shared out")
struct DescriptorPlanTests {
    private typealias Share = DescriptorPlan.Share

    private func share(_ name: String, _ wished: Int, each: Int = 1, weight: Int = 1) -> Share {
        Share(name: name, wished: wished, descriptorsEach: each, weight: weight)
    }

    private func granted(_ limit: Int, reserve: Int = 10, _ shares: Share...) -> [Int] {
        DescriptorPlan(limit: limit, reserve: reserve, shares: shares).shares.map(\.granted)
    }

    @Test("Where there is a file for everything nothing is cut")
    func enough() {
        let plan = DescriptorPlan(
            limit: 100, reserve: 10, shares: [share("A", 50), share("B", 20, each: 2)])
        #expect(plan.needed == 100 && plan.cuts.isEmpty && plan.cutsInWords.isEmpty && plan.isWorkable)
        #expect(
            granted(.max, share("A", 10_000_000), share("B", 10_000_000, each: 2)) == [
                10_000_000, 10_000_000,
            ])
    }

    @Test("One file too few, and something is cut")
    func oneTooFew() {
        let plan = DescriptorPlan(limit: 69, reserve: 10, shares: [share("A", 50), share("B", 10)])
        #expect(plan.shares.map(\.granted) == [49, 10])
        #expect(plan.cutsInWords == "A 50 to 49")
    }

    @Test("Who asks for little gets all of it, and the others share what is left by weight")
    func fairness() {
        #expect(granted(110, share("A", 1_000), share("B", 1_000)) == [50, 50])
        #expect(granted(110, share("A", 1_000), share("B", 10), share("C", 1_000)) == [45, 10, 45])
        #expect(
            granted(100, share("A", 1_000, weight: 5), share("B", 1_000, weight: 3), share("C", 1_000)) == [
                50, 30, 10,
            ])
        #expect(
            granted(100, share("A", 12, weight: 5), share("B", 1_000, weight: 3), share("C", 1_000)) == [
                12, 57, 19,
            ])
        #expect(granted(110, share("A", 1_000), share("B", 1_000, each: 2)) == [50, 25])
    }

    @Test("What is granted never takes more than there is, whatever is wished")
    func sums() {
        for limit in [0, 9, 10, 11, 64, 256, 1_024, 65_536] {
            for wishes in [(1, 1, 1), (3, 10_000_000, 10_000_000), (50_000, 16_000, 10_000), (1, 0, 7)] {
                let plan = DescriptorPlan(
                    limit: limit, reserve: 10,
                    shares: [
                        share("A", wishes.0, weight: 5), share("B", wishes.1, each: 2, weight: 3),
                        share("C", wishes.2),
                    ])
                let used = plan.shares.reduce(0) { $0 + $1.granted * $1.descriptorsEach }
                #expect(used <= max(0, limit - 10), "\(limit) \(wishes)")
                #expect(plan.shares.allSatisfy { $0.granted <= $0.wished })
                #expect(plan.isWorkable || limit < 10 + 32)
            }
        }
    }

    @Test("Where nothing is left for clients the server does not start, and says what would do")
    func refusal() {
        let plan = DescriptorPlan(limit: 40, reserve: 40, shares: [share("A", 50)])
        #expect(!plan.isWorkable && plan.refusal.description.contains("at least 72"))
    }

    @Test(
        "Settings become shares: those of the relay only where there is one, and two files for two families")
    func settings() async throws {
        let four = IPAddress(v4: 0xC629_0004), six = IPAddress(v6High: 0x2001_0500_0002_0000, low: 1)
        func plan(_ environment: [String: String], _ relaying: [IPAddress]) async throws -> DescriptorPlan {
            DescriptorPlan(
                try await values(environment: environment), limit: 10_000, relaying: relaying, processors: 2)
        }
        #expect(try await plan(["USE_RELAY": "0"], []).shares.map(\.name) == ["MAX_CONNECTIONS"])
        #expect(
            try await plan(["TURN_URLS": "turn:a.example", "RELAY_SECRETS": "0123456789abcdef"], []).shares
                .map(\.name)
                == ["MAX_CONNECTIONS"])
        let both = try await plan([:], [four, six])
        #expect(both.shares.map(\.name) == ["MAX_CONNECTIONS", "RELAY_TOTAL_QUOTA", "RELAY_MAX_STREAMS"])
        #expect(both.shares.map(\.descriptorsEach) == [1, 2, 1])
        let ports = try await plan(["RELAY_TOTAL_QUOTA": "0", "RELAY_MIN_PORT": "65000"], [four])
        #expect(ports.shares[1].wished == 536 && ports.shares[1].descriptorsEach == 1)
        #expect(ports.granted("RELAY_TOTAL_QUOTA") == nil && ports.granted("relay ports") == 536)
    }

    @Test("Cut limits take the place of those that were set, and others stay")
    func applied() async throws {
        let set = try await values(environment: ["RELAY_MAX_STREAMS": "20", "RELAY_TOTAL_QUOTA": "0"])
        let plan = DescriptorPlan(set, limit: 1_024, relaying: [IPAddress(v4: 1)], processors: 1)
        let kept = plan.applied(to: set)
        #expect(kept.relayServer.streams.maxStreams == 20)
        #expect(kept.web.connections.maxConnections == plan.granted("MAX_CONNECTIONS"))
        #expect(kept.turn.quotas.total == plan.granted("relay ports"))
        #expect(kept.web.connections.maxConnections < 1_024 && kept.turn.quotas.total > 0)
        let roomy = DescriptorPlan(set, limit: 1 << 20, relaying: [IPAddress(v4: 1)], processors: 1)
        #expect(roomy.applied(to: set).turn.quotas.total == 0)
    }

    @Test(
        "What one address may have stays below a total that is cut, and is said; what was no limit stays none"
    )
    func limitsOfOne() async throws {
        let preset = try await values(environment: [:])
        let plan = DescriptorPlan(preset, limit: 512, relaying: [IPAddress(v4: 1)], processors: 1)
        let kept = plan.applied(to: preset)
        let limits: [(ofOne: KeyPath<ServerConfiguration, Int>, total: KeyPath<ServerConfiguration, Int>)] = [
            (\.web.connections.maxConnectionsPerAddress, \.web.connections.maxConnections),
            (\.relayServer.streams.maxStreamsPerAddress, \.relayServer.streams.maxStreams),
            (\.turn.quotas.perAddress, \.turn.quotas.total),
            (\.turn.quotas.perUser, \.turn.quotas.total),
        ]
        for limit in limits {
            let (ofOne, total) = (kept[dynamicMember: limit.ofOne], kept[dynamicMember: limit.total])
            #expect(ofOne * 2 <= total && ofOne > 0, "\(Settings.at(limit.ofOne).name)")
        }
        #expect(plan.cutsInWords(preset).contains("RELAY_MAX_STREAMS_PER_ADDRESS 128 to "))
        #expect(!kept.isSet(\.turn.quotas.perAddress))
        let unlimited = try await values(environment: [
            "RELAY_ADDRESS_QUOTA": "0", "RELAY_USER_QUOTA": "100000",
        ])
        let left = DescriptorPlan(unlimited, limit: 512, relaying: [IPAddress(v4: 1)], processors: 1)
            .applied(to: unlimited)
        #expect(left.turn.quotas.perAddress == 0 && left.turn.quotas.perUser == 100_000)
    }
}
