extension Settings {
    /// Every setting, group after group, in the order in which help and documentation show them.
    static let all: [SettingDeclaration] = [
        port.declaration, host.declaration, eventLoops.declaration, configFile.declaration,
        useSQLite.declaration, sqliteDBPath.declaration, sweepInterval.declaration,
        allowedOrigins.declaration, roomPolicy.declaration, trustedProxies.declaration,
        adminToken.declaration,
        logLevel.declaration, logFormat.declaration,
        forwardedTypes.declaration, maxMessageBytes.declaration, maxSDPBytes.declaration,
        maxCandidateBytes.declaration, messageRate.declaration, messageBurst.declaration,
        joinsPerMinute.declaration, maxOutboxBytes.declaration,
        maxConnections.declaration, maxConnectionsPerAddress.declaration, connectionsPerMinute.declaration,
        handshakeTimeout.declaration,
        pingInterval.declaration, pingTimeout.declaration, probeTimeout.declaration,
        probeInterval.declaration,
        writeTimeout.declaration,
        httpRequestTimeout.declaration, httpIdleTimeout.declaration, maxHeaderBytes.declaration,
        maxBodyBytes.declaration, maxPurgeBodyBytes.declaration,
        acceptFailures.declaration, acceptFailureWindow.declaration, acceptLockout.declaration,
        acceptLockoutMax.declaration, globalAcceptFailuresPerMinute.declaration, createsPerMinute.declaration,
        checksPerMinute.declaration,
        drainSpread.declaration, shutdownTimeout.declaration,
    ]

    /// The settings that `switchboard db` commands know.
    static let database: [SettingDeclaration] = [sqliteDBPath.declaration, configFile.declaration]
}
