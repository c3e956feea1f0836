import STUN
import Testing

@testable import ProxyProtocol

@Suite("PROXY header")
struct ProxyHeaderTests {
    @Test("A header of the proxy's own has no addresses")
    func local() {
        let header = ProxyHeader(source: nil, destination: nil, byteCount: 16)
        #expect(header.source == nil && header.destination == nil)
    }
}
