import Testing

@testable import UnixHTTP

@Suite struct ResponseParserTests {
    private struct Parsed: Equatable {
        var status: Int
        var body: String
    }

    /// What comes of it in pieces of so many bytes; nil if it is not complete.
    private func parse(
        _ text: String, piece: Int, limit: Int = 1000, hasNoBody: Bool = false
    ) throws -> Parsed? {
        var parser = ResponseParser(limit: limit, hasNoBody: hasNoBody)
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes {
                try parser.take($0)
            }
        }
        parser.end()
        guard parser.isComplete else { return nil }
        return Parsed(
            status: parser.status, body: String(decoding: parser.body, as: UTF8.self))
    }

    private static let head = "HTTP/1.1 200 OK\r\n"

    @Test(arguments: [
        ("\(head)Content-Length: 5\r\n\r\nhello", "hello"),
        ("\(head)content-length:5\n\nhello", "hello"),
        ("\(head)Content-Length: 0\r\n\r\n", ""),
        ("\(head)Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n", "hello"),
        ("\(head)Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\nDate: x\r\n\r\n", "hello"),
        ("\(head)Server: x\r\n\r\nhello", "hello"),
        ("HTTP/1.1 100 Continue\r\n\r\n\(head)Content-Length: 5\r\n\r\nhello", "hello"),
        ("\(head)Content-Length: 5\r\n\r\nhello and more", "hello"),
    ])
    func wholeInPiecesOfAnySize(text: String, body: String) throws {
        for piece in 1...text.utf8.count {
            let parsed = try #require(try parse(text, piece: piece), "in pieces of \(piece)")
            #expect(parsed == Parsed(status: 200, body: body))
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200", "\(head)Content-Length: 6\r\n\r\nhello", "\(head)Content-Length: 5\r\n",
        "\(head)Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "\(head)Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ])
    func whatBreaksOffIsNotWhole(text: String) throws {
        #expect(try parse(text, piece: 3) == nil)
    }

    @Test func someStatusesHaveNoBody() throws {
        for status in [204, 304] {
            let text = "HTTP/1.1 \(status) x\r\nContent-Length: 5\r\n\r\n"
            #expect(try parse(text, piece: 4) == Parsed(status: status, body: ""))
        }
        let head = "\(Self.head)Content-Length: 5\r\n\r\n"
        #expect(try parse(head, piece: 4, hasNoBody: true) == Parsed(status: 200, body: ""))
    }

    @Test(arguments: [
        "HTTP/2 200 OK\r\n\r\n", "nonsense\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n", "HTTP/1.1 101 OK\r\n\r\n",
        "\(head)no colon\r\n\r\n", "\(head)Content-Length: -1\r\n\r\n",
        "\(head)Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "\(head)Content-Length: 99999999999999999999\r\n\r\n",
        "\(head)Transfer-Encoding: gzip\r\n\r\n",
        "\(head)Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "\(head)Transfer-Encoding: chunked\r\n\r\nx\r\n",
        "\(head)Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        "\(head)Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    ])
    func nonsenseIsRefused(text: String) {
        for piece in [1, 1000] {
            #expect {
                try parse(text, piece: piece)
            } throws: { error in
                guard case ResponseParser.Failure.malformed = error else { return false }
                return true
            }
        }
    }

    @Test func everythingIsBounded() {
        let endlessHead = "\(Self.head)A: \(String(repeating: "a", count: 70_000))"
        #expect(throws: ResponseParser.Failure.malformed("its head has no end")) {
            try parse(endlessHead, piece: 100)
        }
        for text in [
            "\(Self.head)Content-Length: 6\r\n\r\n", "\(Self.head)\r\n123456",
            "\(Self.head)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\n",
            "\(Self.head)Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n",
        ] {
            #expect(throws: ResponseParser.Failure.tooLarge) {
                try parse(text, piece: 2, limit: 5)
            }
        }
    }
}
