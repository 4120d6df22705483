package import FoundationEssentials

/// A time as the engine writes it: RFC 3339 with up to nine digits of fraction. Go's zero time,
/// `0001-01-01T00:00:00Z`, stands for "never" and is nil here, as are an empty and an absent one.
@propertyWrapper
package struct EngineTime: Sendable, Equatable, Decodable {
    package var wrappedValue: Date?

    package init(wrappedValue: Date?) { self.wrappedValue = wrappedValue }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard !text.isEmpty, !text.hasPrefix("0001-01-01T00:00:00") else { return }
        guard let seconds = Self.secondsSinceEpoch(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not an RFC 3339 time")
        }
        wrappedValue = Date(timeIntervalSince1970: seconds)
    }

    /// By hand, because a formatter costs more than the rest of an inspect.
    static func secondsSinceEpoch(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40,
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]),
            let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second <= 60
        else { return nil }
        var rest = bytes[19...]
        var fraction = 0.0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { 48...57 ~= $0 }
            guard 1...9 ~= digits.count, let value = number(digits) else { return nil }
            fraction = Double(value)
            for _ in digits { fraction /= 10 }
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offsetSeconds(Array(rest)) else { return nil }
        let days = daysSinceEpoch(year: year, month: month, day: day)
        return Double(days * 86_400 + hour * 3600 + minute * 60 + second - offset) + fraction
    }

    /// `Z`, or an offset such as `+02:00`.
    private static func offsetSeconds(_ bytes: [UInt8]) -> Int? {
        if bytes == [UInt8(ascii: "Z")] { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            let hours = number(bytes[1..<3]), let minutes = number(bytes[4..<6]),
            hours < 24, minutes < 60
        else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "+"): return hours * 3600 + minutes * 60
        case UInt8(ascii: "-"): return -(hours * 3600 + minutes * 60)
        default: return nil
        }
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so
    /// that the leap day is the last of its year.
    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var result = 0
        for byte in digits {
            guard 48...57 ~= byte else { return nil }
            result = result * 10 + Int(byte - 48)
        }
        return result
    }
}

extension KeyedDecodingContainer {
    /// Synthesised decoding calls this in place of the general one, which fails on an absent key.
    package func decode(_ type: EngineTime.Type, forKey key: Key) throws -> EngineTime {
        try decodeIfPresent(EngineTime.self, forKey: key) ?? EngineTime(wrappedValue: nil)
    }
}
