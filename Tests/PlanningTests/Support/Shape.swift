import Foundation
import Observed

@testable import Planning

/// What is so of every plan, whatever it is for.
struct Shape {
    private let plan: Plan
    private let input: PlanningInput
    private let naming: Naming

    init(_ plan: Plan, of input: PlanningInput) {
        self.plan = plan
        self.input = input
        naming = Naming(installation: input.installation)
    }

    func check() throws {
        try stepsAreInAnOrder()
        try onlyOursIsTouched()
        try nothingIsSecretlyDone()
        try valuesAppearNowhere()
    }

    private func stepsAreInAnOrder() throws {
        let ids = Set(plan.steps.map(\.id))
        try require(ids.count == plan.steps.count, "two steps of one id")
        for step in plan.steps {
            try require(ids.isSuperset(of: step.after), "\(step.id) waits for what is not there")
            try require(step.after == Set(step.after).sorted(), "\(step.id): not sorted, or twice")
        }
        var done: Set<String> = []
        var waiting = plan.steps
        while !waiting.isEmpty {
            let ready = waiting.filter { done.isSuperset(of: $0.after) }
            try require(!ready.isEmpty, "a circle: \(waiting.map(\.id))")
            done.formUnion(ready.map(\.id))
            waiting.removeAll { done.contains($0.id) }
        }
    }

    /// A container by its observed id or made by this very plan; a volume by a name that is ours.
    private func onlyOursIsTouched() throws {
        let observed = input.observed.engine.value?.containers ?? []
        var made: Set<String> = []
        for step in plan.steps {
            if case .createContainer(let spec) = step.operation { made.insert(spec.name) }
        }
        for step in plan.steps {
            if let selection = input.selection, let app = step.subject.app {
                try require(selection.contains(app), "\(step.id): the app was not named")
            }
            switch step.operation {
            case .stopContainer(let reference), .removeContainer(let reference):
                let found = observed.first { $0.id == reference.id }
                try require(
                    reference.id == nil
                        ? made.contains(reference.name) : found?.labels.app == step.subject.app,
                    "\(step.id): \(reference.key) is not the app's")
            case .unmountVolume(let name), .removeVolume(let name), .mountVolume(let name):
                let role = naming.role(ofVolume: name)
                try require(role != nil, "\(step.id): \(name) is not ours")
                try require(
                    role?.app == step.subject.app, "\(step.id): \(name) is another app's")
            default: break
            }
        }
    }

    private func nothingIsSecretlyDone() throws {
        let changed = Set(plan.changes.compactMap(\.address.app))
        let acted = Set(plan.steps.compactMap(\.subject.app))
        try require(acted.isSubset(of: changed), "steps without a change: \(acted)\n\(plan.text)")
        try require(
            acted.union(changed).isDisjoint(with: plan.inSync),
            "in sync, yet acted on\n\(plan.text)")
        let drifted = Set(plan.drift.map(\.address))
        try require(
            plan.changes.filter(\.isDrift).allSatisfy { drifted.contains($0.address) },
            "a change is drift that is not shown\n\(plan.text)")
    }

    private func valuesAppearNowhere() throws {
        let json = String(
            decoding: try JSONEncoder().encode(PlanDocument(plan)), as: UTF8.self)
        try require(!plan.text.contains(GeneratedWorld.marker), "a value in \(plan.text)")
        try require(!json.contains(GeneratedWorld.marker), "a value in \(json)")
    }

    private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        if !condition { throw ModelError(description: message()) }
    }
}
