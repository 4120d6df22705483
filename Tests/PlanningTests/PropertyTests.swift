import Desired
import Foundation
import Observed
import Testing

@testable import Planning

/// What must hold of every plan, over worlds that a seed moves at random. A failure names the
/// world's seed: `GeneratedWorld(seed:)` makes it again.
@Suite struct PropertyTests {
    /// `MODPLAN_WORLDS` asks for more than there is time for in every run.
    private static let worlds =
        ProcessInfo.processInfo.environment["MODPLAN_WORLDS"].flatMap(UInt64.init) ?? 30
    private static let rounds = 6

    /// Runs a body on each round of each world; a round edits, disturbs, and sometimes dies midway.
    private func everyRound(_ body: (inout GeneratedWorld) throws -> Void) {
        for seed in 0..<Self.worlds {
            var world = GeneratedWorld(seed: seed)
            for round in 0..<Self.rounds {
                world.edit()
                world.disturb()
                do {
                    try body(&world)
                } catch {
                    Issue.record("seed \(seed), round \(round): \(error)")
                    return
                }
            }
        }
    }

    @Test func afterAnApplyThePlanIsEmptyAndTheHostIsAsAskedFor() {
        everyRound { world in
            let first = try plan(world.input)
            if world.random.happens(oneIn: 3), !first.isEmpty {
                let steps = Int.random(in: 0..<first.steps.count, using: &world.random)
                try world.apply(first, dyingAfter: steps)
            }
            let second = try plan(world.input)
            do {
                try world.apply(second)
                try world.requireAsAskedFor()
                let third = try plan(world.input)
                guard third.isEmpty, third.changes.allSatisfy({ $0.action == .hold }) else {
                    throw ModelError(description: "not empty after its apply:\n\(third.text)")
                }
            } catch {
                throw ModelError(description: "\(error)\n\(second.text)\(second.outline)")
            }
        }
    }

    @Test func theOrderOfTheInputNeverMatters() {
        everyRound { world in
            let first = PlanDocument(try plan(world.input))
            let text = try plan(world.input).text
            var input = world.input
            input.desired.shuffle(using: &world.random)
            var engine =
                input.observed.engine.value ?? Engine(containers: [], images: [], network: nil)
            engine.containers.shuffle(using: &world.random)
            engine.images.shuffle(using: &world.random)
            input.observed.engine = .read(engine)
            let volumes = (input.observed.volumes.value ?? []).shuffled(using: &world.random)
            input.observed.volumes = .read(volumes)
            let second = try plan(input)
            guard PlanDocument(second) == first, second.text == text else {
                throw ModelError(description: "\(text)\n\(second.text)")
            }
            // What an interrupted apply leaves is where there is most to put in order.
            try world.apply(
                second, dyingAfter: Int.random(in: 0...second.steps.count, using: &world.random))
        }
    }

    @Test func everyPlanIsWellFormed() {
        everyRound { world in
            var input = world.input
            if world.random.happens(oneIn: 4) { input.purpose = .destroy(storage: true) }
            if world.random.happens(oneIn: 4) {
                input.selection = Set(input.desired.prefix(2).map(\.definition.name))
            }
            let shaped = try plan(input)
            try Shape(shaped, of: input).check()
            if input.selection == nil { try world.apply(shaped) }
            if input.destroys && input.selection == nil {
                guard world.model.boxes.isEmpty, world.model.network == nil,
                    world.model.states.isEmpty,
                    world.model.disks.keys.allSatisfy({
                        world.model.naming.role(ofVolume: $0) == nil
                    })
                else { throw ModelError(description: "destroy left something: \(world.model)") }
            }
        }
    }

    /// However often its way there is cut short, and what was there before is kept.
    @Test func dataComesBackAsItsReleaseLeftIt() {
        var count = 0
        everyRound { world in
            try world.apply(try plan(world.input))
            let snapshots = world.model.snapshots
            guard let (app, release, kept) = world.random.pick(snapshots) else { return }
            var input = world.input
            input.selection = [app]
            input.purpose = .rollback(to: release, withData: true)
            let first = try plan(input)
            guard first.refusals.isEmpty else { return }
            let name = world.model.naming.volume(.storage(app: app, instance: 0))
            let present = world.model.disks[name]?.data ?? []
            try world.apply(
                first, dyingAfter: Int.random(in: 0...first.steps.count, using: &world.random))
            // As a command that is repeated, if it did not come so far as to be remembered.
            let isPinned = world.model.states[app]?.pin?.release == release
            if !isPinned { return }
            try world.apply(try plan(world.input))
            let volumes = world.model.disks.filter { world.model.naming.isStorage($0.key, of: app) }
            let found = volumes[name]?.data ?? []
            guard found.starts(with: kept) || found.starts(with: present) else {
                throw ModelError(description: "\(name) has \(found), not \(kept)\n\(first.text)")
            }
            guard volumes.values.contains(where: { $0.data.starts(with: present) }) else {
                throw ModelError(description: "\(present) is lost\n\(first.text)")
            }
            count += 1
        }
        #expect(count > 0, "no data was ever brought back")
    }

    @Test func whatCannotBeObservedIsLeftAlone() {
        everyRound { world in
            try world.apply(try plan(world.input))
            world.edit()
            guard
                let app = world.random.pick(
                    Array(Set(world.model.boxes.values.map(\.container.labels.app))).sorted())
            else { return }
            var input = world.input
            var engine =
                input.observed.engine.value ?? Engine(containers: [], images: [], network: nil)
            for index in engine.containers.indices where engine.containers[index].labels.app == app
            {
                engine.containers[index].program = .unavailable("no answer")
            }
            input.observed.engine = .read(engine)
            let blind = try plan(input)
            for step in blind.steps where step.subject.app == app {
                guard !actsOnTheProgram(step) else {
                    throw ModelError(description: "acts blindly: \(step.id)\n\(blind.text)")
                }
            }
        }
    }

    /// Of a container that was there before, whose program may be anything.
    private func actsOnTheProgram(_ step: Step) -> Bool {
        switch step.operation {
        case .startProgram(let reference), .updateProgram(let reference),
            .stopProgram(let reference), .updateLimits(let reference, _, _):
            reference.id != nil
        default: false
        }
    }
}

extension Plan {
    var outline: String {
        steps.map { "    \($0.id) ← \($0.after.joined(separator: " "))\n" }.joined()
    }
}
