import FoundationEssentials

/// What was seen in the rounds of all cells: the confusion matrix and the times.
struct TruthTable: Sendable {
    struct Round: Sendable {
        var cell: String
        var expected: [String]
        var seen: [String]
        /// From the app's end to its notification in place, in milliseconds; nil where not timed.
        var latencyMs: Double?
        /// Whether the kernel killed something for memory.
        var memoryKill = false
        /// The notifications themselves.
        var contents: [String] = []
    }

    private(set) var rounds: [Round] = []

    mutating func add(_ round: Round) { rounds.append(round) }

    static func label(_ labels: [String]) -> String {
        guard !labels.isEmpty else { return "nothing" }
        let counts = Dictionary(grouping: labels) { $0 }.mapValues(\.count).sorted {
            $0.key < $1.key
        }
        return counts.map { $0.value == 1 ? $0.key : "\($0.key) ×\($0.value)" }.joined(
            separator: " + ")
    }

    var wrong: [Round] { rounds.filter { $0.seen != $0.expected } }

    private var latencies: [Double] { rounds.compactMap(\.latencyMs) }

    var medianLatencyMs: Double { Self.quantile(latencies, 0.5) }

    static func quantile(_ values: [Double], _ part: Double) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    /// As Markdown: a row a cell, a column for what was said.
    func rendered(_ cells: [String]) -> String {
        let said = Set(rounds.map { Self.label($0.seen) } + rounds.map { Self.label($0.expected) })
            .sorted()
        var lines = [
            Self.row(["what happened"] + said + ["wrong", "median ms", "95 % ms", "most ms"]),
            Self.row(["---"] + said.map { _ in "--:" } + ["--:", "--:", "--:", "--:"]),
        ]
        for cell in cells {
            let here = rounds.filter { $0.cell == cell }
            let counts = said.map { label in
                let count = here.count { Self.label($0.seen) == label }
                return count == 0 ? "" : "\(count)"
            }
            lines.append(
                Self.row(
                    [cell] + counts + ["\(here.count { $0.seen != $0.expected })"]
                        + Self.times(here.compactMap(\.latencyMs))))
        }
        lines.append("")
        lines.append(
            "\(rounds.count) rounds, \(wrong.count) wrong; \(rounds.count(where: \.memoryKill)) with "
                + "kills for memory. From death to file, \(latencies.count) timed: "
                + zip(["median", "95 %", "most"], Self.times(latencies)).map { "\($0) \($1) ms" }
                .joined(separator: ", ") + ".")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ columns: [String]) -> String {
        "| " + columns.joined(separator: " | ") + " |"
    }

    private static func times(_ values: [Double]) -> [String] {
        guard !values.isEmpty else { return ["", "", ""] }
        return [0.5, 0.95, 1].map { "\(Int(quantile(values, $0).rounded(.up)))" }
    }
}
