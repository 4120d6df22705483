import Foundation
import Testing
import UnixHTTP

@Suite struct UnixHTTPTests {
    private func kind(
        of request: HTTPRequest = HTTPRequest(.get, "/x"), from answer: StubAnswer,
        limit: Int = 1 << 20, within duration: Duration = .seconds(5)
    ) async throws -> UnixHTTPError.Kind? {
        try await StubServer.with(answer) { server in
            do throws(UnixHTTPError) {
                _ = try await UnixHTTPClient(socketPath: server.socketPath)
                    .send(request, limit: limit, within: duration)
                return nil
            } catch {
                return error.kind
            }
        }
    }

    @Test func requestAndResponseArriveWhole() async throws {
        try await StubServer.with(.chunked(["hel", "lo"])) { server in
            let request = HTTPRequest(
                .post, "/a/b", query: [.init("k y", "v&=/é")],
                body: .bytes(Array("{}".utf8), contentType: "application/json"))
            let response = try await UnixHTTPClient(socketPath: server.socketPath)
                .send(request, limit: 5, within: .seconds(60))
            #expect(response == HTTPResponse(status: 200, body: Array("hello".utf8)))
            let received = try #require(server.requests.first)
            #expect(received.method == "POST")
            #expect(received.target == "/a/b?k%20y=v%26%3D%2F%C3%A9")
            #expect(received.headers["host"] == "localhost")
            #expect(received.headers["content-type"] == "application/json")
            #expect(received.text == "{}")
        }
    }

    @Test func bodyWithoutLengthLastsUntilTheConnectionEnds() async throws {
        let answer = StubAnswer(pieces: ["HTTP/1.1 200 OK\r\n\r\n", "some", "thing"])
        try await StubServer.with(answer) { server in
            let response = try await UnixHTTPClient(socketPath: server.socketPath)
                .send(HTTPRequest(.get, "/"), limit: 100, within: .seconds(60))
            #expect(response.body == Array("something".utf8))
        }
    }

    @Test(arguments: [
        StubAnswer(pieces: [], ending: .hang),
        StubAnswer(pieces: ["HTTP/1.1 200 OK\r\n"], ending: .hang),
        .chunked(["first"], ending: .hang),
    ])
    func silenceIsATimeout(answer: StubAnswer) async throws {
        let start = ContinuousClock.now
        #expect(try await kind(from: answer, within: .milliseconds(100)) == .timeout)
        // Without the deadline it would last for ever; a loaded machine may be seconds late.
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    /// All exchanges share a thread, which slept for a minute when the short one began.
    @Test func aShortDeadlineIsKeptBesideALongOne() async throws {
        let hang = StubAnswer(pieces: [], ending: .hang)
        try await StubServer.with(hang) { server in
            let client = UnixHTTPClient(socketPath: server.socketPath)
            let long = Task {
                try await client.send(HTTPRequest(.get, "/"), limit: 100, within: .seconds(60))
            }
            try await Task.sleep(for: .milliseconds(200))
            let start = ContinuousClock.now
            for _ in 0..<3 {
                #expect(try await kind(from: hang, within: .milliseconds(100)) == .timeout)
            }
            #expect(ContinuousClock.now - start < .seconds(20))
            long.cancel()
            _ = await long.result
        }
    }

    @Test func oversizeIsRefused() async throws {
        let body = String(repeating: "x", count: 100)
        #expect(try await kind(from: .json(body), limit: 100) == nil)
        #expect(try await kind(from: .json(body), limit: 99) == .tooLarge)
        let endless = StubAnswer(
            pieces: ["HTTP/1.1 200 OK\r\n\r\n", String(repeating: "x", count: 65_536)],
            repeatsLastPiece: true)
        #expect(try await kind(from: endless, limit: 1 << 20) == .tooLarge)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour"])
    func brokenOffResponsesAreNoResponses(text: String) async throws {
        let failure = try await kind(from: StubAnswer(pieces: [text]))
        #expect(failure == .transport || failure == .malformed)
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func whatIsNotHTTPIsMalformed(text: String) async throws {
        #expect(try await kind(from: StubAnswer(pieces: [text], ending: .hang)) == .malformed)
    }

    @Test(arguments: ["/nonexistent/x.sock", "/tmp/" + String(repeating: "x", count: 120)])
    func noSocketIsUnreachable(path: String) async throws {
        let error = try await #require(throws: UnixHTTPError.self) {
            try await UnixHTTPClient(socketPath: path)
                .send(HTTPRequest(.get, "/x"), limit: 1, within: .seconds(20))
        }
        #expect(error.kind == .unreachable)
        #expect(error.request == "GET /x")
    }

    @Test func cancellationClosesTheConnection() async throws {
        try await StubServer.with(StubAnswer(pieces: [], ending: .hang)) { server in
            let client = UnixHTTPClient(socketPath: server.socketPath)
            let task = Task {
                try await client.send(HTTPRequest(.get, "/"), limit: 1, within: .seconds(60))
            }
            #expect(try await server.reaches { $0.requests.count == 1 })
            task.cancel()
            let error = try await #require(throws: UnixHTTPError.self) { try await task.value }
            #expect(error.kind == .cancelled)
            #expect(try await server.reaches { $0.connectionsClosed == 1 })
        }
    }

    @Test func headDeadlineLeavesTheBodyAlone() async throws {
        try await StubServer.with(.chunked(["one"], ending: .hang)) { server in
            let client = UnixHTTPClient(socketPath: server.socketPath)
            let task = Task {
                try await client.withResponse(
                    to: HTTPRequest(.get, "/"), .headWithin(.seconds(2))
                ) { _, body in
                    for try await _ in body {}
                }
            }
            try await Task.sleep(for: .milliseconds(2500))
            #expect(server.snapshot.connectionsClosed == 0)
            task.cancel()
            await #expect(throws: UnixHTTPError.self) { try await task.value }
        }
    }

    @Test func slowReaderSlowsTheService() async throws {
        let endless = StubAnswer(
            pieces: ["HTTP/1.1 200 OK\r\n\r\n", String(repeating: "x", count: 65_536)],
            repeatsLastPiece: true)
        try await StubServer.with(endless) { server in
            try await UnixHTTPClient(socketPath: server.socketPath).withResponse(
                to: HTTPRequest(.get, "/"), .within(.seconds(10))
            ) { _, body in
                var pieces = body.makeAsyncIterator()
                _ = try await pieces.next()
                try await Task.sleep(for: .milliseconds(500))
                #expect(server.snapshot.bytesWritten < 4 << 20)
                for _ in 0..<200 { _ = try await pieces.next() }
            }
        }
    }

    @Test func fileIsSentWhole() async throws {
        let path = "\(NSTemporaryDirectory())modplan-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let content = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
        try content.write(to: URL(fileURLWithPath: path))
        try await StubServer.with(.json("{}")) { server in
            let request = HTTPRequest(
                .post, "/build", body: .file(path: path, contentType: "application/x-tar"))
            _ = try await UnixHTTPClient(socketPath: server.socketPath)
                .send(request, limit: 100, within: .seconds(20))
            let received = try #require(server.requests.first)
            #expect(received.body == Array(content))
            #expect(received.headers["content-type"] == "application/x-tar")
        }
    }

    @Test func fileIsNotHeldInMemory() async throws {
        let path = "\(NSTemporaryDirectory())modplan-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 400 << 20)
        try file.close()
        let request = HTTPRequest(.post, "/", body: .file(path: path, contentType: "x/y"))
        let before = try residentBytes()
        let stalled = StubAnswer(pieces: [], ending: .hang, ignoresBody: true)
        #expect(
            try await kind(of: request, from: stalled, within: .milliseconds(500)) == .timeout)
        #expect(try residentBytes() - before < 100 << 20)
    }

    @Test func unreadableFileIsNamed() async throws {
        try await StubServer.with(.json("{}")) { server in
            let request = HTTPRequest(
                .post, "/build", body: .file(path: "/nonexistent", contentType: "x/y"))
            let error = try await #require(throws: UnixHTTPError.self) {
                try await UnixHTTPClient(socketPath: server.socketPath)
                    .send(request, limit: 100, within: .seconds(60))
            }
            #expect(error.detail == "cannot read /nonexistent: No such file or directory")
        }
    }

    private func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            .split(separator: " ")
        return try #require(Int(fields[1])) * Int(getpagesize())
    }
}
