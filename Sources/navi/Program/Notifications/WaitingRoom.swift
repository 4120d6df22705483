import CNavi

/// Where notifications wait that their folder would not take: at most eight, outside the volume.
struct WaitingRoom {
    private static let names = (0..<8).map { "waiting-\($0)" }
    /// The name that it is to have is on the first line, and less than 100 bytes long.
    private static let limit = SlotFile.bytes + 100

    let path: String

    /// Keeps one, whole or not at all; false if there is no room.
    func keep(_ json: [UInt8], named name: String, for reporter: Reporter) -> Bool {
        guard let folder = opened() else { return false }
        let temporary = "waiting-\(reporter.name)"
        _ = unlinkat(folder.number, temporary, 0)
        guard
            let file = try? Descriptor(
                temporary, beneath: folder.number, flags: O_WRONLY | O_CREAT | O_EXCL),
            (try? file.replaceContents(with: Array("\(name)\n".utf8) + json)) != nil
        else { return false }
        // Unlike a rename, this replaces nothing.
        let isKept = Self.names.contains {
            linkat(folder.number, temporary, folder.number, $0, 0) == 0
        }
        _ = unlinkat(folder.number, temporary, 0)
        return isKept
    }

    /// Hands over each, and forgets those that are taken. Ends with the first that is not.
    func forEach(_ take: (_ name: String, _ json: [UInt8]) -> Bool) {
        guard let folder = opened() else { return }
        for place in Self.names {
            guard let file = try? Descriptor(place, beneath: folder.number, flags: O_RDONLY),
                let text = try? file.contents(atMost: Self.limit)
            else { continue }
            if let end = text.firstIndex(of: UInt8(ascii: "\n")),
                !text[..<end].contains(UInt8(ascii: "/"))
            {
                let name = String(decoding: text[..<end], as: UTF8.self)
                guard take(name, Array(text[(end + 1)...])) else { return }
            }
            _ = unlinkat(folder.number, place, 0)
        }
    }

    private func opened() -> Descriptor? {
        try? Descriptor(path, flags: O_RDONLY | O_DIRECTORY)
    }
}
