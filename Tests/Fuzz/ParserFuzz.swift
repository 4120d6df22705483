import CNavi

/// libFuzzer's entry: navi's parsers on bytes from anywhere. Built by `packaging/fuzz` from navi's
/// own files. Whatever traps is a bug, and so is a promise below that does not hold.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    switch choice % 8 {
    case 0: base64(bytes)
    case 1: environment(bytes)
    case 2: runRecord(bytes)
    case 3: notification(bytes)
    default: events(bytes, seed: choice)
    }
    return 0
}

/// However the stream is cut into pieces, the same events come out, and the same refusal.
private func events(_ bytes: [UInt8], seed: UInt8) {
    let whole = parse(bytes) { _ in bytes.count }
    var state = UInt32(seed)
    let cut = parse(bytes) { rest in
        state = state &* 1_664_525 &+ 1_013_904_223
        return 1 + Int(state >> 24) % max(1, min(rest, 40))
    }
    precondition(whole == cut, "the events depend on how the stream was cut")
}

/// The digests of all events, and 0 for a malformed header.
private func parse(_ bytes: [UInt8], nextCount: (Int) -> Int) -> [Int64] {
    var parser = EventParser()
    var rest = bytes[...]
    var seen: [Int64] = []
    while true {
        do throws(EventParser.Failure) {
            while let event = try parser.next() {
                precondition(event.header.count <= EventParser.headerLimit, "a long header")
                precondition(event.payload.count <= EventParser.payloadLimit, "a long payload")
                precondition(!event.name.isEmpty && event.serial >= 0, "an event without a name")
                seen.append(event.digest)
                _ = Tokens(event.payload)?["processname"]
            }
        } catch {
            precondition(!error.description.isEmpty)
            return seen + [0]
        }
        if rest.isEmpty { return seen }
        let count = nextCount(rest.count)
        parser.push(rest.prefix(count))
        rest = rest.dropFirst(count)
    }
}

/// What is decoded is what was encoded: no two texts mean the same.
private func base64(_ bytes: [UInt8]) {
    if let decoded = decodedBase64(bytes) {
        precondition(encoded(decoded) == bytes, "base64 that no encoder writes")
    }
    precondition(decodedBase64(encoded(bytes)) == bytes, "base64 is not understood")
}

private func encoded(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits: UInt32 = 0
        for index in 0..<3 {
            bits = bits << 8 | (index < group.count ? UInt32(group[start + index]) : 0)
        }
        for index in 0..<4 {
            let isThere = index <= group.count
            text.append(isThere ? alphabet[Int(bits >> (18 - 6 * index)) & 63] : 0x3d)
        }
    }
    return text
}

/// Each entry has a key, an end, and no other zero byte; a key comes once.
private func environment(_ bytes: [UInt8]) {
    let inherited = [Array("PATH=/bin\0".utf8), Array("NAVI_INSTANCE=a/0\0".utf8)]
    _ = AppEnvironment(inherited: inherited, encoded: bytes)
    guard var given = AppEnvironment(inherited: inherited, encoded: encoded(bytes)) else { return }
    given.setServoSize(limitBytes: 1 << 28)
    var keys: Set<[UInt8]> = []
    for entry in given.entries {
        precondition(entry.last == 0 && !entry.dropLast().contains(0), "an entry that C cuts")
        guard let equals = entry.firstIndex(of: 0x3d), equals > 0 else {
            preconditionFailure("an entry without a key")
        }
        precondition(keys.insert(Array(entry[..<equals])).inserted, "a key that comes twice")
    }
}

/// What was read is written so that it is read the same.
private func runRecord(_ bytes: [UInt8]) {
    guard let record = RunRecord(bytes) else { return }
    guard let again = RunRecord(record.line) else { preconditionFailure("a record lost") }
    precondition(again.line == record.line && record.line.count <= 1024, "a record changed")
}

/// One line of valid UTF-8 without control characters, that fits a slot, whatever the strings hold.
private func notification(_ bytes: [UInt8]) {
    let part = bytes.count / 3
    let notification = Notification(
        kind: .crash, reporter: .listener, process: bytes, instance: Array(bytes.prefix(part)),
        pid: 1, ending: nil, from: bytes, at: 0, serial: 1,
        evidence: Notification.Evidence(), header: Array(bytes.dropFirst(part)), payload: bytes)
    let json = notification.json
    precondition(json.count <= SlotFile.bytes, "a notification that no slot holds")
    precondition(!json.dropLast().contains { $0 < 0x20 || $0 == 0x7f }, "a control character")
    precondition(Array(String(decoding: json, as: UTF8.self).utf8) == json, "no UTF-8")
    var isQuoted = false
    var isEscaped = false
    for byte in json {
        if isEscaped {
            isEscaped = false
        } else if isQuoted && byte == 0x5c {
            isEscaped = true
        } else if byte == 0x22 {
            isQuoted.toggle()
        }
    }
    precondition(!isQuoted && !isEscaped, "a string without an end")
}
