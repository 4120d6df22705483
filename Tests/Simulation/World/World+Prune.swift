import Observed
import Planning
import State

// What a prune may not take, seen without the planner's own idea of what is needed.

extension World {
    func willPrune(artifact key: String) {
        let name = host.naming.volume(.artifact(key: key))
        pruned.insert(name)
        for (app, release) in needed where release.artifact == key {
            violate("\(name) is removed, and release \(release.number) of \(app) needs it")
        }
    }

    func willPrune(_ image: Image) {
        pruned.insert(image.id)
        guard !host.images.contains(where: { $0.inputDigest == image.inputDigest }) else { return }
        for (app, release) in needed where release.runImage == image.inputDigest {
            violate("\(image.id) is removed, and release \(release.number) of \(app) needs it")
        }
    }

    /// The releases on record that can be rolled back to, and those that are on the host.
    private var needed: [(app: String, release: Release)] {
        Self.names.flatMap { app -> [(String, Release)] in
            guard let state = try? store.state(of: app) else { return [] }
            let here =
                wasMisled
                ? []
                : host.boxes.values.compactMap { box in
                    box.container.labels.app == app && !box.container.labels.isTransient
                        ? box.container.labels.release : nil
                }
            let newest = state.releases.map(\.number).sorted().suffix(5)
            let numbers = Set(here + newest + [state.pin?.release ?? 0])
            return state.releases.filter { numbers.contains($0.number) }.map { (app, $0) }
        }
    }
}
