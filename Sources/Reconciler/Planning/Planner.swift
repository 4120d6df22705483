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
    var admission = Admission(world)
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
        let planner = AppPlanner(
            app: app, world: world, networkStep: networkStepIDs, builds: consume builds)
        var result: AppResult
        do throws(PlanningError) {
            result = try planner.run()
        } catch {
            // Thrown before the app counts on any build: what apps share is as it was.
            guard error.app == app else { throw error }
            result = .refused(app, error)
        }
        builds = planner.builds
        if let why = admission.refusal(of: result.steps.steps), !input.destroys {
            builds.withdraw(result.steps.steps)
            result.refuse(app, why)
        }
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
    combined.warnings = admission.warnings
    return combined
}

/// What one app adds to the plan.
struct AppResult {
    var changes: [Change] = []
    var drift: [Drift] = []
    var steps = StepList()

    /// One app's error keeps nobody else's plan.
    static func refused(_ app: String, _ error: PlanningError) -> AppResult {
        var result = AppResult()
        result.changes = [
            Change(
                address: .build(app: app), action: .hold, reason: .refused,
                fields: ["\(error)"], disruption: .none, isDrift: false)
        ]
        return result
    }

    /// Leaves all of an app as it is, for want of room.
    mutating func refuse(_ app: String, _ why: String) {
        steps = StepList()
        changes = [
            Change(
                address: .build(app: app), action: .hold, reason: .noRoom, fields: [],
                disruption: .none, isDrift: false, evidence: why)
        ]
    }
}

/// Builds of this plan by key: two apps with the same source share one.
struct SharedBuilds {
    /// The step after which the artifact is there.
    var sealed: [String: String] = [:]

    /// Takes back what steps were to build that are not taken.
    mutating func withdraw(_ steps: [Step]) {
        let gone = Set(steps.map(\.id))
        sealed = sealed.filter { !gone.contains($0.value) }
    }
}
