import Testing

@testable import Desired

@Suite struct ValidationTests {
    @Test func appsComeSortedByName() throws {
        let apps = try validate(files: [
            file("b", "language: php\n"), file("a", "language: node\n"),
            file("c", "language: java\n"),
        ]).get()
        #expect(apps.map(\.name) == ["a", "b", "c"])
    }

    @Test func allMistakesOfAllFilesAtOnce() {
        let found = messages([
            file("web", "language: nod\nrun: {port: 0}\n"), file("ok", "language: node\n"),
            file("blog", "lang: node\nlanguage: node\n"),
        ])
        #expect(
            found == [
                "apps/blog.yaml:1:1: lang: unknown key; did you mean 'language'? (keys that start "
                    + "with x- are free)",
                "apps/web.yaml:1:11: language: 'nod' is not a language (one of node, java, php, "
                    + "static)",
                "apps/web.yaml:2:13: run.port: '0' is not a whole number from 1 to 65535",
            ])
    }

    /// Instance 2 of the one and instance 0 of the other meet on 8083; told once, and the same in
    /// whatever order the files come.
    @Test func onePortForTwoApps() {
        let files = [
            file("web", "language: node\nrun:\n  publish: 127.0.0.1:8083\n  instances: 4\n"),
            file("blog", "language: node\nrun: {publish: 8081, instances: 4}\n"),
        ]
        let expected = [
            "apps/web.yaml:3:12: run.publish: 127.0.0.1:8083, for instance 0 of 'web', is already "
                + "published by instance 2 of 'blog' (apps/blog.yaml:2:16)"
        ]
        #expect(messages(files) == expected)
        #expect(messages(files.reversed()) == expected)
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1:80", true), ("127.0.0.1:80", "127.0.0.1:81", false),
        ("127.0.0.1:80", "127.0.0.2:80", false), ("0.0.0.0:80", "127.0.0.2:80", true),
        ("127.0.0.2:80", "0.0.0.0:80", true),
    ])
    func addressesMeet(first: String, second: String, conflict: Bool) {
        let found = messages([
            file("a", "language: node\nrun: {publish: '\(first)'}\n"),
            file("b", "language: node\nrun: {publish: '\(second)'}\n"),
        ])
        #expect(found.isEmpty != conflict)
    }

    @Test func noInstanceTakesNoPort() {
        let found = messages([
            file("a", "language: node\nrun: {publish: 80, instances: 0}\n"),
            file("b", "language: node\nrun: {publish: 80}\n"),
        ])
        #expect(found.isEmpty)
    }

    @Test func oneNameForTwoApps() {
        let bytes = Array("language: node\n".utf8)
        let found = messages([("x/web.yaml", bytes), ("y/web.yaml", bytes)])
        #expect(found == ["y/web.yaml:1:1: app: the app 'web' is defined in x/web.yaml too"])
    }

    private func file(_ name: String, _ text: String) -> (path: String, bytes: [UInt8]) {
        ("apps/\(name).yaml", Array(text.utf8))
    }

    private func messages(_ files: [(path: String, bytes: [UInt8])]) -> [String] {
        switch validate(files: files) {
        case .success: []
        case .failure(let failure): failure.list.map(\.description)
        }
    }
}
