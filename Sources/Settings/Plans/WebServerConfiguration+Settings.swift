import Requests
import Signaling
package import WebAPI
package import WebServer

extension WebServerConfiguration {
    /// The web server's configuration as the operator set it.
    package init(_ values: SettingValues) {
        self.init()
        host = values[Settings.host]
        port = values[Settings.port]
        tlsPort = values[Settings.tlsPort]
        redirectsHTTP = values[Settings.redirectHTTP]
        proxyProtocolFrom = values[Settings.proxyProtocolFrom]
        eventLoops = values[Settings.eventLoops]
        allowedOrigins = AllowedOrigins(values[Settings.allowedOrigins])
        trustedProxies = values[Settings.trustedProxies]
        drainSpread = values[Settings.drainSpread]
        connections = ConnectionLimits(values)
        sessions = SessionLimits(values)
        signaling = SignalingRules(values)
    }
}

extension WebAPIConfiguration {
    /// What the routes are told, as the operator set it.
    package init(_ values: SettingValues) {
        self.init()
        allowedOrigins = AllowedOrigins(values[Settings.allowedOrigins])
        adminToken = values[Settings.adminToken].flatMap(AdminToken.init)
        maxBodyBytes = values[Settings.maxBodyBytes]
        maxPurgeBodyBytes = values[Settings.maxPurgeBodyBytes]
        accepts = AcceptLimits(
            failures: values[Settings.acceptFailures], window: values[Settings.acceptFailureWindow],
            lockout: values[Settings.acceptLockout], maxLockout: values[Settings.acceptLockoutMax],
            failuresPerMinuteOfAll: values[Settings.globalAcceptFailuresPerMinute])
        createsPerMinute = values[Settings.createsPerMinute]
        checksPerMinute = values[Settings.checksPerMinute]
        iceServersPerMinute = values[Settings.iceServersPerMinute]
    }
}

extension ConnectionLimits {
    init(_ values: SettingValues) {
        self.init()
        maxConnections = values[Settings.maxConnections]
        maxConnectionsPerAddress = values[Settings.maxConnectionsPerAddress]
        connectionsPerMinute = values[Settings.connectionsPerMinute]
        handshakeTimeout = values[Settings.handshakeTimeout]
        requestTimeout = values[Settings.httpRequestTimeout]
        idleTimeout = values[Settings.httpIdleTimeout]
        maxHeaderBytes = values[Settings.maxHeaderBytes]
    }
}

extension SessionLimits {
    init(_ values: SettingValues) {
        self.init()
        maxMessageBytes = values[Settings.maxMessageBytes]
        messageRate = values[Settings.messageRate]
        messageBurst = values[Settings.messageBurst]
        joinsPerMinute = values[Settings.joinsPerMinute]
        maxOutboxBytes = values[Settings.maxOutboxBytes]
        writeTimeout = values[Settings.writeTimeout]
        pingInterval = values[Settings.pingInterval]
        pingTimeout = values[Settings.pingTimeout]
        probeTimeout = values[Settings.probeTimeout]
        probeInterval = values[Settings.probeInterval]
    }
}

extension SignalingRules {
    init(_ values: SettingValues) {
        self.init()
        maxSDPBytes = values[Settings.maxSDPBytes]
        maxCandidateBytes = values[Settings.maxCandidateBytes]
        forwardedTypes = Set(values[Settings.forwardedTypes])
    }
}
