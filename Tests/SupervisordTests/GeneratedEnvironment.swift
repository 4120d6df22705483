/// Environments that look for what could break on the way: each character that YAML, the
/// configuration's syntax, supervisord's expansion, its shell-like splitting or base64 knows.
struct GeneratedEnvironment {
    /// SplitMix64: the same seed gives the same environments on every machine.
    struct Seeded: RandomNumberGenerator {
        private var state: UInt64

        init(_ seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func happens(oneIn odds: Int) -> Bool {
            Int.random(in: 0..<odds, using: &self) == 0
        }
    }

    private var random: Seeded

    init(seed: UInt64) { random = Seeded(seed) }

    private static let pieces = [
        "\"", "'", "\\", "\"'\"'", "%", "%%", "%(here)s", "%(ENV_PATH)s", "%(program_name)s", "%s",
        ";", " ;", "; ", "#", " #", "# ", ",", "=", ":", "\n", "\r", "\r\n", "\t", " ", "  ", "$",
        "${PATH}", "`id`", "$(id)", "\n[program:x]\ncommand=/bin/sh\n", "\nautostart=true",
        "\n environment=A=1", "a\",LD_PRELOAD=\"/mnt/x.so", "',B='c",
        "\n[include]\nfiles=/etc/passwd",
        "=\"", "\"\n", "NAVI_ENVIRONMENT=", "\u{1}", "\u{7f}", "\u{1b}[31m", "\u{b}", "\u{c}",
        "\u{85}",
        "\u{2028}", "\u{2029}", "\u{feff}", "\u{202e}", "\u{fffd}", "\u{e9}", "e\u{301}", "ß",
        "žluť",
        "日本", "🐎", "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}", "\u{10FFFF}", "\u{fffe}",
        "\u{a0}",
        "null", "~", "true", "0x1", "1e3", "- ", "? ", "|", ">", "&a", "*a", "!!str", "{", "}", "[",
        "]",
        "<<", "---\n", "...\n", "@", "\0",
    ]

    /// One environment, without a NUL.
    mutating func next() -> [String: String] {
        var environment: [String: String] = [:]
        for _ in 0..<Int.random(in: 0...5, using: &random) { environment[name()] = value() }
        // The longest there may be; one, as a definition has at most 64 KiB.
        if random.happens(oneIn: 100) {
            let piece = random.happens(oneIn: 2) ? "x" : "%\"'\n🐎 ;"
            environment[name()] = String(repeating: piece, count: (32 << 10) / piece.utf8.count)
        }
        return environment
    }

    /// One that must be refused: a name that is none, or a value with a NUL.
    mutating func refused() -> (environment: [String: String], reason: String) {
        var environment = next()
        if random.happens(oneIn: 2) {
            environment[name()] = value() + "\0" + value()
            return (environment, "NUL")
        }
        let bad = [
            "", "1A", "A-B", "A.B", "A B", "A=B", "Ä", "A\n", "A\0", " A", "%(here)s", "A;", "A\"",
            "🐎",
        ]
        environment[bad.randomElement(using: &random) ?? ""] = "x"
        return (environment, "not the name of a variable")
    }

    private mutating func name() -> String {
        // Names that mean something on the way, too: what the app asks for comes first.
        let known = [
            "PATH", "LD_PRELOAD", "SUPERVISOR_ENABLED", "SERVO_SIZE", "LANG", "A", "_", "here",
        ]
        if random.happens(oneIn: 4) { return known.randomElement(using: &random) ?? "A" }
        let first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
        let rest = first + "0123456789"
        var name = String(first.randomElement(using: &random) ?? "A")
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            name.append(rest.randomElement(using: &random) ?? "_")
        }
        // Reserved for modplan.
        return name.hasPrefix("NAVI_") || name == "PORT" ? "X_" + name : name
    }

    private mutating func value() -> String {
        var value = ""
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let piece = Self.pieces.randomElement(using: &random) ?? ""
            if piece != "\0" { value += piece } else { value.unicodeScalars.append(scalar()) }
        }
        return value
    }

    /// Any character of Unicode but NUL.
    private mutating func scalar() -> Unicode.Scalar {
        while true {
            let scalar = Unicode.Scalar(UInt32.random(in: 1...0x10FFFF, using: &random))
            if let scalar { return scalar }
        }
    }
}
