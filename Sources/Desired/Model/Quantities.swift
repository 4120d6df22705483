/// A size in bytes, written in definitions as `512`, `64KiB`, `256MiB` or `2GiB`.
package struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var bytes: Int64

    package init(bytes: Int64) { self.bytes = bytes }

    package static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 20) }
    package static func gibibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 30) }

    private static let units: [(suffix: String, shift: Int64)] = [
        ("GiB", 30), ("MiB", 20), ("KiB", 10),
    ]

    /// Reads a definition's size; nil unless it is a positive whole number with a known unit.
    package init?(parsing text: String) {
        let unit = Self.units.first { text.hasSuffix($0.suffix) }
        let digits = unit.map { text.dropLast($0.suffix.count) } ?? text[...]
        guard let count = Int64(wholeNumber: digits), count > 0 else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    /// The shortest exact form in the definitions' own notation.
    package var description: String {
        for unit in Self.units where bytes != 0 && bytes & ((1 << unit.shift) - 1) == 0 {
            return "\(bytes >> unit.shift)\(unit.suffix)"
        }
        return "\(bytes)"
    }

    package static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

/// A span of whole seconds, written in definitions as `90s`, `15m` or `1h`.
package struct Interval: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var seconds: Int64

    package init(seconds: Int64) { self.seconds = seconds }

    private static let units: [(suffix: Character, factor: Int64)] = [
        ("h", 3600), ("m", 60), ("s", 1),
    ]

    /// Reads a definition's duration; nil unless it is a positive whole number with a unit.
    package init?(parsing text: String) {
        guard let unit = Self.units.first(where: { text.last == $0.suffix }),
            let count = Int64(wholeNumber: text.dropLast()), count > 0
        else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit.factor)
        guard !overflow else { return nil }
        self.seconds = seconds
    }

    /// The shortest exact form in the definitions' own notation.
    package var description: String {
        for unit in Self.units where seconds != 0 && seconds % unit.factor == 0 {
            return "\(seconds / unit.factor)\(unit.suffix)"
        }
        return "\(seconds)s"
    }

    package static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}

extension Int64 {
    /// Digits only: `Int64("+5")` and `Int64("-5")` would pass otherwise.
    fileprivate init?(wholeNumber text: some StringProtocol) {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        self.init(text)
    }
}

extension ByteCount {
    /// For people, rounded down to whole units: `255 MiB`.
    package var rounded: String {
        for unit in Self.units where bytes >> unit.shift > 0 {
            return "\(bytes >> unit.shift) \(unit.suffix)"
        }
        return "\(bytes) B"
    }
}
