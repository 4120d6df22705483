internal import FoundationEssentials

/// One logical volume as `lvs` tells of it.
struct LogicalVolume: Sendable, Equatable {
    var name: String
    /// In bytes, a whole number of extents.
    var size: Int64
    /// The thin pool that it lies in; nil for what is no thin volume.
    var pool: String?
    /// How much of its size is taken, 0 to 100; nil while it is not active.
    var usedPercent: Double?
    var isReadOnly: Bool
    var tags: [String]

    /// How much of the storage it takes, in bytes; at the most so much while that is not known.
    var used: Int64 { usedPercent.map { Int64(Double(size) * $0 / 100) } ?? size }

    var isOurs: Bool { tags.contains(LVMTag.mark) }
    /// Whoever makes it is not through, or was killed.
    var isHalfMade: Bool { tags.contains(LVMTag.making) }
    /// Two while it is being sealed: its own, and that of the artifact that it becomes.
    var names: [String] { isOurs ? tags.compactMap { LVMTag.value("name", of: $0) } : [] }
    /// The size of its file system, in bytes; nil if nothing says so.
    var limit: Int64? { tags.firstNonNil { LVMTag.value("limit", of: $0).flatMap { Int64($0) } } }
}

/// The tags that we know volumes by.
enum LVMTag {
    /// On every volume of ours.
    static let mark = "modplan"
    /// From the first moment until the volume is whole.
    static let making = "modplan.making"

    static func name(_ name: String) -> String { "modplan.name=\(name)" }
    static func limit(_ bytes: Int64) -> String { "modplan.limit=\(bytes)" }

    static func value(_ key: String, of tag: String) -> String? {
        let prefix = "modplan.\(key)="
        return tag.hasPrefix(prefix) ? String(tag.dropFirst(prefix.count)) : nil
    }
}

/// A thin pool as `lvs` tells of it.
struct ThinPool: Sendable, Equatable {
    var size: Int64
    var usedPercent: Double?
    var metadataUsedPercent: Double?
    /// In LVM's word, such as `out_of_data`; nil while nothing is wrong.
    var problem: String?
    /// Once it is full, writes wait instead of failing.
    var queuesWhenFull = false
}

/// A whole group from one `lvs`.
struct LVMReport: Sendable, Equatable {
    var pool: ThinPool
    /// All but the pool, in the order of their names; of every pool, and of none.
    var volumes: [LogicalVolume]
    var extentSize: Int64

    /// What could not be understood.
    enum Failure: Error, Equatable {
        case unreadable(String)
        case noPool
        case noThinPool
    }

    static let fields = [
        "lv_name", "lv_size", "lv_attr", "pool_lv", "data_percent", "metadata_percent",
        "lv_health_status", "lv_when_full", "vg_extent_size", "lv_tags",
    ]

    /// - Parameter json: what `lvs --reportformat json --units b --nosuffix` wrote.
    init(json: String, pool: String) throws(Failure) {
        let rows: [Row]
        do {
            let document = try JSONDecoder().decode(Document.self, from: Data(json.utf8))
            rows = document.report.flatMap { $0.lv ?? [] }
        } catch {
            throw .unreadable("\(error)")
        }
        guard let row = rows.first(where: { $0.lv_name == pool }) else { throw .noPool }
        guard row.lv_attr.hasPrefix("t") else { throw .noThinPool }
        guard let extentSize = Int64(row.vg_extent_size), extentSize > 0 else {
            throw .unreadable("vg_extent_size '\(row.vg_extent_size)'")
        }
        self.extentSize = extentSize
        self.pool = ThinPool(
            size: try row.size(), usedPercent: Double(row.data_percent),
            metadataUsedPercent: Double(row.metadata_percent),
            problem: row.lv_health_status.isEmpty ? nil : row.lv_health_status,
            queuesWhenFull: row.lv_when_full == "queue")
        var volumes: [LogicalVolume] = []
        for row in rows where row.lv_name != pool { volumes.append(try row.volume()) }
        self.volumes = volumes.sorted { $0.name < $1.name }
    }

    /// The limits of all thin volumes of the pool together, ours or not, in bytes.
    func virtualSize(of pool: String) -> Int64 {
        volumes.filter { $0.pool == pool }.map(\.size).reduce(0, +)
    }

    /// The fewest extents that hold so many bytes.
    func extents(_ bytes: Int64) -> Int64 {
        bytes / extentSize + (bytes % extentSize == 0 ? 0 : 1)
    }
}

private struct Document: Decodable {
    struct Section: Decodable { var lv: [Row]? }
    var report: [Section]
}

/// LVM writes every value as a string, and nothing as an empty one.
private struct Row: Decodable {
    var lv_name: String
    var lv_size: String
    var lv_attr: String
    var pool_lv: String
    var data_percent: String
    var metadata_percent: String
    var lv_health_status: String
    var lv_when_full: String
    var vg_extent_size: String
    var lv_tags: String

    func size() throws(LVMReport.Failure) -> Int64 {
        guard let size = Int64(lv_size), size >= 0 else {
            throw .unreadable("lv_size '\(lv_size)' of \(lv_name)")
        }
        return size
    }

    func volume() throws(LVMReport.Failure) -> LogicalVolume {
        LogicalVolume(
            name: lv_name, size: try size(), pool: pool_lv.isEmpty ? nil : pool_lv,
            usedPercent: Double(data_percent),
            // Capital for what another reason makes so, such as an origin's.
            isReadOnly: lv_attr.dropFirst().first.map { "rR".contains($0) } ?? false,
            tags: lv_tags.split(separator: ",").map(String.init))
    }
}

extension Sequence {
    fileprivate func firstNonNil<Value>(_ body: (Element) -> Value?) -> Value? {
        for element in self { if let value = body(element) { return value } }
        return nil
    }
}
