/// One YAML value with its place. Nothing is typed here: `8080` and `node` are both text, and what
/// a key means decides how its text is read.
struct Node {
    enum Content {
        case scalar(Scalar)
        case sequence([Node])
        case mapping([Entry])
        /// Reported already (an alias); whoever reads it stays silent.
        case refused
    }

    var mark: Mark
    var content: Content

    /// What to call it in a message.
    var kind: String {
        switch content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .refused: "a refused value"
        }
    }
}

struct Scalar {
    var text: String
    /// Written without quotes, so that it may stand for a number or for nothing.
    var isPlain: Bool

    /// YAML's nothing: `key:`, `~` or `null`.
    var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }
}

/// A key of a mapping and its value.
struct Entry {
    var key: String
    var mark: Mark
    var value: Node
}
