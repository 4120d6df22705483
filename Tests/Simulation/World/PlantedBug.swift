import Execution
import Planning

/// Defects that somebody could make, each to be caught by some schedule: what this simulation is
/// worth.
package enum PlantedBug: String, CaseIterable, Sendable {
    // In planning.
    case oldEndsBeforeNewIsReady
    case volumeRemovedBeforeItsContainer
    case sealedWhileBuilding
    case startedBeforeItsConfiguration
    case neverReread
    case neverStopped
    case layoutNotRepaired
    case releaseNotRecorded
    case unmarkedIsOurs
    case unsettledForgotten
    case stopForgotten
    case livingTasksSwept
    case candidateKept
    case volumeNotMounted
    case storageEndsWithItsInstance
    case snapshotBeforeTheOldStops
    case storageNotUnmounted
    case oldNotStartedAgain
    case dataNotBroughtBack
    case pruneKeepsOneRelease
    // In observing.
    case engineDownIsEmpty
    case volumesUnreadIsEmpty
    case programUnreadIsStopped
    case definitionsCutShort
    // In executing.
    case effectBeforeIntent
    case errorsSwallowed
    case notPlannedAgain
    case noLocks
    case startWithoutItsVolume
    case madeTwiceIsFine
    case volumeRemovedBlindly
    case storageShared
    case storageNotRecorded
    case networkMadeBlindly
    case sharedLocksNotTaken
    case ledgerNotSynced
    case stateWrittenInPlace
}

extension PlantedBug {
    /// The planner with this defect.
    func plan(_ input: PlanningInput, in world: World) throws -> Plan {
        var input = input
        switch self {
        case .unsettledForgotten: input.unsettled = []
        case .livingTasksSwept: input.livingTasks = []
        case .pruneKeepsOneRelease where input.purpose == .prune:
            for app in input.states.keys {
                let newest = input.states[app]?.releases.suffix(1)
                input.states[app]?.releases = newest.map(Array.init) ?? []
            }
        case .stopForgotten: for app in input.states.keys { input.states[app]?.stopped = nil }
        default: break
        }
        var plan = try Planning.plan(input)
        switch self {
        case .notPlannedAgain:
            if let first = world.plans[input.selection] { return first }
            world.plans[input.selection] = plan
        case .oldEndsBeforeNewIsReady: plan.steps.cut { isEnd($0.operation) && $0.isOfRun }
        case .volumeRemovedBeforeItsContainer:
            plan.steps.cut {
                if case .removeVolume = $0.operation { true } else { false }
            }
        case .sealedWhileBuilding:
            plan.steps.cut {
                if case .sealArtifact = $0.operation { true } else { false }
            }
        case .startedBeforeItsConfiguration:
            plan.steps.drop {
                if case .writeConfiguration = $0 { true } else { false }
            }
        case .neverReread:
            plan.steps.drop { if case .updateProgram = $0 { true } else { false } }
        case .neverStopped:
            plan.steps.drop { if case .stopContainer = $0 { true } else { false } }
        case .layoutNotRepaired:
            plan.steps.drop { if case .repairLayout = $0 { true } else { false } }
        case .candidateKept:
            plan.steps.drop {
                if case .removeContainer(let reference) = $0 {
                    reference.name.hasSuffix(".candidate")
                } else {
                    false
                }
            }
        case .volumeNotMounted:
            plan.steps.drop { if case .mountVolume = $0 { true } else { false } }
        case .storageEndsWithItsInstance:
            plan.steps.replace {
                guard case .recordStorage(let number, .orphaned) = $0.operation,
                    let app = $0.subject.app
                else { return nil }
                let role = VolumeRole.storage(app: app, instance: number)
                return .removeVolume(name: world.host.naming.volume(role))
            }
        case .snapshotBeforeTheOldStops:
            plan.steps.cut {
                if case .snapshotVolume(let origin, _, _) = $0.operation {
                    world.isStorage(origin)
                } else {
                    false
                }
            }
        case .storageNotUnmounted:
            plan.steps.cut {
                if case .unmountVolume(let name) = $0.operation {
                    world.isStorage(name)
                } else {
                    false
                }
            }
        case .oldNotStartedAgain: plan.steps.removeAll { !$0.remedyOf.isEmpty }
        case .dataNotBroughtBack:
            plan.steps.replace {
                guard case .snapshotVolume(_, let name, let limit) = $0.operation,
                    case .storage? = world.host.naming.role(ofVolume: name)
                else { return nil }
                return .createVolume(name: name, limitBytes: limit)
            }
        case .storageShared: plan.steps.drop { if case .stopContainer = $0 { true } else { false } }
        case .unmarkedIsOurs:
            if let app = plan.basis.apps.first?.app, !plan.isEmpty {
                plan.steps.append(
                    Step(
                        id: "unmarked", subject: .build(app: app),
                        operation: .removeVolume(name: "test.notes"), after: []))
            }
        default: break
        }
        return plan
    }
}

private func isEnd(_ operation: Operation) -> Bool {
    switch operation {
    case .stopContainer(let reference), .removeContainer(let reference): reference.id != nil
    default: false
    }
}

extension Step {
    fileprivate var isOfRun: Bool { if case .instance = subject { true } else { false } }
}

extension [Step] {
    /// Lets these wait for nothing.
    fileprivate mutating func cut(_ isMeant: (Step) -> Bool) {
        for index in indices where isMeant(self[index]) { self[index].after = [] }
    }

    /// Puts another operation in the place of these.
    fileprivate mutating func replace(_ other: (Step) -> Planning.Operation?) {
        for index in indices {
            if let operation = other(self[index]) { self[index].operation = operation }
        }
    }

    /// Leaves these out; what waited for them waits for what they waited for.
    fileprivate mutating func drop(_ isMeant: (Operation) -> Bool) {
        for step in self where isMeant(step.operation) {
            for index in indices where self[index].after.contains(step.id) {
                self[index].after.removeAll { $0 == step.id }
                self[index].after = Set(self[index].after + step.after).sorted()
            }
            removeAll { $0.id == step.id }
        }
    }
}
