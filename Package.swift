// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target of the host program shares these: the strictest checks that compile together.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

/// A Swift target of the host program.
func module(_ name: String, at path: String, uses dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: strict)
}

/// The tests of one module, in a folder of its name.
func tests(
    _ name: String, uses dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
        swiftSettings: strict)
}

let package = Package(
    name: "modplan",
    products: [
        .executable(name: "modplan", targets: ["modplan"]),
        .executable(name: "navi", targets: ["navi"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        // C: what Swift cannot see.
        .systemLibrary(
            name: "CGit2", path: "Sources/CGit2", pkgConfig: "libgit2",
            providers: [.apt(["libgit2-dev"])]),
        .target(
            name: "CLinux", path: "Sources/CLinux",
            linkerSettings: [.linkedLibrary("crypto")]),

        // Adapters: leaves that know nothing of apps or plans.
        module("Host", at: "Adapters/Host", uses: ["CLinux", subprocess, systemPackage]),
        module("Git", at: "Adapters/Git", uses: ["CGit2"]),
        module(
            "UnixHTTP", at: "Adapters/UnixHTTP",
            uses: ["CLinux", nioCore, nioPosix, nioHTTP1, systemPackage]),
        module("Docker", at: "Adapters/Docker", uses: ["UnixHTTP"]),
        module("Supervisor", at: "Adapters/Supervisor", uses: ["CLinux", "UnixHTTP"]),
        module("Volumes", at: "Adapters/Volumes", uses: ["Host", "CLinux"]),

        // git → Desired → plan ← Observed, then Execution, then State.
        module("Desired", at: "Desired", uses: ["CLinux", yams]),
        module("Observed", at: "Observed/Snapshot", uses: []),
        module("Planning", at: "Reconciler/Planning", uses: ["Desired", "Observed"]),
        module("State", at: "Reconciler/State", uses: ["Planning", "Desired", "Host"]),
        module(
            "Collection", at: "Observed/Collection",
            uses: ["Observed", "Planning", "Docker", "Volumes", "Supervisor", "Host"]),
        module(
            "Execution", at: "Reconciler/Execution",
            uses: [
                "Planning", "Observed", "State", "Docker", "Volumes", "Supervisor", "Git", "Host",
            ]),

        module(
            "Commands", at: "modplan/Commands",
            uses: [
                "Desired", "Observed", "Planning", "State", "Collection", "Execution", "Git",
                "Docker", "Volumes", "Host", argumentParser, logging,
            ]),
        .executableTarget(
            name: "modplan", dependencies: ["Commands"], path: "Sources/modplan/Main",
            swiftSettings: strict),

        // The parent and listener inside containers. Nothing links it: it runs in every image, where
        // there is no library, so it is static, and Embedded Swift to be small.
        .target(name: "CNavi", path: "Sources/navi/Shim"),
        .executableTarget(
            name: "navi", dependencies: ["CNavi"], path: "Sources/navi/Program",
            swiftSettings: [
                .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
                .enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo", "-Osize"]),
            ],
            linkerSettings: [
                // SwiftPM adds -pie, which -static overrules.
                .unsafeFlags([
                    "-Xclang-linker", "-static",
                    "-Xclang-linker", "-Wno-unused-command-line-argument",
                    "-Xlinker", "--gc-sections",
                ]),
                .unsafeFlags(["-Xlinker", "--strip-all"], .when(configuration: .release)),
            ]),

        // A world drawn from a seed behind the protocols that the real adapters serve.
        .target(
            name: "Simulation",
            dependencies: [
                "Desired", "Observed", "Planning", "State", "Execution", "Volumes",
            ], path: "Tests/Simulation/World", swiftSettings: strict),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulation/Main",
            swiftSettings: strict),

        // What one function costs, and the least that a plan's observation can cost: see
        // packaging/bench.
        .executableTarget(
            name: "benchmarks", dependencies: ["Desired", "Git", "Observed", "Planning"],
            path: "Tests/Benchmarks", swiftSettings: strict),
        .executableTarget(name: "floor", path: "Tests/Floor"),

        tests("DesiredTests", uses: ["Desired"]),
        tests("GitTests", uses: ["Git", "CGit2"]),
        tests(
            "DockerTests",
            uses: [
                "Docker", "UnixHTTP", "Supervisor", nioCore, nioPosix, nioHTTP1, nioConcurrency,
                subprocess, systemPackage,
            ]),
        tests("HostTests", uses: ["Host", "Volumes"]),
        // A process for VolumeTests to kill amid the steps of a deploy.
        .executableTarget(
            name: "VolumeWorker", dependencies: ["Volumes", "Host"],
            path: "Tests/VolumeWorker", swiftSettings: strict),
        tests("VolumeTests", uses: ["Host", "Volumes", "VolumeWorker"], exclude: ["Support"]),
        tests("NaviTests", uses: [], exclude: ["Support"]),
        tests("SupervisordTests", uses: ["Desired", "Planning", subprocess, systemPackage]),
        tests("PlanningTests", uses: ["Planning", "Desired", "Observed"], exclude: ["Scenarios"]),
        tests("ExecutionTests", uses: ["Execution", "Planning", "Desired", "Volumes"]),
        // A process for StateTests to end or to make fail at each of its system calls.
        .executableTarget(
            name: "StateWriter", dependencies: ["State", "Planning", "Desired", "Host"],
            path: "Tests/StateWriter", swiftSettings: strict),
        tests("StateTests", uses: ["State", "StateWriter", "Planning", "Host"]),
        tests(
            "CommandsTests",
            uses: [
                "Commands", "Desired", "Docker", "Execution", "Observed", "Planning", "State",
                "Host", "Volumes",
            ]),
        tests("ImageTests", uses: ["Desired", "Planning", "Execution", "Docker", "Host"]),
        tests(
            "EndToEndTests",
            uses: [
                "Host", "Supervisor", "modplan", "Execution", "Planning", "Docker", subprocess,
                systemPackage,
            ],
            exclude: ["probe", "Truth/app.js", "Guest/lvm-app"]),
    ]
)
