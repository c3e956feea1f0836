import Access
import ICE
import Settings

extension DoctorCheck {
    /// Everything that was set, and whether it goes together.
    package static let configuration = DoctorCheck("Configuration") { ConfigurationCheck.run($0) }
}

enum ConfigurationCheck {
    static func run(_ examination: Examination) -> [Finding] {
        let reading = examination.configuration
        let problems = reading.problems.map {
            Finding.error(.configurationValues, $0, do: "correct it; the server does not start like this")
        }
        guard reading.isComplete else { return problems }
        return problems + [origins(of: reading)] + notices(of: reading) + shadowed(in: reading)
            + contradictions(examination)
    }

    private static func origins(of reading: ConfigurationReading) -> Finding {
        let total = reading.origins.reduce(0) { $0 + $1.count }
        guard total > 0 else {
            return .ok(.configurationSources, "nothing is set, all settings have defaults")
        }
        let places = reading.origins.map { "\($0.count) \($0.place)" }.joined(separator: ", ")
        return .ok(
            .configurationSources, "\(total) \(total == 1 ? "setting is" : "settings are") set: \(places)")
    }

    private static func notices(of reading: ConfigurationReading) -> [Finding] {
        reading.notices.map { notice in
            notice.contains("did you mean")
                ? .warning(.configurationSources, notice, do: "correct the name, or remove it")
                : .notice(.configurationSources, notice)
        }
    }

    private static func shadowed(in reading: ConfigurationReading) -> [Finding] {
        reading.shadowed.map { entry in
            .notice(
                .configurationShadowed, of: entry.setting, "\(entry.used) counts, \(entry.unused) does not",
                do: "remove the one that is not meant")
        }
    }

    /// What is allowed and yet cannot be meant.
    private static func contradictions(_ examination: Examination) -> [Finding] {
        let values = examination.values
        var found: [Finding] = []
        func note(_ setting: String, _ summary: String, do advice: String) {
            found.append(.warning(.configurationContradiction, of: setting, summary, do: advice))
        }
        if values.roomPolicy == .paired, PairingBackend(values) == nil {
            note(
                "ROOM_POLICY",
                "ROOM_POLICY=paired has no effect while pairing is off: any room may be joined",
                do: "set USE_SQLITE=1, or leave ROOM_POLICY open")
        }
        if values.isSet(\.relay.isOn), values.relay.isOn, !values.ice.turnURLs.isEmpty {
            note(
                "USE_RELAY", "TURN_URLS names a relay elsewhere, so USE_RELAY starts no relay here",
                do: "remove one of the two")
        }
        if !examination.hasRelay {
            for setting in relayOnly where values.isSet(named: setting) {
                note(
                    setting, "\(setting) has no effect without a relay here",
                    do: "remove it, or turn the relay on")
            }
        } else {
            let serves = (values.relay.servesUDP, values.relay.servesTCP)
            if serves == (false, false), !hasTLS(values), !values.relay.sharesPorts {
                found.append(
                    .error(
                        .configurationContradiction, of: "RELAY_UDP",
                        "RELAY_UDP, RELAY_TCP and RELAY_SHARE_PORTS are off and there is no TLS: no client reaches the relay",
                        do: "turn one of them on, or set USE_RELAY=0"))
            } else if !serves.0 {
                note(
                    "RELAY_UDP", "the relay does not serve UDP, so there is no STUN and calls are slower",
                    do: "leave RELAY_UDP on unless the network forbids it")
            }
            if !values.relay.servesTLS, values.relay.certificate.chain != nil {
                note("RELAY_TLS", "there is a certificate, but RELAY_TLS is off", do: "remove one of the two")
            }
        }
        return found
    }

    private static let relayOnly = ["RELAY_CERT", "RELAY_EXTERNAL_IPS", "ICE_HOST"]

    private static func hasTLS(_ values: SettingValues) -> Bool {
        values.relay.servesTLS && values.relay.certificate.chain != nil
    }
}
