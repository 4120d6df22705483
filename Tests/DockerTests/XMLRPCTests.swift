import Foundation
import Testing

@testable import Supervisor

@Suite struct XMLRPCTests {
    private func parse(_ value: String) -> XMLRPCValue? {
        let text =
            "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n\(value)\n</param>\n"
            + "</params>\n</methodResponse>\n"
        guard case .value(let value) = XMLRPCResponse(parsing: Array(text.utf8)) else { return nil }
        return value
    }

    @Test(arguments: [
        ("<value><int>-7</int></value>", XMLRPCValue.integer(-7)),
        ("<value><i4>2147483647</i4></value>", .integer(.max)),
        ("<value><boolean>1</boolean></value>", .boolean(true)),
        ("<value><string></string></value>", .string("")),
        ("<value> as it is </value>", .string(" as it is ")),
        (
            "<value><string>&lt;a&gt; &amp;amp; &quot;&apos;&#233;&#x1F600;</string></value>",
            .string("<a> &amp; \"'é😀")
        ),
        (
            "<value>\n<array><data>\n<value><int>1</int></value>\n</data></array>\n</value>",
            .array([.integer(1)])
        ),
        (
            "<value><struct><member><name>a</name><value>b</value></member></struct></value>",
            .structure(["a": .string("b")])
        ),
    ])
    func readsValues(text: String, value: XMLRPCValue) {
        #expect(parse(text) == value)
    }

    @Test(arguments: [
        "", "<value>", "<value><int></int></value>", "<value><int>2147483648</int></value>",
        "<value><boolean>2</boolean></value>", "<value><double>1.5</double></value>",
        "<value><string>&unknown;</string></value>", "<value>&#xD800;</value>",
        "<value>&lt</value>", "<value a=\"b\"></value>", "<value><!-- --></value>",
        "<value><![CDATA[x]]></value>", "<value><array><data></array></value>",
        "<value><struct><member><name>a</name></member></struct></value>",
        "<value>a</value><value>b</value>",
        "<value><struct><member><name>a</name><value>1</value></member>"
            + "<member><name>a</name><value>2</value></member></struct></value>",
    ])
    func refuses(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func refusesDocumentTypes() {
        let text = "<!DOCTYPE x [<!ENTITY a 'b'>]><methodResponse></methodResponse>"
        #expect(XMLRPCResponse(parsing: Array(text.utf8)) == nil)
    }

    @Test func depthIsBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<value><array><data>", count: depth) + "<value>x</value>"
                + String(repeating: "</data></array></value>", count: depth)
        }
        #expect(parse(nested(7)) != nil)
        #expect(parse(nested(8)) == nil)
        #expect(parse(nested(10_000)) == nil)
    }

    @Test func readsFaults() {
        let text =
            "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1</int>"
            + "</value></member><member><name>faultString</name><value><string>UNKNOWN_METHOD"
            + "</string></value></member></struct></value></fault></methodResponse>"
        #expect(
            XMLRPCResponse(parsing: Array(text.utf8)) == .fault(code: 1, message: "UNKNOWN_METHOD"))
    }

    /// Every prefix and every damaged byte of an honest answer is refused or read, never trapped on.
    @Test func damageIsHarmless() {
        let honest = Array(
            "<?xml version='1.0'?><methodResponse><params><param><value><array><data><value><struct><member><name>pid</name><value><int>1</int></value></member></struct></value></data></array></value></param></params></methodResponse>"
                .utf8)
        for end in honest.indices {
            #expect(XMLRPCResponse(parsing: Array(honest[..<end])) == nil)
        }
        for position in honest.indices {
            for byte in [0x00, 0x26, 0x3C, 0x3E, 0x80, 0xFF] as [UInt8] {
                var damaged = honest
                damaged[position] = byte
                _ = XMLRPCResponse(parsing: damaged)
            }
        }
    }

    @Test func longTextsAreNoPrograms() {
        var members: [String: XMLRPCValue] = [
            "name": .string("app"), "group": .string("app"), "statename": .string("RUNNING"),
            "pid": .integer(12), "start": .integer(5), "stop": .integer(0),
            "exitstatus": .integer(0), "spawnerr": .string(""),
        ]
        #expect(
            ProgramInfo(.structure(members))
                == ProgramInfo(
                    name: "app", group: "app", state: .running, pid: 12,
                    startTime: Date(timeIntervalSince1970: 5)))
        members["name"] = .string(String(repeating: "a", count: 256))
        #expect(ProgramInfo(.structure(members)) == nil)
        members["name"] = .integer(1)
        #expect(ProgramInfo(.structure(members)) == nil)
        members["name"] = .string("app")
        members["pid"] = .integer(-1)
        #expect(ProgramInfo(.structure(members)) == nil)
    }
}
