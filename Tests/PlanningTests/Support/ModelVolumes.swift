import Observed

@testable import Planning

extension Model {
    mutating func runVolume(_ step: Step) throws(ModelError) {
        switch step.operation {
        case .createVolume(let name, let limit):
            try require(disks[name] == nil, "the volume is there", step)
            disks[name] = Disk(limitBytes: limit)
        case .writeSource(let name, _):
            try mounted(name, step)
            disks[name]?.hasSource = true
        case .sealArtifact(let name, let artifact):
            try mounted(name, step)
            try require(disks[artifact] == nil, "the artifact is there", step)
            disks[name] = nil
            disks[artifact] = Disk(limitBytes: 1 << 20)
        case .snapshotVolume(let origin, let name, let limit):
            try require(disks[origin] != nil, "no such artifact: \(origin)", step)
            try require(disks[name] == nil, "the volume is there", step)
            try require(disks[origin]?.isMounted == false, "the origin is mounted", step)
            disks[name] = Disk(limitBytes: limit, data: disks[origin]?.data ?? [])
        case .renameVolume(let name, let other):
            try require(disks[name]?.isMounted == false, "not there, or mounted", step)
            try require(disks[other] == nil, "\(other) is there", step)
            disks[other] = disks[name]
            disks[name] = nil
        case .layOutStorage(let name, let volume):
            try mounted(name, step)
            try mounted(volume, step)
            disks[name]?.isOwned = true
        case .mountVolume(let name):
            try require(disks[name]?.isMounted == false, "not there, or mounted already", step)
            disks[name]?.isMounted = true
        case .growVolume(let name, let limit):
            let size = disks[name]?.limitBytes ?? 0
            try require(size > 0 && size < limit, "not there, or as large already", step)
            disks[name]?.limitBytes = limit
        case .unmountVolume(let name):
            try require(disks[name] != nil, "not there", step)
            try unused(name, step)
            disks[name]?.isMounted = false
        case .removeVolume(let name):
            try require(disks[name]?.isMounted == false, "not there, or still mounted", step)
            try unused(name, step)
            disks[name] = nil
        case .repairLayout(let name):
            try mounted(name, step)
            disks[name]?.damagedFolders = []
        case .writeConfiguration(let name, let configuration):
            try mounted(name, step)
            disks[name]?.configuration = configuration.rendered
        default:
            throw ModelError(description: "\(step.id): not a volume's")
        }
    }

    func mounted(_ name: String, _ step: Step) throws(ModelError) {
        try require(disks[name]?.isMounted == true, "\(name) is not mounted", step)
    }

    /// A container that is up keeps the bind: what is removed under it is still in use.
    private func unused(_ name: String, _ step: Step) throws(ModelError) {
        let user = boxes.values.first { $0.isUp && [$0.volume, $0.storage].contains(name) }
        try require(user == nil, "\(name) is in use", step)
    }
}
