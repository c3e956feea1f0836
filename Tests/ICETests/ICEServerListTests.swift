import Foundation
import Signaling
import TURN
import Testing
import Timing

@testable import ICE

@Suite("The list of ICE servers")
struct ICEServerListTests {
    private struct Server: Decodable, Equatable {
        let urls: [String]
        var username: String?
        var credential: String?
    }

    private let now = UnixTime(seconds: 1_900_000_000)
    private let secret = SharedSecret("north")
    private let urls = ["stun:turn.example.org:3478", "turn:turn.example.org:3478?transport=udp"]
        .compactMap { ICEURL($0) }

    private func servers(_ list: ICEServerList, room: String = "r", member: String = "m") throws -> [Server] {
        let servers = try #require(list.servers(room: room, member: member, now: now))
        return try JSONDecoder().decode([Server].self, from: Data(servers.json))
    }

    @Test("A member gets a credential of its own that the shared secret verifies and that ends in time")
    func timeLimited() throws {
        let list = ICEServerList(
            urls: urls, access: .timeLimited(secret, lifetimeSeconds: 60), extra: .none)
        let handed = try servers(list)
        #expect(handed.map(\.urls) == [[urls[0].text], [urls[1].text]])
        #expect(handed[0].username == nil)
        let username = try #require(handed[1].username)
        #expect(username.wholeMatch(of: /1900000060:[0-9a-f]{16}\.[0-9a-f]{16}/) != nil)
        #expect(list.servers(room: "r", member: "m", now: now)?.expires == 1_900_000_060)
        let credential = try #require(handed[1].credential)
        #expect(
            TimeLimitedCredential.verify(
                username: username, credential: credential, secrets: [secret], now: now) == .valid)
    }

    @Test("Usernames name room and member without telling them, the same ones the same way")
    func tags() throws {
        let list = ICEServerList(
            urls: urls, access: .timeLimited(secret, lifetimeSeconds: 60), extra: .none)
        func id(_ room: String, _ member: String) throws -> [Substring] {
            let username = try #require(try servers(list, room: room, member: member)[1].username)
            return username.split(separator: ":")[1].split(separator: ".")
        }
        let (a, b, c) = (try id("room", "a"), try id("room", "b"), try id("other", "a"))
        #expect(try id("room", "a") == a)
        #expect(a[0] == b[0] && a[1] != b[1])
        #expect(a[0] != c[0] && a[1] != c[1])
    }

    @Test("A server that knows static users only is handed out with one of them, which does not expire")
    func fixed() throws {
        let list = ICEServerList(
            urls: urls, access: .fixed(username: "u\"", credential: "p\\"), extra: .none)
        #expect(
            try servers(list) == [
                Server(urls: [urls[0].text]),
                Server(urls: [urls[1].text], username: "u\"", credential: "p\\"),
            ])
        #expect(list.servers(room: "r", member: "m", now: now)?.expires == nil)
    }

    @Test("Servers of others follow, and without any server there is no list")
    func extra() throws {
        let extra = try #require(
            ExtraICEServers(
                #"[{"urls":"stun:a.example"},{"urls":["turn:b.example"],"username":"\u0001","credential":"c"}]"#
            ))
        let others = [
            Server(urls: ["stun:a.example"]),
            Server(urls: ["turn:b.example"], username: "\u{1}", credential: "c"),
        ]
        let access = ICEServerList.Access.timeLimited(secret, lifetimeSeconds: 60)
        #expect(try servers(ICEServerList(urls: [], access: access, extra: extra)) == others)
        let both = try servers(ICEServerList(urls: urls, access: access, extra: extra))
        #expect(Array(both.suffix(2)) == others)
        #expect(both[1].username?.hasPrefix("1900000060:") == true)
        #expect(
            ICEServerList(urls: [], access: access, extra: .none).servers(room: "r", member: "m", now: now)
                == nil)
    }
}
