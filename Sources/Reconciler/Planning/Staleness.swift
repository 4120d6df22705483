/// Whether a saved plan still is what a plan of today would do.
package enum Staleness {
    /// The apps that a saved plan acts on: only what these read is held against today.
    package static func apps(of saved: PlanDocument) -> [String] {
        saved.basis.apps.filter { $0.digest != nil }.map(\.app)
    }

    /// What has moved since the plan was saved, by name; empty if it may be applied.
    ///
    /// - Parameter fresh: a plan of at least `apps(of:)`.
    package static func moved(_ saved: PlanDocument, to fresh: PlanDocument) -> [String] {
        // What is to be removed hangs together: an artifact of one app is another's.
        if saved.prunes { return saved.digest == fresh.digest ? [] : ["what nothing needs"] }
        let today = Dictionary(fresh.basis.apps.map { ($0.app, $0) }, uniquingKeysWith: { $1 })
        var moved: [String] = []
        for before in saved.basis.apps where before.digest != nil {
            let after = today[before.app]
            var own: [String] = []
            if before.definition != after?.definition { own.append("the definition") }
            if before.tree != after?.tree { own.append("the source") }
            if before.epoch != after?.epoch || before.serial != after?.serial {
                own.append("the state")
            }
            own += resources(before, after)
            if own.isEmpty && before.digest != after?.digest {
                // Nothing was read where nothing is left to do.
                own = [after?.digest == nil ? "the need" : "what would be done"]
            }
            moved += own.map { "\($0) of \(before.app)" }
        }
        return moved
    }

    private static func resources(
        _ before: PlanDocument.Basis.App, _ after: PlanDocument.Basis.App?
    ) -> [String] {
        // With nothing left to do nothing was read: what would be done is what has moved.
        guard let after, after.digest != nil else { return [] }
        let old = Dictionary(
            before.resources.map { ($0.name, $0.fingerprint) }, uniquingKeysWith: { $1 })
        let new = Dictionary(
            after.resources.map { ($0.name, $0.fingerprint) }, uniquingKeysWith: { $1 })
        return Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }
    }
}
