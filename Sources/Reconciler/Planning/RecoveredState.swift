import Desired
import Observed

/// What the host says of an app whose state is lost, with its record: the release of a container
/// that was made as the definition still asks, for the label says its number.
///
/// - Parameter input: without states.
/// - Returns: nil where nothing of the app is there, or what is there is of an unknown release.
package func recoveredState(
    of app: String, from input: PlanningInput
) throws(PlanningError) -> AppState? {
    let world = try World(input)
    guard let desired = world.desired(app) else { return nil }
    let target = try Target(desired, in: world)
    guard !target.isNew else { return nil }
    let containers = world.containers(of: app).filter { !$0.labels.isTransient }
    let isWhole =
        containers.count == target.definition.run.instances
        && containers.allSatisfy { container in
            guard let instance = container.labels.instance else { return true }
            let wanted = target.container(.run, instance: instance)
            return target.differences(of: container, from: wanted, in: world).isEmpty
        }
    return AppState(
        app: app, applied: isWhole ? desired.blob : nil, releases: [target.release])
}
