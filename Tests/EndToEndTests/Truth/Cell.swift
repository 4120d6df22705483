import Glibc
import Supervisor

/// One row of navi's truth table: what is done to an app, and what must be said of it.
struct Cell: Sendable {
    enum Source: String, Sendable {
        /// Node itself is the child of navi.
        case direct
        /// A shell stands before it: a compound command.
        case shell
    }

    /// What happens to the app, and how the next round comes to a running one.
    enum Aftermath: Sendable {
        /// It lives on.
        case lives
        /// It ends, and supervisord starts it again.
        case restarts
        /// It ends and stays so until it is started.
        case ends(ProgramState)
        /// As `restarts`, but the app or only others may be hit.
        case either
    }

    var name: String
    /// The labels of all notifications, sorted.
    var expected: [String]
    /// Besides, one crash for each start.
    var crashesEachStart = false
    var source = Source.direct
    var after = Aftermath.restarts
    /// How many instances share the rounds, in a short run and in a long one.
    var instances = (short: 1, long: 1)
    /// How many rounds, as a multiple of the rest's; in the long run alone.
    var weight = 1
    /// Whether the time from death to file is the parent's: it is not where the listener speaks.
    var isTimed = false
    /// Whether the kernel must have counted a kill.
    var takesMemoryKill = false
    var act: @Sendable (Box) async throws -> Void
}

extension Cell {
    static let all: [Cell] = [
        Cell(name: "exits 0", expected: [], after: .ends(.exited)) { try await $0.ask("/exit?0") },
        Cell(name: "exits 1", expected: ["crash"], isTimed: true) { try await $0.ask("/exit?1") },
        // Each start (four, unless one is slow enough to pass) is a crash of its own, told at once;
        // then supervisord gives up.
        Cell(
            name: "exits 1 before startsecs", expected: ["gave up"], crashesEachStart: true,
            after: .ends(.fatal), instances: (3, 3)
        ) { box in
            try box.make("fail")
            if try await box.state() == .running { try await box.supervisorctl("stop") }
            try await box.supervisorctl("start")
        },
        Cell(name: "SIGKILL from outside", expected: ["crash"], isTimed: true) {
            Glibc.kill(try $0.processes().app, SIGKILL)
        },
        Cell(name: "SIGSEGV", expected: ["crash"], isTimed: true) {
            Glibc.kill(try $0.processes().app, SIGSEGV)
        },
        Cell(
            name: "SIGKILL behind a shell", expected: ["crash"], source: .shell, isTimed: true
        ) { Glibc.kill(try $0.innermost(), SIGKILL) },
        Cell(name: "SIGKILL of the parent", expected: ["crash"]) {
            Glibc.kill(try $0.processes().parent, SIGKILL)
        },
        Cell(
            name: "memory exceeded in the app", expected: ["out-of-memory"], instances: (1, 6),
            weight: 6, isTimed: true, takesMemoryKill: true
        ) { try await $0.ask("/allocate") },
        Cell(
            name: "memory exceeded behind a shell", expected: ["out-of-memory"], source: .shell,
            isTimed: true, takesMemoryKill: true
        ) { try await $0.ask("/allocate") },
        Cell(
            name: "memory exceeded in a grandchild", expected: ["out-of-memory"], after: .lives,
            takesMemoryKill: true
        ) { try await $0.ask("/child") },
        Cell(
            name: "many small processes exceed it", expected: ["out-of-memory"], after: .either,
            takesMemoryKill: true
        ) { try await $0.ask("/many") },
        Cell(
            name: "SIGKILL 150 ms after a grandchild's", expected: ["crash", "out-of-memory"],
            isTimed: true, takesMemoryKill: true
        ) { box in
            let (parent, app) = try box.processes()
            let kills = try box.kills()
            try await box.ask("/child")
            try await box.kill(after: kills)
            let sleeps = try Box.sleeps(of: parent)
            try await Task.sleep(for: .milliseconds(150))
            // A host that gives navi no time to look, overloaded, is not what this is about.
            while try Box.sleeps(of: parent) < sleeps + 3 {
                try await Task.sleep(for: .milliseconds(1))
            }
            Glibc.kill(app, SIGKILL)
        },
        Cell(name: "supervisorctl stop", expected: [], after: .ends(.stopped)) {
            try await $0.supervisorctl("stop")
        },
        Cell(name: "container stop", expected: [], instances: (2, 2)) {
            try await $0.restartContainer()
        },
    ]
}
