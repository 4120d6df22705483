/// What a key's value must be, and how its text becomes a value.
struct Expected<Value>: Sendable {
    /// Completes "'x' is not …", an example included: `a size (for example 256MiB)`.
    var noun: String
    /// nil for "is not a …"; throws where there is more to say.
    var convert: @Sendable (Scalar) throws(Mismatch) -> Value?

    init(_ noun: String, _ convert: @escaping @Sendable (Scalar) throws(Mismatch) -> Value?) {
        self.noun = noun
        self.convert = convert
    }

    /// The node's value; nil when it is wrong, which is then reported.
    func read(
        _ node: Node, path: @autoclosure () -> String, problems: Problems
    ) -> Value? {
        switch node.content {
        case .refused: return nil
        case .sequence, .mapping:
            problems.report("found \(node.kind), expected \(noun)", path: path(), at: node.mark)
            return nil
        case .scalar(let scalar):
            guard !scalar.isNull else {
                problems.report("has no value, expected \(noun)", path: path(), at: node.mark)
                return nil
            }
            do throws(Mismatch) {
                if let value = try convert(scalar) { return value }
                let message = "\(quoted(scalar.text)) is not \(noun)"
                problems.report(message, path: path(), at: node.mark)
            } catch {
                problems.report(error.message, path: path(), at: node.mark)
            }
            return nil
        }
    }
}

/// Why a value of the right kind cannot be taken.
struct Mismatch: Error {
    var message: String

    init(_ message: String) { self.message = message }
}

extension Expected {
    /// Text that a rule accepts.
    static func text(_ noun: String, where accepts: @escaping @Sendable (String) -> Bool) -> Self
    where Value == String {
        Expected(noun) { accepts($0.text) ? $0.text : nil }
    }

    /// One of an enumeration's words.
    static func word(_ noun: String) -> Self
    where Value: RawRepresentable<String> & CaseIterable & Sendable {
        let cases = Array(Value.allCases)
        let words = cases.map(\.rawValue).joined(separator: ", ")
        return Expected("\(noun) (one of \(words))") { scalar in
            cases.first { $0.rawValue == scalar.text }
        }
    }

    /// A size within limits, `256MiB`.
    static func size(_ limits: ClosedRange<ByteCount>) -> Self where Value == ByteCount {
        Expected("a size (for example 256MiB)") { scalar throws(Mismatch) in
            guard let size = ByteCount(parsing: scalar.text) else { return nil }
            return try check(size, within: limits, written: scalar)
        }
    }

    /// A duration within limits, `15m`.
    static func duration(_ limits: ClosedRange<Interval>) -> Self where Value == Interval {
        Expected("a duration (for example 90s, 15m or 1h)") { scalar throws(Mismatch) in
            guard let duration = Interval(parsing: scalar.text) else { return nil }
            return try check(duration, within: limits, written: scalar)
        }
    }

    /// A whole number within limits, unquoted.
    static func integer(_ limits: ClosedRange<Int>) -> Self where Value == Int {
        let noun = "a whole number from \(limits.lowerBound) to \(limits.upperBound)"
        return Expected(noun) { scalar throws(Mismatch) in
            guard scalar.isPlain, let number = decimal(scalar.text) else { return nil }
            return limits.contains(number) ? number : nil
        }
    }

    /// A share of a whole, `80%`.
    static var percent: Expected<Int> {
        Expected<Int>("a percentage from 1% to 100% (for example 80%)") { scalar in
            guard scalar.text.hasSuffix("%"), let number = decimal(scalar.text.dropLast()),
                (1...100).contains(number)
            else { return nil }
            return number
        }
    }

    /// `true` or `false`, unquoted.
    static var boolean: Expected<Bool> {
        Expected<Bool>("true or false") { scalar in
            guard scalar.isPlain else { return nil }
            return ["true": true, "false": false][scalar.text]
        }
    }

    /// Processors with up to three decimals, as thousandths: `0.5` is 500.
    static var processors: Expected<Int> {
        Expected<Int>("a number of processors from 0.01 to 512 (for example 0.5)") { scalar in
            let parts = scalar.text.utf8
                .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .map { Substring($0) }
            guard scalar.isPlain, (1...2).contains(parts.count), let whole = decimal(parts[0])
            else { return nil }
            var thousandths = 0
            if parts.count == 2 {
                let digits = parts[1]
                guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit),
                    let fraction = Int(
                        digits + String(repeating: "0", count: 3 - digits.utf8.count))
                else { return nil }
                thousandths = fraction
            }
            // The engine schedules in periods of 100 ms and shares of at least 1 ms.
            guard whole <= 512 else { return nil }
            let sum = whole * 1000 + thousandths
            return (10...512_000).contains(sum) ? sum : nil
        }
    }
}

private func check<Value: Comparable & CustomStringConvertible>(
    _ value: Value, within limits: ClosedRange<Value>, written scalar: Scalar
) throws(Mismatch) -> Value {
    if value < limits.lowerBound {
        throw Mismatch("\(quoted(scalar.text)) is less than the least, \(limits.lowerBound)")
    }
    if value > limits.upperBound {
        throw Mismatch("\(quoted(scalar.text)) is more than the most, \(limits.upperBound)")
    }
    return value
}

func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

/// Plain decimal digits: no sign, no leading zero (YAML 1.1 reads `010` as 8), no underscore.
func decimal(_ text: some StringProtocol) -> Int? {
    let bytes = text.utf8
    guard (1...18).contains(bytes.count), bytes.allSatisfy(isDigit),
        bytes.count == 1 || bytes.first != UInt8(ascii: "0")
    else { return nil }
    return Int(text)
}

/// How much may be promised; nil for any amount.
struct Overcommit {
    var percent: Int?
}

extension Expected where Value == Overcommit {
    static var overcommit: Expected<Overcommit> {
        Expected<Overcommit>(
            "'unlimited' or a percentage from 1% to 10000% (for example 100%)"
        ) { scalar in
            if scalar.text == "unlimited" { return Overcommit(percent: nil) }
            guard scalar.text.hasSuffix("%"), let number = decimal(scalar.text.dropLast()),
                (1...10_000).contains(number)
            else { return nil }
            return Overcommit(percent: number)
        }
    }
}
