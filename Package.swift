// swift-tools-version: 6.2
import PackageDescription

/// The same strictness everywhere: Swift 6 mode, every warning an error, imports internal unless said otherwise.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "gammonguru",
    products: [
        .executable(name: "selfheal", targets: ["selfheal"]),
        .executable(name: "gammonguru", targets: ["gammonguru"]),
        .executable(name: "players", targets: ["PlayersProgram"]),
    ],
    targets: [
        program(
            "selfheal",
            [
                "Watchdog", "Redeploy", "Parity", "Render", "Drill", "Healing", "Docker", "Compose", "Support",
                "EventLoop",
            ]),
        program("gammonguru", ["Backend", "Web", "Postgres", "Support", "EventLoop"]),
        // Not named after its program: two folders that differ in case alone are one on some machines.
        program("PlayersProgram", ["Players", "EventLoop"]),

        module("Parity", ["Docker", "Compose", "YAML", "Support", "EventLoop", "CZlib"]),
        module("Drill", ["Players", "Watchdog", "Docker", "Compose", "Support", "EventLoop"]),
        module("Redeploy", ["Healing", "Docker", "Compose", "Support", "EventLoop"]),
        module("Render", ["Docker", "HTTPClient", "Support", "EventLoop", "YAML"]),
        module(
            "Watchdog",
            ["Healing", "Evidence", "Docker", "Compose", "HTTPClient", "Support", "EventLoop", "CLinux"]),
        module("Evidence", ["Docker", "Support", "EventLoop"]),
        module("Healing"),
        module("Docker", ["HTTPClient", "Support", "EventLoop", "CCurl", "CLinux"]),
        module("HTTPClient", ["EventLoop", "CCurl"]),
        module("Compose", ["Docker", "Support", "EventLoop"]),

        // The program is one static binary, so the page travels inside it.
        module(
            "Backend", ["Backgammon", "Web", "Postgres", "Support", "EventLoop", "CLinux", "CSodium"],
            resources: [
                "Page/board.js", "Page/connection.js", "Page/icon.svg", "Page/page.css", "Page/page.html",
                "Page/page.js",
                "Page/session.js", "Play/HTTP/openapi.json",
            ].map { .embedInCode($0) }),
        module("Web", ["Support", "EventLoop", "CMicroHTTPD"]),
        module("Postgres", ["Support", "EventLoop", "CPostgres"]),
        module("ServiceTestKit", ["Postgres", "Support", "EventLoop"]),

        module("Players", ["Backgammon", "HTTPClient", "Support", "EventLoop", "CCurl"]),

        module("Backgammon"),
        module("YAML", ["CYAML"]),
        module("Support", ["EventLoop", "CLinux"]),
        module("EventLoop", ["CLinux"]),

        .target(name: "CLinux"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        tests("EventLoopTests", ["EventLoop"]),
        tests("WebTests", ["Web", "Support", "EventLoop", "ServiceTestKit"]),
        tests("PostgresTests", ["Postgres", "EventLoop", "ServiceTestKit"]),
        tests(
            "BackendTests",
            [
                "Backend", "Backgammon", "Players", "Postgres", "Redeploy", "Support", "EventLoop", "ServiceTestKit",
                "gammonguru", "PlayersProgram",
            ]),
        tests("BackgammonTests", ["Backgammon", "Support"], exclude: ["Fixtures"]),
        tests(
            "PlayersTests",
            ["Players", "Backend", "Backgammon", "Web", "Support", "EventLoop", "ServiceTestKit", "PlayersProgram"]),
        tests("YAMLTests", ["YAML"]),
        tests("RenderTests", ["Render", "Docker", "Web", "Support", "EventLoop", "ServiceTestKit", "selfheal"]),
        tests("ParityTests", ["Parity", "Compose", "Docker", "YAML", "Support", "EventLoop"]),
        tests("SupportTests", ["Support", "EventLoop", "ServiceTestKit"]),
        tests("DockerTests", ["Docker", "Support", "EventLoop", "ServiceTestKit"]),
        tests("WatchdogTests", ["Watchdog", "Healing", "Evidence", "Docker", "Compose", "Support", "EventLoop"]),
        tests("ComposeTests", ["Compose", "Docker", "Support", "EventLoop", "ServiceTestKit"]),
        tests("RedeployTests", ["Redeploy", "Compose", "Docker", "Support", "EventLoop"]),
        tests("DrillTests", ["Drill", "Support"]),
        tests("Live", ["Support", "CLinux", "ServiceTestKit"]),
        tests("HealingTests", ["Healing"]),
        tests("EvidenceTests", ["Evidence", "Docker", "Support", "EventLoop"]),
        .target(
            name: "Simulator", dependencies: ["Healing", "Support"], path: "Tests/Simulator", swiftSettings: strict),
        .executableTarget(
            name: "simulate", dependencies: ["Simulator"], path: "Tests/Simulate", swiftSettings: strict),
        tests("Simulation", ["Simulator"]),
    ],
    swiftLanguageModes: [.v6]
)

// The image is built from the sources alone, and SwiftPM refuses a manifest whose test folders are missing.
if Context.environment["GAMMONGURU_WITHOUT_TESTS"] != nil {
    package.targets.removeAll { $0.type == .test || ["Simulator", "simulate"].contains($0.name) }
}

// Only bench/fuzz.sh builds this: it needs libFuzzer's runtime and the instrumentation it asks for.
if Context.environment["GAMMONGURU_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: ["Backend", "Web", "Backgammon", "Support", "EventLoop", "ServiceTestKit", "CFuzzer"],
            path: "Tests/Fuzz", exclude: ["Seeds"], swiftSettings: strict),
    ]
}
