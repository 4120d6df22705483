import Foundation
import Simulation
import Synchronization

struct Options {
    var count: UInt64 = 10_000
    var from: UInt64 = 0
    var seed: UInt64?
    var bug: PlantedBug?
    var bugs = false

    init(_ words: some Sequence<String>) {
        var words = words.makeIterator()
        while let word = words.next() {
            switch word {
            case "--from": from = words.next().flatMap(UInt64.init) ?? 0
            case "--seed": seed = words.next().flatMap(UInt64.init)
            case "--bug": bug = words.next().flatMap(PlantedBug.init)
            case "--bugs": bugs = true
            default: count = UInt64(word) ?? count
            }
        }
    }
}

/// Prints one schedule's trace.
func replay(_ seed: UInt64, _ bug: PlantedBug?) -> Int32 {
    let outcome = Simulation.run(seed: seed, bug: bug, keepsTrace: true)
    for line in outcome.trace { print(line) }
    print(
        "seed \(seed): \(outcome.effects) effects, \(outcome.faults) faults, \(outcome.passes) "
            + "passes to rest, trace \(String(outcome.traceDigest, radix: 16))")
    for violation in outcome.violations { print("violated: \(violation)") }
    return outcome.violations.isEmpty ? 0 : 1
}

private struct Total: Sendable {
    var schedules: UInt64 = 0
    var effects = 0
    var faults = 0
    var fewestEffects = Int.max
    var fewestFaults = Int.max
    var fewestApps = Int.max
    var passes: [Int: Int] = [:]
    var table = FaultTable()
    var failed: [Outcome] = []

    mutating func add(_ outcome: Outcome) {
        schedules += 1
        effects += outcome.effects
        faults += outcome.faults
        passes[outcome.passes, default: 0] += 1
        table.add(outcome.table)
        guard outcome.violations.isEmpty else {
            if failed.count < 20 { failed.append(outcome) }
            return
        }
        fewestEffects = min(fewestEffects, outcome.effects)
        fewestFaults = min(fewestFaults, outcome.faults)
        fewestApps = min(fewestApps, outcome.apps)
    }

    mutating func add(_ other: Total) {
        schedules += other.schedules
        effects += other.effects
        faults += other.faults
        fewestEffects = min(fewestEffects, other.fewestEffects)
        fewestFaults = min(fewestFaults, other.fewestFaults)
        fewestApps = min(fewestApps, other.fewestApps)
        passes.merge(other.passes, uniquingKeysWith: +)
        table.add(other.table)
        failed += other.failed
    }
}

/// Runs schedules on all processors.
func search(_ count: UInt64, from first: UInt64) -> Int32 {
    let clock = ContinuousClock()
    let start = clock.now
    let total = Mutex(Total())
    let workers = ProcessInfo.processInfo.activeProcessorCount
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
        var own = Total()
        var seed = first + UInt64(worker)
        while seed < first + count {
            let outcome = Simulation.run(seed: seed)
            own.add(outcome)
            // The same seed gives the same trace: one in a hundred is run twice.
            if seed % 100 == 0, Simulation.run(seed: seed).traceDigest != outcome.traceDigest {
                var other = outcome
                other.violations = ["the same seed gave another trace"]
                own.failed.append(other)
            }
            seed += UInt64(workers)
        }
        total.withLock { $0.add(own) }
    }
    let seconds = Double((clock.now - start) / .milliseconds(1)) / 1000
    return report(total.withLock { $0 }, first, count, seconds)
}

private func report(_ total: Total, _ first: UInt64, _ count: UInt64, _ seconds: Double) -> Int32 {
    print(
        "\(total.schedules) schedules, seeds \(first) to \(first + count - 1), in "
            + String(format: "%.1f s", seconds))
    print(
        "effects \(total.effects) (fewest \(total.fewestEffects)), faults \(total.faults) "
            + "(fewest \(total.fewestFaults)), apps at least \(total.fewestApps)")
    let passes = total.passes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    print("passes to rest: \(passes.joined(separator: ", "))")
    printTable(total.table)
    for outcome in total.failed.sorted(by: { $0.seed < $1.seed }).prefix(20) {
        print("seed \(outcome.seed): \(outcome.violations.first ?? "")")
    }
    print("violations: \(total.failed.count)")
    guard let worst = total.failed.min(by: { $0.seed < $1.seed }) else { return 0 }
    print("replay with: make simulate SEED=\(worst.seed)")
    return 1
}

private func printTable(_ table: FaultTable) {
    let kinds = EffectKind.allCases.filter { kind in table.hits.values.contains { $0[kind] != nil }
    }
    func row(_ cells: [String]) {
        let padded = cells.enumerated().map { index, cell in
            let width = index == 0 ? 14 : max(7, kinds[index - 1].rawValue.count)
            let space = String(repeating: " ", count: max(0, width - cell.count))
            return index == 0 ? cell + space : space + cell
        }
        print(padded.joined(separator: " "))
    }
    row(["fault"] + kinds.map(\.rawValue))
    for fault in Fault.allCases {
        row([fault.rawValue] + kinds.map { "\(table.hits[fault]?[$0] ?? 0)" })
    }
}

/// The first schedule that catches a bug, and how. All processors look at the next few together.
private func catchBug(
    _ bug: PlantedBug, within limit: UInt64
) -> (seed: UInt64, why: String)? {
    let together: UInt64 = 64
    for first in stride(from: 0, to: limit, by: Int(together)) {
        let caught = Mutex<[UInt64: String]>([:])
        DispatchQueue.concurrentPerform(iterations: Int(min(together, limit - first))) { offset in
            let seed = first + UInt64(offset)
            guard let why = Simulation.run(seed: seed, bug: bug).violations.first else { return }
            caught.withLock { $0[seed] = why }
        }
        if let found = caught.withLock({ $0.min { $0.key < $1.key } }) {
            return (found.key, found.value)
        }
    }
    return nil
}

/// Looks for each planted bug until a schedule catches it.
func catchBugs(within limit: UInt64) -> Int32 {
    var missed = 0
    for bug in PlantedBug.allCases {
        if let caught = catchBug(bug, within: limit) {
            let why = caught.why.split(separator: "\n").first ?? ""
            print("caught  \(bug.rawValue)  seed \(caught.seed): \(why)")
        } else {
            missed += 1
            print("MISSED  \(bug.rawValue)  in \(limit) schedules")
        }
        // A line at a time, so that a long run can be watched.
        fflush(nil)
    }
    print("planted bugs: \(PlantedBug.allCases.count), missed: \(missed)")
    return missed == 0 ? 0 : 1
}
