/// A value of XML-RPC, as far as supervisord sends any (http://xmlrpc.com/spec.md).
enum XMLRPCValue: Sendable, Equatable {
    case integer(Int32)
    case boolean(Bool)
    case string(String)
    case array([XMLRPCValue])
    case structure([String: XMLRPCValue])

    var integer: Int32? { if case .integer(let value) = self { value } else { nil } }

    /// Nil when it is no string, or one of more bytes than `limit`.
    func text(upTo limit: Int) -> String? {
        guard case .string(let text) = self, text.utf8.count <= limit else { return nil }
        return text
    }
}

/// A response of XML-RPC.
enum XMLRPCResponse: Sendable, Equatable {
    case value(XMLRPCValue)
    case fault(code: Int32, message: String)

    static func call(_ method: String) -> [UInt8] {
        let text =
            "<?xml version='1.0'?><methodCall><methodName>\(method)</methodName>"
            + "<params></params></methodCall>"
        return Array(text.utf8)
    }

    /// Reads a response; nil when it is malformed or nested deeper than any honest one. It holds no
    /// more than the bytes it was given.
    init?(parsing bytes: [UInt8]) {
        var parser = XMLRPCParser(bytes)
        guard let response = parser.response() else { return nil }
        self = response
    }
}

/// A recursive descent over the few elements there are. Attributes, comments, CDATA, document types
/// and entities of one's own are not XML-RPC as supervisord writes it, and refused.
private struct XMLRPCParser {
    private var scanner: XMLScanner

    init(_ bytes: [UInt8]) { scanner = XMLScanner(bytes) }

    mutating func response() -> XMLRPCResponse? {
        guard scanner.skipDeclaration(), scanner.open("methodResponse") else { return nil }
        if scanner.open("fault") {
            guard case .structure(let members) = value(depth: 0), scanner.close("fault"),
                let code = members["faultCode"]?.integer,
                let message = members["faultString"]?.text(upTo: 1024),
                endOfResponse()
            else { return nil }
            return .fault(code: code, message: message)
        }
        guard scanner.open("params"), scanner.open("param"), let value = value(depth: 0),
            scanner.close("param"), scanner.close("params"), endOfResponse()
        else { return nil }
        return .value(value)
    }

    private mutating func endOfResponse() -> Bool {
        scanner.close("methodResponse") && scanner.isAtEnd()
    }

    /// An honest answer is an array of structures of scalars.
    private mutating func value(depth: Int) -> XMLRPCValue? {
        guard depth < 8, scanner.open("value"), let value = content(depth: depth),
            scanner.close("value")
        else { return nil }
        return value
    }

    private mutating func content(depth: Int) -> XMLRPCValue? {
        for name in ["int", "i4"] where scanner.open(name) {
            return closed(name) { Int32($0).map { .integer($0) } }
        }
        if scanner.open("boolean") {
            return closed("boolean") {
                $0 == "1" ? .boolean(true) : $0 == "0" ? .boolean(false) : nil
            }
        }
        if scanner.open("string") { return closed("string") { .string($0) } }
        if scanner.open("array") { return array(depth: depth) }
        if scanner.open("struct") { return structure(depth: depth) }
        // Without a type it is a string.
        return scanner.text().map { .string($0) }
    }

    private mutating func closed(
        _ name: String, _ convert: (String) -> XMLRPCValue?
    ) -> XMLRPCValue? {
        guard let text = scanner.text(), scanner.close(name) else { return nil }
        return convert(text)
    }

    private mutating func array(depth: Int) -> XMLRPCValue? {
        guard scanner.open("data") else { return nil }
        var elements: [XMLRPCValue] = []
        while !scanner.close("data") {
            guard let element = value(depth: depth + 1) else { return nil }
            elements.append(element)
        }
        return scanner.close("array") ? .array(elements) : nil
    }

    private mutating func structure(depth: Int) -> XMLRPCValue? {
        var members: [String: XMLRPCValue] = [:]
        while !scanner.close("struct") {
            guard scanner.open("member"), scanner.open("name"), let name = scanner.text(),
                scanner.close("name"), let value = value(depth: depth + 1),
                scanner.close("member"), members.updateValue(value, forKey: name) == nil
            else { return nil }
        }
        return .structure(members)
    }
}
