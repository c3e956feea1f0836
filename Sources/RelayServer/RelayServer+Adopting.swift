package import TLS

extension RelayServer {
    /// Takes over a TCP connection that was accepted elsewhere and turned out to speak STUN, as if a listener of
    /// the relay had accepted it: the same limits, times and counters apply. May be called from any thread; does
    /// not block.
    ///
    /// The loops take such streams in turn. One that is refused is closed.
    ///
    /// - Parameter stream: the options of its socket are set here.
    package func adopt(_ stream: consuming DetachedStream) {
        guard let admission = admission else { return }
        if let adopted = AdoptedStream(stream, admission: admission) {
            post(adopted)
        } else {
            refuseStream()
        }
    }
}
