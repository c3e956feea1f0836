import RelayServer
import TURN

extension Settings {
    // MARK: Relay limits

    private static let anyCount = 0...10_000_000

    package static let relayUserQuota = Setting.wholeNumber(
        "RELAY_USER_QUOTA", .relayLimits, default: 12, in: anyCount, unit: "allocations",
        "Allocations of one user, which is one member of a room; 0 is without limit, and without a share of "
            + "scarce ports.")

    package static let relayAddressQuota = Setting.wholeNumber(
        "RELAY_ADDRESS_QUOTA", .relayLimits, default: 64, in: anyCount, unit: "allocations",
        "Allocations of one address (IPv4, or IPv6 /64); 0 is without limit, and without a share of scarce "
            + "ports.")

    package static let relayTotalQuota = Setting.wholeNumber(
        "RELAY_TOTAL_QUOTA", .relayLimits, default: 16_000, in: anyCount, unit: "allocations",
        "Allocations in all; 0 is as many as there are ports.")

    package static let relayAllocationsPerMinute = Setting.wholeNumber(
        "RELAY_ALLOCATIONS_PER_MINUTE", .relayLimits, default: 300, in: anyCount,
        unit: "allocations a minute",
        "Allocations that one address may begin in a minute, all at once if it was quiet; a reserved port "
            + "counts as one; 0 is without limit. Where only RELAY_ADDRESS_QUOTA is set, it is five "
            + "times that.")

    package static let relayMaxPermissions = Setting.wholeNumber(
        "RELAY_MAX_PERMISSIONS", .relayLimits, default: 256, in: 1...TURNConfiguration.permissionBound,
        unit: "permissions",
        "Peer addresses for which one allocation may have permissions.")

    package static let relayMaxChannels = Setting.wholeNumber(
        "RELAY_MAX_CHANNELS", .relayLimits, default: 64, in: 1...TURNConfiguration.channelBound,
        unit: "channels",
        "Channels of one allocation.")

    package static let relayMaxBPS = Setting.wholeNumber(
        "RELAY_MAX_BPS", .relayLimits, default: 0, in: 0...1_000_000_000_000, unit: "bytes a second",
        "What one allocation may carry each way; 0 is without limit.")

    package static let relayMaxPPS = Setting.wholeNumber(
        "RELAY_MAX_PPS", .relayLimits, default: 0, in: 0...1_000_000_000, unit: "packets a second",
        "Packets that one allocation may carry each way; 0 is without limit.")

    package static let relayAnswerRate = Setting.wholeNumber(
        "RELAY_ANSWER_RATE", .relayLimits, default: 200, in: 0...1_000_000, unit: "answers a second",
        "Unsigned answers of one loop to one address, to Binding requests and asking for credentials: so many to "
            + "its datagrams, so many to those with a nonce of this server, and so many over TCP and TLS; 0 is "
            + "without limit.")

    package static let relayAnswerBurst = Setting.wholeNumber(
        "RELAY_ANSWER_BURST", .relayLimits, default: 2_000, in: 1...1_000_000, unit: "answers",
        "Unsigned answers of one loop to one address at once.")

    package static let relayMaxStreams = Setting.wholeNumber(
        "RELAY_MAX_STREAMS", .relayLimits, default: 10_000, in: 1...StreamLimits.streamBound,
        unit: "connections",
        "Open TCP and TLS connections to the relay in all.")

    package static let relayMaxStreamsPerAddress = Setting.wholeNumber(
        "RELAY_MAX_STREAMS_PER_ADDRESS", .relayLimits, default: 128, in: 1...StreamLimits.streamBound,
        unit: "connections",
        "Open TCP and TLS connections to the relay of one address (IPv4, or IPv6 /64).")

    package static let relayStreamTimeout = Setting.seconds(
        "RELAY_STREAM_TIMEOUT", .relayLimits, default: 10, in: 0.1...3_600,
        "Time from accept to the first complete message over TCP or TLS.")

    package static let relayStreamBufferBytes = Setting.wholeNumber(
        "RELAY_STREAM_BUFFER_BYTES", .relayLimits, default: 262_144, in: 65_536...16_777_216, unit: "bytes",
        "Bytes that may wait for one TCP or TLS client; media beyond them is dropped, the newest first.")

    package static let relayAllocationLifetime = Setting.wholeNumber(
        "RELAY_ALLOCATION_LIFETIME", .relayLimits, default: 600, in: 1...86_400, unit: "seconds",
        "The life of an allocation whose client asks for none or for less. Shorten it for tests only.")

    package static let relayMaxAllocationLifetime = Setting.wholeNumber(
        "RELAY_MAX_ALLOCATION_LIFETIME", .relayLimits, default: 3_600, in: 1...86_400, unit: "seconds",
        "The longest life of an allocation without a refresh.")

    package static let relayPermissionLifetime = Setting.wholeNumber(
        "RELAY_PERMISSION_LIFETIME", .relayLimits, default: 300, in: 1...3_600, unit: "seconds",
        "The life of a permission (RFC 8656 §9). Shorten it for tests only.")

    package static let relayChannelLifetime = Setting.wholeNumber(
        "RELAY_CHANNEL_LIFETIME", .relayLimits, default: 600, in: 1...3_600, unit: "seconds",
        "The life of a channel (RFC 8656 §12). Shorten it for tests only.")

    package static let relayPortRest = Setting.wholeNumber(
        "RELAY_PORT_REST", .relayLimits, default: 120, in: 0...3_600, unit: "seconds",
        "Time that a port rests after its allocation has ended, if anything was sent from it or to it. Shorten "
            + "it for tests only.")
}
