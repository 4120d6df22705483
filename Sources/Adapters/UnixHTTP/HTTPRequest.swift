/// One request to a local service.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable, Equatable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case delete = "DELETE"
    }

    package enum Body: Sendable, Equatable {
        case none
        case bytes([UInt8], contentType: String)
        /// Sent piece by piece as the service takes it, however large the file is.
        case file(path: String, contentType: String)
    }

    package var method: Method
    /// Already escaped: see `escaped(_:)`.
    package var path: String
    /// Sent in this order; names and values are escaped here.
    package var query: [Parameter]
    package var body: Body

    /// A query parameter.
    package struct Parameter: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        _ method: Method, _ path: String, query: [Parameter] = [], body: Body = .none
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }

    /// The request line's target: path and query.
    package var target: String {
        guard !query.isEmpty else { return path }
        let pairs = query.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
        return "\(path)?\(pairs.joined(separator: "&"))"
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986, so that a value can end
    /// neither its path segment, nor the query, nor the request line.
    package static func escaped(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if Self.isUnreserved(byte) {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                result.append(Self.hexDigits[Int(byte >> 4)])
                result.append(Self.hexDigits[Int(byte & 15)])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default:
            false
        }
    }
}

/// A response that fitted into its bound.
package struct HTTPResponse: Sendable, Equatable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// How long a request may take.
package enum Deadline: Sendable, Equatable {
    /// From the connection to the last byte of the response.
    case within(Duration)
    /// From the connection to the response's head. The body then lasts until the service ends it
    /// or the task is cancelled: for event streams.
    case headWithin(Duration)
    /// Until the service ends it or the task is cancelled: for services that send the head of an
    /// endless response together with its first byte.
    case untilCancelled
}
