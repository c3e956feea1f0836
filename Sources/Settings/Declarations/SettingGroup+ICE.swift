import Addresses
import ICE
import WebAPI
import WebServer

extension SettingGroup {
    static let ice = SettingGroup("ICE servers") {
        Setting.optionalText(
            "ICE_HOST", \.ice.host,
            allowed: "a host name or an IP address",
            "Where clients reach the relay, for the URLs they are told; without it, RELAY_EXTERNAL_IPS or "
                + "the relay's own addresses."
        ) { $0.isHost ? $0 : nil }

        Setting.wholeNumber(
            "ICE_CREDENTIAL_LIFETIME", \.ice.credentialSeconds, in: 10...604_800, unit: "seconds",
            "How long the credentials given to a member of a room are valid for new allocations.")

        Setting.value(
            "ICE_SERVERS", \.ice.extraServers,
            allowed:
                "stun: URLs with commas between them, or in JSON an array of objects with urls, username and "
                + "credential, one such object, or an object that has either as iceServers",
            isSecret: true,
            "Further STUN and TURN servers that clients are given.", mistake: ExtraICEServers.reason
        ) { ExtraICEServers($0) }

        Setting.list(
            "TURN_URLS", \.ice.turnURLs,
            allowed: "URLs such as turn:turn.example.org:3478?transport=udp with commas between them",
            "A TURN server elsewhere that clients are given instead of this one's relay, which is then not "
                + "started; it shares the first of RELAY_SECRETS, or else of RELAY_USERS."
        ) { ICEURL($0) }

        Setting.wholeNumber(
            "ICE_SERVERS_PER_MINUTE", \.api.iceServersPerMinute, in: 1...1_000_000,
            unit: "calls a minute",
            "Times that one address may ask for ICE servers in a minute.")
    }
}
