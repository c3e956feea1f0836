import RelayServer
import TURN

extension SettingGroup {
    static let relayLimits = SettingGroup("Relay limits") {
        Setting.wholeNumber(
            "RELAY_USER_QUOTA", \.turn.quotas.perUser, in: anyCount, unit: "allocations",
            "Allocations of one user, which is one member of a room; 0 is without limit, and without a "
                + "share of scarce ports.")

        Setting.wholeNumber(
            "RELAY_ADDRESS_QUOTA", \.turn.quotas.perAddress, in: anyCount, unit: "allocations",
            "Allocations of one address (IPv4, or IPv6 /64); 0 is without limit, and without a share of "
                + "scarce ports.")

        Setting.wholeNumber(
            "RELAY_TOTAL_QUOTA", \.turn.quotas.total, in: anyCount, unit: "allocations",
            "Allocations in all; 0 is as many as there are ports.")

        Setting.wholeNumber(
            "RELAY_ALLOCATIONS_PER_MINUTE", \.turn.quotas.perAddressAndMinute, in: anyCount,
            unit: "allocations a minute",
            "Allocations that one address may begin in a minute, all at once if it was quiet; a reserved "
                + "port counts as one; 0 is without limit. Where only RELAY_ADDRESS_QUOTA is set, it is "
                + "five times that.")

        Setting.wholeNumber(
            "RELAY_MAX_PERMISSIONS", \.turn.maxPermissions, in: 1...TURNConfiguration.permissionBound,
            unit: "permissions",
            "Peer addresses for which one allocation may have permissions.")

        Setting.wholeNumber(
            "RELAY_MAX_CHANNELS", \.turn.maxChannels, in: 1...TURNConfiguration.channelBound,
            unit: "channels",
            "Channels of one allocation.")

        Setting.wholeNumber(
            "RELAY_MAX_BPS", \.turn.maxBytesPerSecond, in: 0...1_000_000_000_000, unit: "bytes a second",
            "What one allocation may carry each way; 0 is without limit.")

        Setting.wholeNumber(
            "RELAY_MAX_PPS", \.turn.maxPacketsPerSecond, in: 0...1_000_000_000, unit: "packets a second",
            "Packets that one allocation may carry each way; 0 is without limit.")

        Setting.wholeNumber(
            "RELAY_ANSWER_RATE", \.turn.unauthenticatedAnswersPerSecond, in: 0...1_000_000,
            unit: "answers a second",
            "Unsigned answers of one loop to one address, to Binding requests and asking for credentials: "
                + "so many to its datagrams, so many to those with a nonce of this server, and so many "
                + "over TCP and TLS; 0 is without limit.")

        Setting.wholeNumber(
            "RELAY_ANSWER_BURST", \.turn.unauthenticatedAnswerBurst, in: 1...1_000_000, unit: "answers",
            "Unsigned answers of one loop to one address at once.")

        Setting.wholeNumber(
            "RELAY_MAX_STREAMS", \.relayServer.streams.maxStreams, in: 1...StreamLimits.streamBound,
            unit: "connections",
            "Open TCP and TLS connections to the relay in all.")

        Setting.wholeNumber(
            "RELAY_MAX_STREAMS_PER_ADDRESS", \.relayServer.streams.maxStreamsPerAddress,
            in: 1...StreamLimits.streamBound,
            unit: "connections",
            "Open TCP and TLS connections to the relay of one address (IPv4, or IPv6 /64).")

        Setting.seconds(
            "RELAY_STREAM_TIMEOUT", \.relayServer.streams.messageTime, in: 0.1...3_600,
            "Time from accept to the first complete message over TCP or TLS.")

        Setting.wholeNumber(
            "RELAY_STREAM_BUFFER_BYTES", \.relayServer.streams.outboxBytes, in: 65_536...16_777_216,
            unit: "bytes",
            "Bytes that may wait for one TCP or TLS client; media beyond them is dropped, the newest first.")

        Setting.wholeNumber(
            "RELAY_ALLOCATION_LIFETIME", \.turn.allocationSeconds, in: 1...86_400, unit: "seconds",
            "The life of an allocation whose client asks for none or for less. Shorten it for tests only.")

        Setting.wholeNumber(
            "RELAY_MAX_ALLOCATION_LIFETIME", \.turn.maxAllocationSeconds, in: 1...86_400, unit: "seconds",
            "The longest life of an allocation without a refresh.")

        Setting.wholeNumber(
            "RELAY_PERMISSION_LIFETIME", \.turn.permissionSeconds, in: 1...3_600, unit: "seconds",
            "The life of a permission (RFC 8656 §9). Shorten it for tests only.")

        Setting.wholeNumber(
            "RELAY_CHANNEL_LIFETIME", \.turn.channelSeconds, in: 1...3_600, unit: "seconds",
            "The life of a channel (RFC 8656 §12). Shorten it for tests only.")

        Setting.wholeNumber(
            "RELAY_PORT_REST", \.turn.portRestSeconds, in: 0...3_600, unit: "seconds",
            "Time that a port rests after its allocation has ended, if anything was sent from it or to it. "
                + "Shorten it for tests only.")
    }

    private static let anyCount = 0...10_000_000
}
