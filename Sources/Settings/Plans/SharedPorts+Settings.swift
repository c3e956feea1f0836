package import ICE
package import WebServer

extension SharedPorts {
    /// Those that are known before anything listens.
    package init(_ values: SettingValues) {
        let hasCertificate = values.certificate.chain != nil
        self.init(values, plain: values.web.port, tls: hasCertificate ? values.web.tlsPort : nil)
    }

    /// Those that were bound.
    package init(_ values: SettingValues, _ ports: WebServer.Ports) {
        self.init(values, plain: ports.plain, tls: ports.tls)
    }

    private init(_ values: SettingValues, plain: Int, tls: Int?) {
        guard values.relay.sharesPorts else {
            self = .none
            return
        }
        func known(_ port: Int?) -> UInt16? { port.flatMap { $0 > 0 ? UInt16(exactly: $0) : nil } }
        self.init(host: values.web.host, plain: known(plain), tls: known(tls))
    }
}
