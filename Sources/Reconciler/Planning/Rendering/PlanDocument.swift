/// The plan as scripts see it: one JSON document, and what a saved plan holds.
package struct PlanDocument: Codable, Equatable, Sendable {
    package static let version = 1
    private static let prune = "prune"
    package var prunes: Bool { purpose == Self.prune }

    package struct Basis: Codable, Equatable, Sendable {
        package struct App: Codable, Equatable, Sendable {
            package var app: String
            package var definition: String?
            package var commit: String?
            package var tree: String?
            package var epoch: String?
            package var serial: Int
            /// Identifies what is to be done to the app; nil where nothing is.
            package var digest: String?
            package var resources: [Resource]
        }

        package struct Resource: Codable, Equatable, Sendable {
            package var name: String
            package var fingerprint: String
        }

        package var installation: String
        package var apps: [App]
        package var partial: Bool
    }

    package struct Change: Codable, Equatable, Sendable {
        package var address: String
        package var action: String
        package var reason: String
        package var fields: [String]
        package var disruption: String
        package var drift: Bool
        /// What goes with it on the host; left out where that is not the point.
        package var bytes: Int64?
        /// Figures of the moment that decided, for people.
        package var evidence: String?
    }

    package struct Drift: Codable, Equatable, Sendable {
        package var address: String
        package var kind: String
        package var evidence: String
        package var healed: Bool
    }

    package struct Step: Codable, Equatable, Sendable {
        package var id: String
        package var kind: String
        package var subject: String
        package var after: [String]
        /// Left out for a step that is for no other's failure.
        package var remedyOf: [String]?
    }

    package struct Summary: Codable, Equatable, Sendable {
        package var changes: Int
        package var drift: Int
        package var held: Int
        package var inSync: Int
        package var steps: Int
    }

    package var formatVersion: Int
    package var digest: String
    /// `prune`; left out of a plan that makes the host what the definitions ask for.
    package var purpose: String?
    package var basis: Basis
    package var changes: [Change]
    package var drift: [Drift]
    /// Apps with no change and no drift, by name.
    package var inSync: [String]
    package var steps: [Step]
    package var summary: Summary
    package var needsAllowDestroy: Bool
    /// What is to be said of the host beside what is done; left out where there is nothing.
    package var warnings: [String]?
}

extension Change {
    /// In one line, as the plan's text has it: `web/0 restart: run.environment: A changed`.
    package var words: String {
        let change = PlanDocument.Change(self)
        return "\(address.label) \(change.action): \(change.explanation)"
    }
}

extension PlanDocument.Change {
    init(_ change: Change) {
        self.init(
            address: change.address.description, action: change.action.rawValue,
            reason: change.reason.rawValue, fields: change.fields,
            disruption: change.disruption.description, drift: change.isDrift, bytes: change.bytes,
            evidence: change.evidence)
    }
}

extension PlanDocument {
    package init(_ plan: Plan) {
        formatVersion = Self.version
        let digests = plan.appDigests
        digest = plan.digest
        purpose = plan.basis.prunes ? Self.prune : nil
        basis = Basis(
            installation: plan.basis.installation,
            apps: plan.basis.apps.map {
                Basis.App(
                    app: $0.app, definition: $0.definition, commit: $0.commit, tree: $0.tree,
                    epoch: $0.epoch, serial: $0.serial, digest: digests[$0.app],
                    resources: $0.resources.map {
                        Basis.Resource(name: $0.name, fingerprint: $0.fingerprint)
                    })
            }, partial: plan.basis.isPartial)
        changes = plan.changes.map(PlanDocument.Change.init)
        drift = plan.drift.map {
            Drift(
                address: $0.address.description, kind: $0.kind.rawValue, evidence: $0.evidence,
                healed: $0.isHealed)
        }
        inSync = plan.inSync
        steps = plan.steps.map {
            Step(
                id: $0.id, kind: $0.operation.kind, subject: $0.subject.description,
                after: $0.after, remedyOf: $0.remedyOf.isEmpty ? nil : $0.remedyOf)
        }
        summary = Summary(
            changes: plan.changeCount, drift: plan.driftCount, held: plan.heldCount,
            inSync: plan.inSync.count,
            // Not those for a failure.
            steps: plan.steps.count(where: \.remedyOf.isEmpty))
        needsAllowDestroy = plan.needsAllowDestroy
        warnings = plan.warnings.isEmpty ? nil : plan.warnings
    }
}
