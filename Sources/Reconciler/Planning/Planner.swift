/// Says what has to happen so that the world becomes what the definitions ask for.
///
/// Pure and deterministic: the same input gives the same plan, in any order of its lists.
/// - Throws: where the input is not enough to say anything that is sure to be true.
package func plan(_ input: PlanningInput) throws(PlanningError) -> Plan {
    let world = try World(input)
    if input.purpose == .prune { return prunePlan(world) }
    var combined = Plan(
        basis: Basis(installation: input.installation, apps: [], isPartial: input.selection != nil),
        changes: [], drift: [], steps: [], inSync: [], needsAllowDestroy: false)
    var builds = SharedBuilds()
    let network = world.network
    var networkStep: [Step] = []
    if network == nil && !input.destroys {
        networkStep = [
            Step(
                id: "network:create-network", subject: .network,
                operation: .createNetwork(name: world.naming.network), after: [])
        ]
    }
    let networkStepIDs = networkStep.map(\.id)
    for app in world.appNames {
        // Handed on, not copied: each app may add to it.
        var planner = AppPlanner(
            app: app, world: world, networkStep: networkStepIDs, builds: consume builds)
        let result = try planner.run()
        builds = planner.builds
        let resources = result.steps.steps.isEmpty ? [] : planner.resources()
        combined.basis.apps.append(planner.basis(reading: resources))
        combined.changes += result.changes
        combined.drift += result.drift
        combined.steps += result.steps.steps
        if result.changes.isEmpty && result.drift.isEmpty { combined.inSync.append(app) }
    }
    if combined.steps.contains(where: { $0.after.contains(where: networkStepIDs.contains) }) {
        combined.steps = networkStep + combined.steps
    }
    if input.destroys && input.selection == nil { combined.steps += world.finalRemovals(combined) }
    combined.steps = world.orderingPorts(combined.steps)
    combined.changes.sort { ($0.address, $0.action.rawValue) < ($1.address, $1.action.rawValue) }
    combined.drift.sort { ($0.address, $0.kind.rawValue) < ($1.address, $1.kind.rawValue) }
    combined.needsAllowDestroy = world.endsTooMuch
    return combined
}

/// What one app adds to the plan.
struct AppResult {
    var changes: [Change] = []
    var drift: [Drift] = []
    var steps = StepList()
}

/// Builds of this plan by key: two apps with the same source share one.
struct SharedBuilds {
    /// The step after which the artifact is there.
    var sealed: [String: String] = [:]
}
