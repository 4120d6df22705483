// The names, addresses and paths that definitions and the host file hold, each with its rule.

extension Expected where Value == String {
    /// The name of an app or an installation.
    static let name = text(
        "a name: 1 to 40 of a-z, 0-9 and -, a letter first", where: isName)

    /// The name of an image in the image tree.
    static let imageName = text("an image's name (for example build-node)") {
        isWord($0, most: 100, also: "-_.", uppercase: false)
    }

    /// The prefix of image names, one or more words: `modplan`, `registry/modplan`.
    static let imagePrefix = text("a prefix for image names (for example modplan)") { text in
        text.utf8.count <= 100
            && text.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { isWord($0, most: 100, also: "-_.", uppercase: false) }
    }

    /// The name of an LVM group or pool.
    static let volumeGroupName = text("an LVM name (for example vg0)") {
        isWord($0, most: 100, also: "-_.+", uppercase: true)
    }

    /// A branch, tag or commit id.
    static let ref = text("a git ref (for example HEAD, refs/heads/main or v1.2)", where: isRef)

    /// A folder within a git tree; `.` and a slash at the end are dropped.
    static let treePath = Expected(
        "a folder in the repository (relative, without '..'; for example examples/apps)"
    ) { scalar in
        let text = scalar.text
        guard !text.isEmpty, text.utf8.count <= 1024, !text.hasPrefix("/"), !hasControl(text)
        else { return nil }
        // As bytes: a split of characters takes many times as long.
        let parts = text.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
            .filter { $0 != "." }
        return parts.contains("..") ? nil : parts.joined(separator: "/")
    }

    /// A path of the host, absolute or relative to the host file.
    static let hostPath = text("a path") {
        !$0.isEmpty && $0.utf8.count <= 1024 && !hasControl($0)
    }

    /// The engine's address. A socket's path has room for 107 bytes.
    static let unixSocket = text("a unix socket (for example unix:///var/run/docker.sock)") {
        $0.hasPrefix("unix:///") && $0.utf8.count <= 107 + 7 && $0.utf8.count > 8 && !hasControl($0)
    }

    static let webhook = text("an address (for example https://example.org/hook)") { text in
        let rest = ["https://", "http://"].first(where: text.hasPrefix).map {
            text.dropFirst($0.count)
        }
        guard let rest, let first = rest.first else { return false }
        return first != "/" && isVisibleASCII(text, most: 2048)
    }

    /// The path of a readiness probe.
    static let requestPath = text("a path that starts with / (for example /health)") {
        $0.hasPrefix("/") && isVisibleASCII($0, most: 1024)
    }
}

extension Expected where Value == SourceReference.Repository {
    static let repository = Expected(
        "a repository: '.' for the definitions' own, or a name under repositories.directory"
    ) { scalar in
        if scalar.text == "." { return .definitions }
        guard isWord(scalar.text, most: 100, also: "-_.", uppercase: true) else { return nil }
        return .named(scalar.text)
    }
}

extension Expected where Value == PublishedPort {
    /// `127.0.0.1:8081`, or the port alone for the host's own loopback address.
    static let publishedPort = Expected("an IPv4 address and port (for example 127.0.0.1:8081)") {
        scalar in
        let parts = scalar.text.split(separator: ":", omittingEmptySubsequences: false)
        guard let port = parts.last.flatMap({ decimal($0) }), (1...65535).contains(port) else {
            return nil
        }
        if parts.count == 1 { return PublishedPort(host: "127.0.0.1", port: port) }
        let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, bytes.count == 4,
            bytes.allSatisfy({ decimal($0).map { $0 <= 255 } ?? false })
        else { return nil }
        return PublishedPort(host: String(parts[0]), port: port)
    }
}

func isName(_ text: String) -> Bool {
    (1...40).contains(text.utf8.count)
        && text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
        && text.utf8.first.map(isLower) == true
}

/// A variable's name as a shell takes it.
func isIdentifier(_ text: String) -> Bool {
    (1...256).contains(text.utf8.count)
        && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
        && text.utf8.first.map(isDigit) == false
}

/// A letter or digit first (so neither `-x`, `..` nor `.git`), then those and `also`.
private func isWord(
    _ text: some StringProtocol, most: Int, also: String, uppercase: Bool
) -> Bool {
    func isPlain(_ byte: UInt8) -> Bool {
        isDigit(byte) || (uppercase ? isLetter(byte) : isLower(byte))
    }
    return (1...most).contains(text.utf8.count) && text.utf8.first.map(isPlain) == true
        && text.utf8.allSatisfy { isPlain($0) || also.utf8.contains($0) }
}

/// What `git check-ref-format` lets pass, so without the operators of a revision (`~`, `^`, `:`).
private func isRef(_ text: String) -> Bool {
    let bytes = text.utf8
    let pairs = zip(bytes, bytes.dropFirst())
    return isVisibleASCII(text, most: 200) && !bytes.contains { "~^:?*[\\".utf8.contains($0) }
        && !pairs.contains { $0 == $1 && ($0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/")) }
        && !pairs.contains { $0 == UInt8(ascii: "@") && $1 == UInt8(ascii: "{") }
        && !text.hasPrefix("-") && !text.hasPrefix("/") && !text.hasSuffix("/")
        && !text.hasSuffix(".") && !text.hasSuffix(".lock")
}

private func isVisibleASCII(_ text: String, most: Int) -> Bool {
    (1...most).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
}

private func hasControl(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }
}

private func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }
private func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) && byte >= 0x41 }
