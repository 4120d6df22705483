import FoundationEssentials
import Glibc
import Host
import Supervisor
import Testing

/// navi's truth table on the real engine: what happens to an app against what is said of it.
///
/// `MODPLAN_REPEAT` sets the rounds of each cell (5), `MODPLAN_CELLS` the start of the names of those
/// to run, and `MODPLAN_TRUTH_TABLE` where the table is written.
@Suite struct TruthTableTests {
    private static let repeats = variable("MODPLAN_REPEAT").flatMap { Int($0) } ?? 5
    private static let cells = Cell.all.filter {
        $0.name.hasPrefix(variable("MODPLAN_CELLS") ?? "")
    }
    private static var isLong: Bool { repeats > 10 }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    @Test func everyEndIsCalledWhatItWas() async throws {
        try await Fixture.with { world in
            try define(world)
            try await world.commit("one app a cell")
            try await world.apply()
            let table = try await withThrowingTaskGroup(of: [TruthTable.Round].self) { group in
                for (index, cell) in Self.cells.enumerated() {
                    let instances = Self.instances(cell)
                    let rounds = Self.repeats * (Self.isLong ? cell.weight : 1)
                    for instance in 0..<instances {
                        // They share the rounds, the first ones the rest.
                        let share = rounds / instances + (instance < rounds % instances ? 1 : 0)
                        group.addTask {
                            let box = try await Box(world, Self.app(index), instance: instance)
                            return try await Self.run(cell, in: box, rounds: share)
                        }
                    }
                }
                var table = TruthTable()
                for try await rounds in group { for round in rounds { table.add(round) } }
                return table
            }
            try Self.publish(table)
            #expect(table.wrong.isEmpty, "\(table.wrong)")
            // A short run shares the machine with whatever else is tested.
            if Self.isLong { #expect(table.medianLatencyMs <= 50) }
        }
    }

    // MARK: The apps

    private static func app(_ index: Int) -> String { "cell-\(index)" }

    private static func instances(_ cell: Cell) -> Int {
        isLong ? cell.instances.long : cell.instances.short
    }

    private func define(_ world: Fixture) throws {
        let folder = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        let script = String(
            decoding: try readHostFile("\(folder)/app.js", limit: 1 << 16), as: UTF8.self)
        try world.write(script, to: "sources/direct/app.js")
        try world.write(script, to: "sources/shell/app.js")
        try world.write(
            #"{"name": "shell", "version": "1.0.0", "scripts": {"start": "node app.js && echo"}}"#,
            to: "sources/shell/package.json")
        for (index, cell) in Self.cells.enumerated() {
            try world.write(
                """
                app: \(Self.app(index))
                language: node
                source: {path: sources/\(cell.source.rawValue)}
                build: {network: none, volume: 128MiB}
                run: {volume: 64MiB, memory: 192MiB, instances: \(Self.instances(cell))}

                """, to: "apps/\(Self.app(index)).yaml")
        }
    }

    // MARK: Rounds

    private static func run(_ cell: Cell, in box: Box, rounds: Int) async throws
        -> [TruthTable.Round]
    {
        var seen: [TruthTable.Round] = []
        for _ in 0..<rounds {
            do {
                seen.append(try await round(cell, in: box))
            } catch {
                // One that could not be had is told with the rest: a long run is not thrown away.
                Issue.record(error, "\(cell.name)")
                try await box.revive()
                seen.append(
                    TruthTable.Round(
                        cell: cell.name, expected: cell.expected, seen: lost))
            }
        }
        // Nor was anything told between two rounds.
        let told = try box.notes().count
        if !seen.contains(where: { $0.seen == lost }) {
            #expect(told == seen.reduce(0) { $0 + $1.seen.count }, "\(cell.name)")
        }
        return seen
    }

    /// What stands for a round that could not be had.
    private static let lost = ["not to be had"]

    private static func round(_ cell: Cell, in box: Box) async throws -> TruthTable.Round {
        try await begin(cell, in: box)
        let before = Set(try box.notes().map(\.name))
        let kills = try box.kills()
        let starts = try box.starts()
        let app = cell.isTimed ? try watched(cell, in: box) : nil
        async let end = app == nil ? nil : Box.end(of: app ?? 0)
        try await cell.act(box)
        let endedAt = try await end
        if cell.takesMemoryKill { try await box.kill(after: kills) }
        let happened = ContinuousClock.now
        try await finish(cell, in: box)
        // The listener may speak at each tick, five seconds apart.
        try await Task.sleep(until: happened + .seconds(6), clock: .continuous)
        let crashes = cell.crashesEachStart ? try box.starts() - starts : 0
        let expected = [String](repeating: "crash", count: crashes) + cell.expected
        let notes = try await notes(of: box, besides: before, atLeast: expected.count)
        // Of two, the end's own is the parent's last.
        let own = notes.filter { $0.label == cell.expected.first }.last
        let latency = endedAt.flatMap { end in own.map { $0.inPlaceAt.timeIntervalSince(end) } }
        return TruthTable.Round(
            cell: cell.name, expected: expected, seen: notes.map(\.label).sorted(),
            latencyMs: latency.map { max(0, $0 * 1000) }, memoryKill: cell.takesMemoryKill,
            contents: notes.map(\.content))
    }

    /// What is told of one round: late is not never, where a busy machine's disk makes it wait.
    private static func notes(of box: Box, besides before: Set<String>, atLeast count: Int)
        async throws -> [Box.Note]
    {
        var notes: [Box.Note] = []
        for _ in 0..<60 {
            notes = try box.notes().filter { !before.contains($0.name) }
            if notes.count >= count { break }
            try await Task.sleep(for: .seconds(1))
        }
        return notes
    }

    /// The process whose end counts.
    private static func watched(_ cell: Cell, in box: Box) throws -> Int32 {
        cell.source == .shell ? try box.innermost() : try box.processes().app
    }

    private static func begin(_ cell: Cell, in box: Box) async throws {
        switch cell.after {
        case .ends(.fatal):
            break  // The app can't run any more: each round starts from there.
        case .ends:
            if try await box.state() != .running { try await box.supervisorctl("start") }
            try await box.waitUntilServing()
        default: try await box.waitUntilServing()
        }
    }

    private static func finish(_ cell: Cell, in box: Box) async throws {
        switch cell.after {
        case .ends(let state):
            try await box.wait(for: state)
            // The listener hears of it after that.
            try await Task.sleep(for: .seconds(1))
        case .lives: break
        case .restarts, .either:
            // It may be too early for supervisord to know of the end.
            try await Task.sleep(for: .seconds(1.5))
            try await box.wait(for: .running)
        }
    }

    private static func publish(_ table: TruthTable) throws {
        let text = table.rendered(cells.map(\.name))
        print(text)
        guard let file = variable("MODPLAN_TRUTH_TABLE") else { return }
        try Data(text.utf8).write(to: URL(filePath: file))
    }
}
