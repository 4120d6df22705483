import Testing

@testable import Desired

/// What YAML allows and a definition does not, and what is not YAML.
@Suite struct YAMLTests {
    @Test(arguments: [
        ("", "1:1: the file is empty"),
        ("# nothing\n", "1:1: the file is empty"),
        ("- web\n", "1:1: found a list, expected a mapping (key: value)"),
        ("web\n", "1:1: found 'web', expected a mapping (key: value)"),
        ("language: node\n---\nlanguage: php\n", "2:1: a second document starts here"),
        ("language: &l node\n", "1:11: language: anchors (&name) are refused"),
        ("language: !!str node\n", "1:11: language: tags (!name) are refused"),
        ("language: ! node\n", "1:11: language: tags (!name) are refused"),
        ("language: node\nlanguage: php\n", "2:1: language: the key is given twice, first on l"),
        ("language: node\nrun: {port: 1,\n  port: 2}\n", "3:3: run.port: the key is given twice"),
        ("language: node\n? [a]\n: b\n", "2:3: a key must be a single word, not a list"),
        (
            "language: node\n\tapp: web\n",
            "2:1: not valid YAML: found a tab character that violates"
        ),
        (
            "language: [node\n",
            "2:1: not valid YAML: did not find expected ',' or ']' while parsing"
        ),
        ("language: \"node\n", "2:1: not valid YAML: found unexpected end of stream while scan"),
        ("%YAML 3.0\n---\nlanguage: node\n", "1:1: not valid YAML: found incompatible YAML doc"),
    ])
    func refused(text: String, expected: String) {
        let found = diagnostics(text)
        #expect(found.first?.hasPrefix("apps/web.yaml:\(expected)") == true, "\(found)")
    }

    /// Refused without being followed: expanding these would take 10^9 steps.
    @Test func aliasesAreRefusedWhereTheyStand() {
        var text = "x-0: &a0 [z, z, z, z, z, z, z, z, z, z]\n"
        for level in 1...9 {
            let alias = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "x-\(level): &a\(level) [\(alias)]\n"
        }
        let found = diagnostics(text + "language: *a9\nrun: *a9\n")
        #expect(found.count == 100)
        #expect(
            found.contains(
                "apps/web.yaml:2:11: x-1[0]: aliases (*name) are refused: write the "
                    + "value out"))
    }

    /// An alias is reported once, not again for what its value fails to be.
    @Test func aRefusedValueIsReportedOnce() {
        let found = diagnostics("x-a: &a node\nlanguage: *a\nrun: *a\n")
        #expect(found.count == 3)
    }

    @Test(
        arguments: [
            ([0xff], 8), ([0xc0, 0xaf], 8), ([0xed, 0xa0, 0x80], 8), ([0xf5, 0x80, 0x80, 0x80], 8),
            // Cut off: the byte after it is the wrong one.
            ([0xe2, 0x82], 9), ([0x07], 8),
        ] as [([UInt8], Int)])
    func badBytesHaveAPlace(_ bad: [UInt8], column: Int) {
        let found = diagnostics(Array("language: node\napp: wü".utf8) + bad + Array("\n".utf8))
        let expected = "apps/web.yaml:2:\(column): not readable as UTF-8 text:"
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(expected) == true, "\(found)")
    }

    @Test func sizeIsBounded() {
        let text = "language: node\n#"
        let full = text + String(repeating: "x", count: (64 << 10) - text.utf8.count)
        #expect(diagnostics(full) == [])
        #expect(
            diagnostics(full + "x") == [
                "apps/web.yaml:1:1: the file has 65537 bytes, at most 65536 are allowed"
            ])
    }

    @Test func keysAreBounded() {
        func keys(_ count: Int) -> [String] {
            diagnostics("language: node\n" + (1..<count).map { "x-\($0): 1\n" }.joined())
        }
        #expect(keys(1000) == [])
        #expect(keys(1001) == ["apps/web.yaml:1001:1: more than 1000 keys in one mapping"])
    }

    @Test(arguments: ["[", "{a: ", "? ", "- "])
    func depthIsBounded(_ opening: String) {
        func nested(_ levels: Int) -> String {
            let closing = opening == "[" ? "]" : opening == "{a: " ? "}" : ""
            // The document's own mapping is the first level.
            return "language: node\nx-deep:\n  " + String(repeating: opening, count: levels - 1)
                + "z" + String(repeating: closing, count: levels - 1) + "\n"
        }
        #expect(!diagnostics(nested(32)).contains { $0.contains("levels of nesting") })
        for levels in [33, 900, 20_000] {
            let found = diagnostics(nested(levels))
            #expect(!found.isEmpty)
        }
        #expect(diagnostics(nested(33)).contains { $0.contains("more than 32 levels of nesting") })
    }

    /// Whatever the bytes, an answer and no crash: a valid file with one byte changed, each byte
    /// to each of a few that mean something to YAML, and cut at each length.
    @Test func damagedFilesGetAnAnswer() {
        let text = Array(
            "language: node\nrun: {port: 80, environment: {A: \"x\\n\"}}\nx-a:\n  - [b, 'c']\n".utf8
        )
        var refused = 0
        for index in text.indices {
            for byte in [0, 9, 10, 33, 38, 42, 58, 63, 91, 123, 128, 255] as [UInt8] {
                var damaged = text
                damaged[index] = byte
                refused += diagnostics(damaged).isEmpty ? 0 : 1
            }
            refused += diagnostics(Array(text[..<index])).isEmpty ? 0 : 1
        }
        #expect(refused > text.count)
    }
}
