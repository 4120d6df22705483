/// Builds the one document of a file as a tree, and reports what YAML allows but a definition
/// does not: anchors, aliases, tags, duplicate keys, keys that are not text, a second document.
struct Composer {
    static let byteLimit = 64 << 10
    static let depthLimit = 32
    /// Of one mapping: few enough for a plain search to find a duplicate.
    static let keyLimit = 1000

    private let events: YAMLEventReader
    private let problems: Problems
    /// The keys that lead to where the parser stands.
    private var trail: [String] = []
    /// Lists and mappings around where the parser stands, those within keys included.
    private var depth = 0

    /// The root of the file; nil when there is nothing to decode, which is then reported.
    static func root(of bytes: [UInt8], problems: Problems) -> Node? {
        guard bytes.count <= byteLimit else {
            problems.report(
                "the file has \(bytes.count) bytes, at most \(byteLimit) are allowed", path: "",
                at: .start)
            return nil
        }
        return bytes.withUnsafeBufferPointer { input in
            do throws(YAMLSyntaxError) {
                var composer = Composer(events: try YAMLEventReader(input), problems: problems)
                return try composer.document()
            } catch {
                problems.report(error.message, path: "", at: error.mark)
                return nil
            }
        }
    }

    private init(events: YAMLEventReader, problems: Problems) {
        self.events = events
        self.problems = problems
    }

    private mutating func document() throws(YAMLSyntaxError) -> Node? {
        _ = try events.next()  // the stream's start
        guard case .documentStart = try events.next().kind else {
            problems.report("the file is empty", path: "", at: .start)
            return nil
        }
        let root = try node(from: try events.next())
        _ = try events.next()  // the document's end
        let following = try events.next()
        if case .documentStart = following.kind {
            problems.report(
                "a second document starts here: one file holds one", path: "", at: following.mark)
        }
        return root
    }

    private mutating func node(from event: YAMLEvent) throws(YAMLSyntaxError) -> Node {
        if event.hasAnchor { refuse("anchors (&name) are refused: write the value", event.mark) }
        if event.hasTag { refuse("tags (!name) are refused: write the value alone", event.mark) }
        switch event.kind {
        case .scalar(let scalar):
            return Node(mark: event.mark, content: .scalar(scalar))
        case .sequenceStart:
            try descend(at: event.mark)
            defer { depth -= 1 }
            return Node(mark: event.mark, content: .sequence(try sequence()))
        case .mappingStart:
            try descend(at: event.mark)
            defer { depth -= 1 }
            return Node(mark: event.mark, content: .mapping(try mapping()))
        default:
            refuse("aliases (*name) are refused: write the value out", event.mark)
            return Node(mark: event.mark, content: .refused)
        }
    }

    private mutating func sequence() throws(YAMLSyntaxError) -> [Node] {
        var nodes: [Node] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return nodes }
            trail.append("[\(nodes.count)]")
            nodes.append(try node(from: event))
            trail.removeLast()
        }
    }

    private mutating func mapping() throws(YAMLSyntaxError) -> [Entry] {
        var entries: [Entry] = []
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { return entries }
            let keyNode = try node(from: event)
            guard case .scalar(let key) = keyNode.content else {
                refuse("a key must be a single word, not \(keyNode.kind)", event.mark)
                _ = try node(from: try events.next())
                continue
            }
            guard entries.count < Self.keyLimit else {
                throw YAMLSyntaxError(
                    message: "more than \(Self.keyLimit) keys in one mapping", mark: event.mark)
            }
            trail.append(key.text)
            let value = try node(from: try events.next())
            if let first = entries.first(where: { $0.key == key.text }) {
                refuse("the key is given twice, first on line \(first.mark.line)", event.mark)
            } else {
                entries.append(Entry(key: key.text, mark: event.mark, value: value))
            }
            trail.removeLast()
        }
    }

    private mutating func descend(at mark: Mark) throws(YAMLSyntaxError) {
        guard depth < Self.depthLimit else {
            throw YAMLSyntaxError(
                message: "more than \(Self.depthLimit) levels of nesting", mark: mark)
        }
        depth += 1
    }

    private func refuse(_ message: String, _ mark: Mark) {
        problems.report(message, path: trail.reduce("", joinPath), at: mark)
    }
}

/// `run` and `memory` give `run.memory`; `command` and `[1]` give `command[1]`.
func joinPath(_ path: String, _ key: String) -> String {
    let word = key.count > 60 ? "\(key.prefix(60))…" : key
    return path.isEmpty || word.hasPrefix("[") ? path + word : "\(path).\(word)"
}
