import Desired
import Observed

/// Whether there is room for what a plan makes: asked app by app, each counting what those before it
/// were granted.
///
/// A volume counts with its limit, since its app may fill it at any time; a sealed one with what it
/// takes, since it never grows. What a plan removes is given back only when it is gone: a new release
/// has to fit in beside the old one.
struct Admission {
    private let policy: HostFile.Policy
    private let capacity: Capacity?
    private let naming: Naming
    private let volume: (String) -> Volume?
    /// In bytes.
    private(set) var promised: Int64

    init(_ world: World) {
        self.init(
            world.input.policy, world.input.observed.capacity, naming: world.naming,
            sealed: Array(world.artifacts.values) + world.snapshots
        ) { name in world.naming.role(ofVolume: name).flatMap(world.volume) }
    }

    /// - Parameters:
    ///   - sealed: artifacts, and snapshots of storage.
    ///   - volume: what is there under a name.
    init(
        _ policy: HostFile.Policy, _ capacity: Capacity?, naming: Naming, sealed: [Volume],
        volume: @escaping (String) -> Volume?
    ) {
        self.policy = policy
        self.capacity = capacity
        self.naming = naming
        self.volume = volume
        promised = capacity?.promisedBytes ?? 0
        // Counted there with their limits, as all of the storage are.
        for volume in sealed { promised -= volume.limitBytes - volume.usedBytes }
    }

    /// What the steps would make writable, in bytes.
    private func demand(of steps: [Step]) -> Int64 {
        steps.reduce(0) { sum, step in
            switch step.operation {
            case .snapshotVolume(let origin, let name, _) where isSnapshot(name):
                sum + (volume(origin)?.usedBytes ?? 0)
            case .createVolume(_, let limit), .snapshotVolume(_, _, let limit): sum + limit
            case .growVolume(let name, let limit): sum + limit - (volume(name)?.limitBytes ?? 0)
            default: sum
            }
        }
    }

    private func isSnapshot(_ name: String) -> Bool {
        if case .storageSnapshot? = naming.role(ofVolume: name) { true } else { false }
    }

    /// Grants an app's steps, or says why not.
    mutating func refusal(of steps: [Step]) -> String? {
        let demand = demand(of: steps)
        guard demand > 0, let capacity else { return nil }
        if let why = capacity.fullness(from: policy.refusePercent, under: "policy.refuse") {
            return "no new volume: \(why); 'modplan prune' removes what nothing needs"
        }
        if let percent = policy.overcommitPercent {
            let (limit, overflow) = capacity.totalBytes.multipliedReportingOverflow(
                by: Int64(percent))
            let allowed = overflow ? Int64.max : limit / 100
            guard promised + demand <= allowed else {
                return "no room: it takes \(sizeText(demand)) more, and "
                    + "\(sizeText(promised)) of \(sizeText(allowed)) are promised already in "
                    + "\(capacity.place) (policy.overcommit is \(percent)%); 'modplan prune' "
                    + "removes what nothing needs"
            }
        }
        promised += demand
        return nil
    }

    /// What is to be said of the storage in any plan.
    var warnings: [String] {
        guard let capacity else { return [] }
        let advice = capacity.advice.map { "\(capacity.place): \(printable($0))" }
        return [capacity.fullness(from: policy.warnPercent, under: "policy.warn"), advice]
            .compactMap { $0 }
    }
}

extension Capacity {
    /// Nil while nothing has reached the level.
    fileprivate func fullness(from percent: Int, under key: String) -> String? {
        if let problem { return "\(place) says '\(printable(problem))'" }
        if let metadata = metadataUsedPercent, metadata >= Double(percent) {
            return "the metadata of \(place) is \(Int(metadata)) % full (\(key) is \(percent)%)"
        }
        guard totalBytes > 0 else { return nil }
        let used = Int(Double(usedBytes) * 100 / Double(totalBytes))
        guard used >= percent else { return nil }
        return "\(place) is \(used) % full, \(sizeText(usedBytes)) of \(sizeText(totalBytes)) "
            + "(\(key) is \(percent)%)"
    }
}
