import TLS

/// A certificate with its key, as a server would load it, and as a client would see it.
struct CertificateReading: Equatable, Sendable {
    /// Why a server cannot use the pair; nil if it can.
    var problem: TLSConfigurationError?
    /// Nil where there is none in the file.
    var chain: CertificateChain?

    init(problem: TLSConfigurationError? = nil, chain: CertificateChain?) {
        self.problem = problem
        self.chain = chain
    }

    /// Reads the files.
    ///
    /// - Parameter hosts: what clients call the server.
    static func read(_ settings: TLSSettings, hosts: [String]) -> CertificateReading {
        let chain = CertificateChain(file: settings.certificateFile, hosts: hosts)
        do throws(TLSConfigurationError) {
            _ = try TLSContext(settings)
            return CertificateReading(chain: chain)
        } catch {
            return CertificateReading(problem: error, chain: chain)
        }
    }
}
