/// A mapping as its reader asks for it, key by key; `finish()` then reports the keys that nobody
/// asked for. So the list of known keys cannot differ from what is read.
struct Fields {
    let path: String
    let mark: Mark
    let problems: Problems
    /// In the file's order.
    let entries: [Entry]
    private var known: [String] = []
    private var absent: [(key: String, noun: String)] = []

    /// An empty value (`build:` with every line below it commented out) is an empty mapping.
    init(_ node: Node, path: String, problems: Problems) {
        self.path = path
        self.mark = node.mark
        self.problems = problems
        switch node.content {
        case .mapping(let entries):
            self.entries = entries
            return
        case .scalar(let scalar) where !scalar.isNull:
            problems.report(
                "found \(quoted(scalar.text)), expected a mapping (key: value)", path: path,
                at: mark)
        case .sequence:
            problems.report("found a list, expected a mapping (key: value)", path: path, at: mark)
        case .scalar, .refused:
            break
        }
        entries = []
    }

    func holds(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// What the key holds, if it is there.
    mutating func node(_ key: String) -> Node? {
        known.append(key)
        return entries.first { $0.key == key }?.value
    }

    /// The value, or nil where it is absent or wrong; a wrong one is reported.
    mutating func value<Value>(_ key: String, _ expected: Expected<Value>) -> Value? {
        guard let node = node(key) else { return nil }
        return expected.read(node, path: joinPath(path, key), problems: problems)
    }

    /// As `value`, but an absent one is reported too.
    mutating func required<Value>(_ key: String, _ expected: Expected<Value>) -> Value? {
        if holds(key) { return value(key, expected) }
        known.append(key)
        missing(key, expected.noun)
        return nil
    }

    /// The mapping at the key, empty where it is absent.
    mutating func fields(_ key: String) -> Fields {
        let node = node(key) ?? Node(mark: mark, content: .mapping([]))
        return Fields(node, path: joinPath(path, key), problems: problems)
    }

    mutating func missing(_ key: String, _ noun: String) { absent.append((key, noun)) }

    /// Reports at the key where it is there, else at the mapping.
    func report(_ message: String, at key: String) {
        let place = entries.first { $0.key == key }?.value.mark ?? mark
        problems.report(message, path: joinPath(path, key), at: place)
    }

    /// Reports every key that was not asked for, and every required one that is missing, unless a
    /// misspelt one stands for it. Keys that start with `x-` are the writer's own.
    consuming func finish() {
        var misspelt: Set<String> = []
        for entry in entries where !known.contains(entry.key) && !entry.key.hasPrefix("x-") {
            var hint = "known here: \(known.sorted().joined(separator: ", "))"
            if let nearest = nearestKey(to: entry.key, among: known) {
                hint = "did you mean \(quoted(nearest))?"
                misspelt.insert(nearest)
            }
            problems.report(
                "unknown key; \(hint) (keys that start with x- are free)",
                path: joinPath(path, entry.key), at: entry.mark)
        }
        for (key, noun) in absent where !misspelt.contains(key) {
            problems.report(
                "the key is missing: expected \(noun)", path: joinPath(path, key), at: mark)
        }
    }
}

/// The known key that this one begins, or that takes the fewest edits; nil where even that would be guessing.
func nearestKey(to key: String, among known: [String]) -> String? {
    guard key.utf8.count <= 40 else { return nil }
    if key.utf8.count >= 3, let whole = known.first(where: { $0.hasPrefix(key) }) { return whole }
    let distances = known.map { (key: $0, distance: editDistance(key, $0)) }
    let nearest = distances.min { ($0.distance, $0.key) < ($1.distance, $1.key) }
    guard let nearest, nearest.distance <= max(2, key.utf8.count / 2) else { return nil }
    return nearest.key
}

/// How many insertions, deletions, substitutions and swaps of neighbours lead from one to the
/// other (the optimal string alignment distance).
func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased().utf8)
    let right = Array(right.lowercased().utf8)
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
        var row = [i + 1]
        for j in right.indices {
            let substitution = last[j] + (left[i] == right[j] ? 0 : 1)
            var best = min(substitution, last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                best = min(best, beforeLast[j - 1] + 1)
            }
            row.append(best)
        }
        beforeLast = last
        last = row
    }
    return last[right.count]
}
