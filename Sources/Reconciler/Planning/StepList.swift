/// Collects an app's steps and gives each its name.
struct StepList {
    private(set) var steps: [Step] = []
    private var taken: [String: Int] = [:]

    /// Adds a step and gives its id, for those that must come after it.
    @discardableResult
    mutating func add(
        _ operation: Operation, for subject: Address, after: [String] = [],
        remedyOf: [String] = []
    ) -> String {
        let base = "\(subject.label):\(operation.kind)"
        let count = taken[base, default: 0] + 1
        taken[base] = count
        let id = count == 1 ? base : "\(base)-\(count)"
        steps.append(
            Step(
                id: id, subject: subject, operation: operation, after: Set(after).sorted(),
                remedyOf: Set(remedyOf).sorted()))
        return id
    }

    /// Adds steps that each wait for the one before; gives the last one's id.
    mutating func chain(
        _ operations: [Operation], for subject: Address, after: [String],
        remedyOf: [String] = []
    ) -> [String] {
        var last = after
        for operation in operations {
            last = [add(operation, for: subject, after: last, remedyOf: remedyOf)]
        }
        return last
    }

    /// The steps that a plan that goes well consists of.
    var regular: [String] { steps.filter(\.remedyOf.isEmpty).map(\.id) }
}
