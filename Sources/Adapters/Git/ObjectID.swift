internal import CGit2

/// The id of a commit, tree or blob: 40 lowercase hexadecimal digits.
package struct ObjectID: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// nil unless the text is a whole id.
    package init?(_ text: String) {
        guard text.utf8.count == 40,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    /// The first 7 digits, for people.
    package var abbreviated: String { String(description.prefix(7)) }

    init(_ id: git_oid) {
        let digits = Array("0123456789abcdef".utf8)
        let text = withUnsafeBytes(of: id.id) { bytes in
            bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        }
        description = String(decoding: text, as: UTF8.self)
    }

    /// As libgit2 takes it. An `ObjectID` is 40 digits, so that this cannot fail.
    var raw: git_oid {
        var id = git_oid()
        git_oid_fromstr(&id, description)
        return id
    }
}

package struct Commit: Sendable, Hashable {
    package var id: ObjectID
    package var treeId: ObjectID
    /// The message's first paragraph on one line, at most 200 characters, as pushed: escape
    /// control characters before printing it.
    package var subject: String
    /// When it was committed, by the committer's clock, in seconds since 1970.
    package var time: Int64
}
