import Addresses
import Glibc
import RelayServer
import Settings
import Testing

@testable import Switchboard

@Suite("What is known of the machine's addresses")
struct KnownHostAddressesTests {
    private static let one = [IPAddress(v4: 0xC629_0004)]
    private static let two = one + [IPAddress(v4: 0xC629_0005)]
    private static let exhausted = HostAddressesError(errorNumber: EMFILE)

    /// What follows from looks, one after the other.
    private func news(_ readings: Result<[IPAddress], HostAddressesError>...) -> [KnownHostAddresses.News] {
        var known = KnownHostAddresses()
        return readings.map { known.note($0) }
    }

    @Test("While they cannot be read the last ones hold, which is said once, and once when they can again")
    func story() {
        let exhausted = Self.exhausted
        let news = news(
            .success(Self.one), .failure(exhausted), .failure(exhausted),
            .failure(HostAddressesError(errorNumber: ENFILE)), .success(Self.two), .success(Self.two),
            .failure(exhausted))
        #expect(
            news == [
                .read(Self.one), .lost(exhausted), .stillLost, .stillLost, .readAgain(Self.two),
                .read(Self.two),
                .lost(exhausted),
            ])
    }

    @Test("A machine that has no address left is another thing than one that cannot be looked at")
    func nothing() {
        #expect(news(.success([]), .failure(Self.exhausted)) == [.read([]), .lost(Self.exhausted)])
    }

    @Test("This machine can be looked at, and has a loopback address")
    func thisMachine() throws {
        let host = try RelayHost.ofThisMachine()
        #expect(host.addresses.contains { $0.isLoopback })
        #expect(host.preferred.allSatisfy(host.addresses.contains))
    }
}
