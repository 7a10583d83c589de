// swift-tools-version: 6.2
import PackageDescription

/// The same for every target of ours: Swift 6, no warnings, explicit imports and existentials.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
  name: "Dues",
  products: [.executable(name: "dues", targets: ["dues"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // The system's libcurl, and the few C functions that Swift cannot call because they are variadic.
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "CCurlShim", dependencies: ["CCurl"]),
    // What glibc says of its allocator; Swift's module of glibc leaves it out.
    .systemLibrary(name: "CMalloc"),

    // The house, from the ground up. An import that is not listed here is a defect (see TidyTests).
    .target(name: "Domain", dependencies: [crypto], swiftSettings: settings),
    .target(name: "Transport", dependencies: ["CCurl", "CCurlShim"], swiftSettings: settings),
    .target(name: "Stripe", dependencies: ["Transport", "Domain", crypto, logging], swiftSettings: settings),
    .target(
      name: "Storage",
      dependencies: ["Domain", .product(name: "GRDB", package: "GRDB.swift"), logging],
      swiftSettings: settings),
    .target(
      name: "Templates",
      dependencies: ["Domain", crypto, .product(name: "Mustache", package: "swift-mustache")],
      swiftSettings: settings),
    .target(
      name: "Engine",
      dependencies: ["Storage", "Stripe", "Templates", "Transport", "Domain", crypto, logging],
      swiftSettings: settings),
    .target(
      name: "Sandbox",
      dependencies: ["Stripe", "Transport", crypto, hummingbird, lifecycle, logging],
      swiftSettings: settings),
    .target(
      name: "Web",
      dependencies: [
        "Engine", "Storage", "Stripe", "Templates", "Transport", "Domain", crypto, hummingbird, lifecycle, logging,
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "dues",
      dependencies: [
        "Web", "Sandbox", "Engine", "Storage", "Stripe", "Templates", "Transport", "Domain", "CMalloc",
        crypto, lifecycle, logging,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ],
      swiftSettings: settings),

    // What several test targets share: the OpenAPI validator, a virtual clock, a sandbox and a ledger on a temporary file.
    .target(
      name: "TestSupport",
      dependencies: ["Sandbox", "Engine", "Storage", "Stripe", "Templates", "Transport", "Domain", logging],
      path: "Tests/TestSupport",
      resources: [.copy("Fixtures")],
      swiftSettings: settings),
    .testTarget(
      name: "DomainTests", dependencies: ["Domain", "TestSupport"], exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "TransportTests", dependencies: ["Transport", "CCurl", "CCurlShim", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "StripeTests", dependencies: ["Stripe", "Transport", "Domain", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "StorageTests",
      dependencies: ["Storage", "Domain", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
      exclude: ["Snapshots"],
      swiftSettings: settings),
    .testTarget(
      name: "TemplatesTests", dependencies: ["Templates", "Domain", "TestSupport"], exclude: ["Snapshots"],
      swiftSettings: settings),
    .testTarget(
      name: "SandboxTests",
      dependencies: ["Sandbox", "Stripe", "Transport", "TestSupport", crypto, lifecycle, logging],
      swiftSettings: settings),
    // One contract for every Stripe: the sandbox always, Stripe's own test mode where DUES_STRIPE_TEST_KEY is set.
    .testTarget(
      name: "ContractTests",
      dependencies: ["Sandbox", "Stripe", "Transport", "Domain", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "EngineTests",
      dependencies: [
        "Engine", "Sandbox", "Storage", "Stripe", "Templates", "Transport", "Domain", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "WebTests",
      dependencies: [
        "Web", "Engine", "Sandbox", "Storage", "Stripe", "Templates", "Transport", "Domain", "TestSupport",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DuesTests",
      dependencies: [
        "dues", "TestSupport", "Domain", "Engine", "Stripe", "Transport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["Snapshots"],
      swiftSettings: settings),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "dues", "Web", "Engine", "Sandbox", "Storage", "Stripe", "Templates", "Transport", "Domain", "TestSupport",
        logging,
      ],
      swiftSettings: settings),
    // The simulator: whole worlds from a seed, judged by checkers that share no code with the engine.
    .target(
      name: "Simulation",
      dependencies: [
        "Engine", "Sandbox", "Storage", "Stripe", "Templates", "Transport", "Domain", "TestSupport", logging,
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      path: "Tests/Simulation",
      swiftSettings: settings),
    .executableTarget(
      name: "simulate",
      dependencies: ["Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/Simulate",
      swiftSettings: settings),
    .testTarget(name: "SimulationTests", dependencies: ["Simulation"], swiftSettings: settings),
    // What `make bench` compares the web server with: its framework, and a handler that does nothing.
    .executableTarget(
      name: "bench-empty", dependencies: [hummingbird], path: "Tests/Bench/Peers/Empty", swiftSettings: settings),
  ]
)
