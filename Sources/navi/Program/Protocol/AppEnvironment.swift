import CNavi

/// The app's environment: what navi inherited, under what the host sent encoded.
///
/// supervisord's `environment=` can't carry every value (newlines, both quotes, ` ;`), so the
/// host sends `NAVI_ENVIRONMENT`: base64 of `KEY=VALUE` entries, each ended by a zero byte.
struct AppEnvironment {
    /// Each entry `KEY=VALUE` and a zero byte. An array: some dozen entries, set once.
    private(set) var entries: [[UInt8]]

    /// For navi alone; the app has no use for them.
    private static let own = ["NAVI_ENVIRONMENT", "NAVI_INSTANCE"]

    /// Reads navi's own environment; nil if what the host sent can't be decoded.
    init?() {
        var inherited: [[UInt8]] = []
        var variable = navi_environment()
        while let text = variable.pointee {
            inherited.append(bytes(of: text) + [0])
            variable += 1
        }
        self.init(inherited: inherited, encoded: environmentValue("NAVI_ENVIRONMENT"))
    }

    /// - Parameters:
    ///   - inherited: entries `KEY=VALUE` and a zero byte.
    ///   - encoded: the value of `NAVI_ENVIRONMENT`, if there is one.
    init?(inherited: [[UInt8]], encoded: [UInt8]?) {
        entries = inherited.filter { entry in
            !Self.own.contains { Self.key(of: entry).elementsEqual($0.utf8) }
        }
        guard let encoded else { return }
        guard let sent = decodedBase64(encoded), sent.last ?? 0 == 0 else { return nil }
        for text in sent.dropLast().split(separator: 0, omittingEmptySubsequences: false)
        where !sent.isEmpty {
            guard let equals = text.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex
            else { return nil }
            set(Array(text) + [0])
        }
    }

    /// Adds `SERVO_SIZE`, the memory limit in MB for those that size a heap, unless the host sent
    /// one. The image's own may be stale: a limit changes while the container lives.
    mutating func setServoSize(limitBytes: Int64?) {
        guard let limitBytes, !sentServoSize else { return }
        set(Array("SERVO_SIZE=\(limitBytes >> 20)".utf8) + [0])
    }

    private var sentServoSize = false

    private mutating func set(_ entry: [UInt8]) {
        let key = Self.key(of: entry)
        if key.elementsEqual("SERVO_SIZE".utf8) { sentServoSize = true }
        if let index = entries.firstIndex(where: { Self.key(of: $0).elementsEqual(key) }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
    }

    private static func key(of entry: [UInt8]) -> ArraySlice<UInt8> {
        entry.prefix { $0 != UInt8(ascii: "=") }
    }
}
