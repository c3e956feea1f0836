import Addresses
package import ICE

extension Settings {
    package static let iceHost = Setting<String?>.text(
        "ICE_HOST", .ice, allowed: "a host name or an IP address", default: nil, defaultText: "",
        "Where clients reach the relay, for the URLs they are told; without it, RELAY_EXTERNAL_IPS or the "
            + "relay's own addresses."
    ) { $0.isHost ? .some($0) : nil }

    package static let iceCredentialLifetime = Setting.wholeNumber(
        "ICE_CREDENTIAL_LIFETIME", .ice, default: 3_600, in: 10...604_800, unit: "seconds",
        "How long the credentials given to a member of a room are valid for new allocations.")

    package static let iceServers = Setting.text(
        "ICE_SERVERS", .ice,
        allowed:
            "stun: URLs with commas between them, or in JSON an array of objects with urls, username and "
            + "credential, one such object, or an object that has either as iceServers",
        default: ExtraICEServers.none, defaultText: "", isSecret: true,
        "Further STUN and TURN servers that clients are given.", mistake: ExtraICEServers.reason
    ) { ExtraICEServers($0) }

    package static let turnURLs = Setting.list(
        "TURN_URLS", .ice,
        allowed: "URLs such as turn:turn.example.org:3478?transport=udp with commas between them",
        default: [], defaultText: "",
        "A TURN server elsewhere that clients are given instead of this one's relay, which is then not "
            + "started; it shares the first of RELAY_SECRETS, or else of RELAY_USERS."
    ) { ICEURL($0) }

    package static let iceServersPerMinute = Setting.wholeNumber(
        "ICE_SERVERS_PER_MINUTE", .ice, default: 120, in: 1...1_000_000, unit: "calls a minute",
        "Times that one address may ask for ICE servers in a minute.")
}
