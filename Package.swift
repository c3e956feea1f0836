// swift-tools-version: 6.3
import PackageDescription

/// The strict settings every target compiles with.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// A package that only other packages need, named for its version. `scripts/check-packages` says when one is missing.
///
/// SwiftPM warns of a dependency without a target, so the executable has a product of each, for a system that it is not
/// built on: none is compiled or linked for being named here.
struct Indirect {
    let dependency: Package.Dependency
    let product: Target.Dependency

    init(
        _ package: String, by owner: String = "apple", suffix: String = ".git", _ version: Version,
        _ product: String
    ) {
        dependency = .package(url: "https://github.com/\(owner)/\(package)\(suffix)", exact: version)
        self.product = .product(name: product, package: package, condition: .when(platforms: [.wasi]))
    }
}

let indirect = [
    Indirect("async-http-client", by: "swift-server", "1.37.0", "AsyncHTTPClient"),
    Indirect("swift-algorithms", "1.2.1", "Algorithms"),
    Indirect("swift-asn1", "1.7.4", "SwiftASN1"),
    Indirect("swift-async-algorithms", "1.1.4", "AsyncAlgorithms"),
    Indirect("swift-atomics", "1.3.0", "Atomics"),
    Indirect("swift-certificates", "1.21.1", "X509"),
    Indirect("swift-distributed-tracing", "1.7.3", "Tracing"),
    Indirect("swift-http-structured-headers", "1.7.0", "StructuredFieldValues"),
    Indirect("swift-nio-http2", "1.46.0", "NIOHTTP2"),
    Indirect("swift-nio-ssl", "2.37.6", "NIOSSL"),
    Indirect("swift-nio-transport-services", "1.28.0", "NIOTransportServices"),
    Indirect("swift-numerics", "1.1.1", "RealModule"),
    Indirect("swift-service-context", "1.5.1", "ServiceContextModule"),
    Indirect("swift-system", suffix: "", "1.8.1", "SystemPackage"),
]

let package = Package(
    name: "switchboard",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "switchboard", targets: ["Switchboard"])
    ],
    // Exact versions: this is an executable, nobody depends on it, and Package.resolved is not kept. A checkout
    // builds with what it was tested with, whatever has been released since.
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0",
            traits: ["JSON", "CommandLineArguments", "Logging"]),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
    ] + indirect.map(\.dependency),
    targets: [
        .target(name: "WebSocket", swiftSettings: strict),
        // IP addresses, ranges, ports with them, and the key that limits count by.
        .target(name: "Addresses", swiftSettings: strict),
        // Numbers as the network writes them.
        .target(name: "BigEndian", swiftSettings: strict),
        // Points in time, rates, heaps of deadlines. It has no clock.
        .target(name: "Timing", swiftSettings: strict),
        // A header only: what is special within JSON strings, sixteen bytes at a time.
        .target(name: "CScan"),
        // JSON text: read, checked and written.
        .target(name: "JSON", dependencies: ["CScan"], swiftSettings: strict),
        // Text as operators write it: lists, typing mistakes, what messages quote.
        .target(name: "OperatorText", swiftSettings: strict),
        // What HTTP requests ask for and where they end; the WebSocket handshake; the rules of a connection's gate.
        .target(
            name: "Requests",
            dependencies: ["Addresses", "Timing", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(name: "Signaling", dependencies: ["JSON", "Timing"], swiftSettings: strict),
        .target(name: "Pairing", swiftSettings: strict),
        // Who may do what.
        .target(name: "Access", dependencies: ["Pairing"], swiftSettings: strict),
        .target(
            name: "PairingSQLite",
            dependencies: ["Pairing", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "STUN",
            dependencies: ["Addresses", "BigEndian", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "TURN",
            dependencies: [
                "Addresses", "BigEndian", "Timing", "STUN", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // The ICE servers that members of rooms are told of.
        .target(
            name: "ICE", dependencies: ["Addresses", "JSON", "OperatorText", "Signaling", "Timing", "TURN"],
            swiftSettings: strict),
        // Headers only: what Swift's Glibc module lacks of Linux's sockets, and Debian's libssl-dev.
        .target(name: "CDatagrams"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "TLS",
            dependencies: ["Addresses", "COpenSSL", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        // The PROXY protocol's header, v1 and v2.
        .target(name: "ProxyProtocol", dependencies: ["Addresses", "BigEndian"], swiftSettings: strict),
        // What a metric means: each target describes what it counts.
        .target(name: "MetricDescriptions", swiftSettings: strict),
        // Who is calling: addresses behind proxies, callers on this machine.
        .target(
            name: "Callers",
            dependencies: ["Addresses", "Requests", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        // Lines of the log that may come in floods.
        .target(
            name: "Logs", dependencies: [.product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        // What waits in memory for all clients together.
        .target(name: "Backlog", swiftSettings: strict),
        // What loops on threads with epoll have in common, whatever they serve.
        .target(name: "Loops", dependencies: ["Addresses", "CDatagrams", "Timing"], swiftSettings: strict),
        .target(
            name: "RelayServer",
            dependencies: [
                "Addresses", "Backlog", "Loops", "MetricDescriptions", "Timing", "TURN", "STUN", "TLS",
                "ProxyProtocol", "CDatagrams",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(
            name: "Telemetry",
            dependencies: [
                "MetricDescriptions",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "WebServer",
            dependencies: [
                "Access", "Addresses", "Backlog", "Callers", "Logs", "Loops", "MetricDescriptions",
                "Requests",
                "SessionLoops", "Timing", "Signaling", "Pairing", "TLS", "ProxyProtocol",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        // WebSocket sessions on loops of their own.
        .target(
            name: "SessionLoops",
            dependencies: [
                "Addresses", "Backlog", "CDatagrams", "Loops", "Signaling", "Timing", "TLS", "WebSocket",
            ],
            swiftSettings: strict),
        // What HTTP requests are answered with: routes, their limits, pages. It knows nothing of connections.
        .target(
            name: "WebAPI",
            dependencies: [
                "Access", "Addresses", "Callers", "JSON", "Logs", "MetricDescriptions", "Pairing", "Requests",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // What the kernel says of the system clock, for `switchboard doctor`.
        .target(name: "CClock"),
        // The files of web/ as bytes in the binary.
        .target(name: "CWebFiles"),
        // What operators set, where they set it, and what it amounts to on this machine.
        .target(
            name: "Settings",
            dependencies: [
                "Access", "Addresses", "ICE", "OperatorText", "Pairing", "PairingSQLite", "RelayServer",
                "Requests", "Signaling", "Telemetry", "Timing", "TLS", "TURN", "WebAPI", "WebServer",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // What keeps a server from working.
        .target(
            name: "Doctor",
            dependencies: [
                "Access", "Addresses", "ICE", "JSON", "OperatorText", "Pairing", "RelayServer", "Settings",
                "Requests", "STUN", "Timing", "TLS", "TURN", "WebServer", "CClock",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "Switchboard",
            dependencies: [
                "Doctor", "ICE", "OperatorText", "Settings", "WebAPI", "WebServer", "Access", "Pairing",
                "Signaling", "Telemetry", "RelayServer", "Requests", "TURN", "Addresses", "JSON", "Timing",
                "STUN", "TLS",
                "Backlog", "MetricDescriptions", "CWebFiles", "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + indirect.map(\.product),
            swiftSettings: strict),
        // A log and metrics that tests read, a time that they move.
        .target(
            name: "TestSupport",
            dependencies: [
                "Access", "Addresses",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "CallersTests",
            dependencies: [
                "Addresses", "Callers", "Requests", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LogsTests",
            dependencies: ["Logs", "TestSupport", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(name: "BacklogTests", dependencies: ["Backlog"], swiftSettings: strict),
        .testTarget(
            name: "WebSocketTests", dependencies: ["WebSocket", "GuardedMemory"], swiftSettings: strict),
        .testTarget(name: "OperatorTextTests", dependencies: ["OperatorText"], swiftSettings: strict),
        .testTarget(name: "TimingTests", dependencies: ["Timing"], swiftSettings: strict),
        .testTarget(name: "AddressesTests", dependencies: ["Addresses"], swiftSettings: strict),
        .testTarget(
            name: "LoopsTests", dependencies: ["Addresses", "Loops", "Timing"], swiftSettings: strict),
        .testTarget(
            name: "SessionLoopsTests",
            dependencies: [
                "Addresses", "Backlog", "Loops", "SessionLoops", "Signaling", "Timing", "TLS", "WebSocket",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "STUNTests",
            dependencies: ["Addresses", "STUN", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .testTarget(
            name: "ProxyProtocolTests", dependencies: ["Addresses", "ProxyProtocol"], swiftSettings: strict),
        .testTarget(
            name: "TURNTests",
            dependencies: [
                "Addresses", "Timing", "TURN", "STUN", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RelayServerTests",
            dependencies: [
                "Addresses", "RelayServer", "Backlog", "Loops", "Timing", "TURN", "STUN", "TLS",
                "ProxyProtocol",
                "CDatagrams",
                "COpenSSL",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: strict),
        // Memory that ends a process which reads a byte too many.
        .target(name: "GuardedMemory", path: "Tests/GuardedMemory", swiftSettings: strict),
        .testTarget(
            name: "JSONTests", dependencies: ["JSON", "CScan", "GuardedMemory"], swiftSettings: strict),
        .testTarget(
            name: "RequestsTests", dependencies: ["Addresses", "Requests", "Timing"], swiftSettings: strict),
        .testTarget(name: "SignalingTests", dependencies: ["Signaling", "Timing"], swiftSettings: strict),
        // What every store must do, for the tests of each.
        .target(
            name: "PairingContract", dependencies: ["Pairing"], path: "Tests/PairingContract",
            swiftSettings: strict),
        .testTarget(
            name: "PairingTests", dependencies: ["Pairing", "PairingContract"], swiftSettings: strict),
        .testTarget(name: "AccessTests", dependencies: ["Access", "Pairing"], swiftSettings: strict),
        .testTarget(
            name: "PairingSQLiteTests",
            dependencies: [
                "Pairing", "PairingContract", "PairingSQLite", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "WebServerTests",
            dependencies: [
                "Access", "Addresses", "Callers", "WebServer", "Requests", "Timing", "WebSocket", "Signaling",
                "Pairing",
                "TLS", "ProxyProtocol", "COpenSSL", "TestSupport",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // With the web server that hands it requests.
        .testTarget(
            name: "WebAPITests",
            dependencies: [
                "Access", "Addresses", "Callers", "JSON", "Pairing", "Requests", "TestSupport", "Timing",
                "WebAPI",
                "WebServer",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TelemetryTests",
            dependencies: [
                "Telemetry",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ICETests", dependencies: ["ICE", "JSON", "Signaling", "Timing", "TURN"],
            swiftSettings: strict),
        // What settings amount to, from sources in a directory of their own.
        .target(
            name: "SettingFixtures", dependencies: ["Settings"], path: "Tests/SettingFixtures",
            swiftSettings: strict),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "Access", "Addresses", "ICE", "Pairing", "RelayServer", "SettingFixtures", "Settings",
                "Requests", "Signaling", "Telemetry", "TLS", "TURN", "WebAPI", "WebServer",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DoctorTests",
            dependencies: [
                "Addresses", "Doctor", "JSON", "Pairing", "RelayServer", "SettingFixtures", "Settings",
                "Timing", "TLS", "TURN",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SwitchboardTests",
            dependencies: [
                "Addresses", "ICE", "Requests", "SettingFixtures", "Settings", "Switchboard", "Pairing",
                "Signaling", "Telemetry", "WebAPI", "SessionLoops", "WebServer", "RelayServer", "TURN",
                "STUN", "CWebFiles",
                "MetricDescriptions",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu2x
)
