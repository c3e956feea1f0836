import ICE
import NIOCore
import WebServer

/// What a person who started the server reads on standard output: where to point a client.
struct Welcome {
    let host: String
    let ports: WebServer.Ports
    /// Whether a person can try it in a browser.
    let servesPages: Bool
    /// Where pairings are kept, or nil while pairing is off.
    let database: String?
    /// Where clients find STUN and TURN; none while there is no relay.
    let turn: [ICEURL]
    /// Addresses of this machine, for a server that listens on all of them; nil if they cannot be read.
    let localAddresses: [String]?

    var lines: [String] {
        let urls = hosts.map { host in
            "  http://\(host):\(ports.plain)/   ws://\(host):\(ports.plain)/"
        }
        let secureURLs = ports.tls.map { port in
            hosts.map { "  https://\($0):\(port)/   wss://\($0):\(port)/" }
        }
        let pairing = database.map { "Pairing is on; its database is \($0)" }
        let relay =
            turn.isEmpty
            ? ["There is no relay; USE_RELAY and TURN_URLS decide"]
            : ["Clients are told these STUN and TURN servers:"] + turn.map { "  \($0.text)" }
        return ["Switchboard \(Version.current) is ready. Point a client here:"] + urls + unread
            + (secureURLs.map { ["With TLS, by a name that the certificate has:"] + $0 } ?? [])
            + (servesPages ? trial : [])
            + [pairing ?? "Pairing is off; --use-sqlite turns it on"] + relay
    }

    /// Where a call can be tried. By `localhost` a browser gives the camera without TLS, to this machine's pages only.
    private var trial: [String] {
        let pages = hosts.map { "http://\($0):\(ports.plain)/demo/" }
        let others = pages.dropFirst().prefix(1).map {
            "  from another device: \($0) (camera and microphone need HTTPS there)"
        }
        return ["To try it, open this in two browsers: \(pages[0])"] + others
    }

    /// Said where the list of URLs cannot be whole.
    private var unread: [String] {
        ["0.0.0.0", "::"].contains(host) && localAddresses == nil
            ? ["  (and by the addresses of this machine, which cannot be read now)"] : []
    }

    private var hosts: [String] {
        let localAddresses = localAddresses ?? []
        return switch host {
        case "0.0.0.0": ["localhost"] + localAddresses.filter { !$0.contains(":") }
        case "::": ["localhost"] + localAddresses.map(Self.bracketed)
        default: [Self.bracketed(host)]
        }
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host)]" : host
    }

    /// Addresses of this machine that others may reach: neither loopback nor link-local, at most four. Nil if they cannot
    /// be read.
    static func addressesOfThisMachine() -> [String]? {
        guard let devices = try? System.enumerateDevices() else { return nil }
        let addresses = devices.compactMap { $0.address?.ipAddress }.filter { address in
            !address.hasPrefix("127.") && address != "::1" && !address.hasPrefix("169.254.")
                && !address.lowercased().hasPrefix("fe80:")
        }
        return Array(addresses.prefix(4))
    }
}
