import Host

/// Follows the logs of an app's instances as they grow, from release to release.
struct LogFollower {
    struct Line: Equatable {
        var source: LogSource
        var text: String
    }

    private var tails: [LogSource: LogTail] = [:]

    /// The last lines of the sources that serve; of the others that are there, nothing that was
    /// written before now.
    mutating func start(
        _ serving: [LogSource], others: [LogSource], lines count: Int
    ) throws -> [Line] {
        var lines: [Line] = []
        for source in serving + others {
            var tail = LogTail()
            let root = try Directory(path: source.mountPoint)
            let last = try tail.last(serving.contains(source) ? count : 0, in: root)
            lines += last.map { Line(source: source, text: $0) }
            tails[source] = tail
        }
        return lines
    }

    /// What was added since, with all of a source that is new.
    ///
    /// - Parameter sources: those that are mounted now. One can be unmounted while it is read: what
    ///   cannot be read now is tried again the next time.
    mutating func next(_ sources: [LogSource]) -> [Line] {
        var lines: [Line] = []
        for source in sources {
            var tail = tails[source] ?? LogTail()
            if let root = try? Directory(path: source.mountPoint),
                let new = try? tail.next(in: root)
            {
                lines += new.map { Line(source: source, text: $0) }
            }
            tails[source] = tail
        }
        tails = tails.filter { sources.contains($0.key) }
        return lines
    }

    /// What ends without a newline, for whoever does not go on.
    func rests(of sources: [LogSource]) -> [Line] {
        sources.compactMap { source in
            tails[source]?.rest.map { Line(source: source, text: $0) }
        }
    }
}
