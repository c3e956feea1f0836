extension Settings {
    /// Every setting, group after group, in the order in which help and documentation show them.
    package static let all: [SettingDeclaration] = [
        port.declaration, host.declaration, tlsCert.declaration, tlsKey.declaration, tlsPort.declaration,
        redirectHTTP.declaration, eventLoops.declaration, web.declaration, configFile.declaration,
        useSQLite.declaration, sqliteDBPath.declaration, sweepInterval.declaration,
        allowedOrigins.declaration, roomPolicy.declaration, trustedProxies.declaration,
        proxyProtocolFrom.declaration,
        adminToken.declaration,
        logLevel.declaration, logFormat.declaration,
        forwardedTypes.declaration, maxMessageBytes.declaration, maxSDPBytes.declaration,
        maxCandidateBytes.declaration, messageRate.declaration, messageBurst.declaration,
        joinsPerMinute.declaration, maxOutboxBytes.declaration,
        maxConnections.declaration, maxConnectionsPerAddress.declaration, connectionsPerMinute.declaration,
        handshakeTimeout.declaration, maxBufferedBytes.declaration,
        pingInterval.declaration, pingTimeout.declaration, probeTimeout.declaration,
        probeInterval.declaration,
        writeTimeout.declaration,
        httpRequestTimeout.declaration, httpIdleTimeout.declaration, maxHeaderBytes.declaration,
        maxBodyBytes.declaration, maxPurgeBodyBytes.declaration,
        acceptFailures.declaration, acceptFailureWindow.declaration, acceptLockout.declaration,
        acceptLockoutMax.declaration, globalAcceptFailuresPerMinute.declaration, createsPerMinute.declaration,
        checksPerMinute.declaration,
        useRelay.declaration, turnConfig.declaration, relayListenIPs.declaration, relayPort.declaration,
        relayTLSPort.declaration, relayUDP.declaration, relayTCP.declaration, relayTLS.declaration,
        relayCert.declaration, relayKey.declaration, relaySharePorts.declaration, relayIPs.declaration,
        relayExternalIPs.declaration,
        relayMinPort.declaration, relayMaxPort.declaration, relayLoops.declaration, relayGSO.declaration,
        relayGRO.declaration, relayHold.declaration, relayDrainTime.declaration, relayVerbose.declaration,
        relayAllowLoopbackPeers.declaration, relayAllowedPeers.declaration, relayDeniedPeers.declaration,
        relayRealm.declaration, relayUsers.declaration, relaySecrets.declaration,
        relayFingerprint.declaration, relayRFC3489.declaration, relayNonceLifetime.declaration,
        relayUserQuota.declaration, relayAddressQuota.declaration, relayTotalQuota.declaration,
        relayAllocationsPerMinute.declaration,
        relayMaxPermissions.declaration, relayMaxChannels.declaration, relayMaxBPS.declaration,
        relayMaxPPS.declaration, relayAnswerRate.declaration, relayAnswerBurst.declaration,
        relayMaxStreams.declaration, relayMaxStreamsPerAddress.declaration, relayStreamTimeout.declaration,
        relayStreamBufferBytes.declaration, relayAllocationLifetime.declaration,
        relayMaxAllocationLifetime.declaration, relayPermissionLifetime.declaration,
        relayChannelLifetime.declaration, relayPortRest.declaration,
        iceHost.declaration, iceCredentialLifetime.declaration, iceServers.declaration, turnURLs.declaration,
        iceServersPerMinute.declaration,
        drainSpread.declaration, shutdownTimeout.declaration,
    ]

    /// The settings that `switchboard db` commands know.
    package static let database: [SettingDeclaration] = [sqliteDBPath.declaration, configFile.declaration]

    /// The settings that `switchboard credentials` commands know.
    package static let credentials: [SettingDeclaration] = [
        relaySecrets.declaration, iceCredentialLifetime.declaration, turnConfig.declaration,
        configFile.declaration,
    ]
}
