import CNavi

extension [UInt8] {
    func matches(_ text: String) -> Bool { elementsEqual(text.utf8) }
}

extension Collection<UInt8> {
    /// The number that the digits spell; nil for anything else, a sign and overflow included.
    var decimal: Int64? {
        guard !isEmpty else { return nil }
        var value: Int64 = 0
        for byte in self {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (shifted, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = shifted.addingReportingOverflow(Int64(byte & 15))
            guard !tooBig, !overflow else { return nil }
            value = sum
        }
        return value
    }
}

/// A number as digits, with leading zeros up to a width.
func padded(_ value: Int64, to width: Int) -> String {
    let digits = "\(value)"
    return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
}

/// The bytes of a C string, without its end.
func bytes(of text: UnsafePointer<CChar>) -> [UInt8] {
    let length = strlen(text)
    return text.withMemoryRebound(to: UInt8.self, capacity: length) { start in
        Array(UnsafeBufferPointer(start: start, count: length))
    }
}

/// The value of a variable of navi's own environment.
func environmentValue(_ name: String) -> [UInt8]? {
    getenv(name).map { bytes(of: $0) }
}
