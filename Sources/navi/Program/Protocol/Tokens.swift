/// The `key:value` tokens of one line, as supervisord writes headers and payloads.
struct Tokens {
    private let pairs: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)]

    /// Splits at spaces, and each token at its first colon; nil if one has none.
    init?(_ line: some Collection<UInt8>) {
        var pairs: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
        for token in Array(line).split(separator: UInt8(ascii: " ")) {
            guard let colon = token.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            pairs.append((key: token[..<colon], value: token[(colon + 1)...]))
        }
        self.pairs = pairs
    }

    /// The value of the first token with a key.
    subscript(key: String) -> [UInt8]? {
        pairs.first { $0.key.elementsEqual(key.utf8) }.map { Array($0.value) }
    }
}
