/// A list or map that the engine, written in Go, may send as `null` or leave out.
@propertyWrapper
package struct NullAsEmpty<Value: EmptyInitializable & Sendable>: Sendable {
    package var wrappedValue: Value

    package init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

package protocol EmptyInitializable { init() }
extension Array: EmptyInitializable {}
extension Dictionary: EmptyInitializable {}

extension NullAsEmpty: Equatable where Value: Equatable {}

extension NullAsEmpty: Decodable where Value: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? Value() : try container.decode(Value.self)
    }
}

extension NullAsEmpty: Encodable where Value: Encodable {
    package func encode(to encoder: any Encoder) throws {
        try wrappedValue.encode(to: encoder)
    }
}

extension KeyedDecodingContainer {
    /// Synthesised decoding calls this in place of the general one, which fails on an absent key.
    package func decode<Value: EmptyInitializable & Decodable>(
        _ type: NullAsEmpty<Value>.Type, forKey key: Key
    ) throws -> NullAsEmpty<Value> {
        NullAsEmpty(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? Value())
    }
}
