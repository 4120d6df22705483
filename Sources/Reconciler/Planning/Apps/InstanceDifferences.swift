import Desired
import Observed

extension AppPlanner {
    /// Notes a configuration that differs from the wanted one.
    @discardableResult
    func noteConfiguration(
        _ contents: RunVolumeContents, _ instance: InstancePlan, _ disruption: Disruption
    ) -> Bool {
        let wanted = instance.target.configuration(instance.number)
        let found = contents.configuration ?? []
        guard wanted.rendered != found else { return false }
        let fields = wanted.differences(from: found)
        note(
            instance.address, .restart, isAsApplied ? .configurationEdited : .environmentChanged,
            fields, disruption, isDrift: isAsApplied)
        if isAsApplied {
            noteDrift(
                instance.address, .configurationEdited, fields.joined(separator: ", "),
                hasStep: true)
        }
        return true
    }

    /// - Returns: true for a program that supervisord will not start by itself.
    func noteProgram(_ program: Program, _ instance: InstancePlan) -> Bool {
        guard [.fatal, .exited, .stopped].contains(program.state) else {
            if program.state == .backoff {
                noteDrift(
                    instance.address, .programRestarting,
                    "program ends before it is up; supervisord tries again", hasStep: false)
            }
            return false
        }
        note(instance.address, .restart, .programStopped, [], .processRestart, isDrift: true)
        noteDrift(
            instance.address, .programStopped,
            "program \(program.state.rawValue), exit status \(program.exitStatus)", hasStep: true)
        return true
    }

    struct Limits {
        var operation: Operation
        var fields: [String]
        /// The engine refuses a limit below what is in use, and some languages size their heap
        /// once, at the start.
        var restarts: Bool
    }

    func limits(_ container: Container, _ instance: InstancePlan) -> Limits? {
        let spec = instance.spec
        guard let wantedCPUs = spec.nanoCPUs else { return nil }
        let memory = container.settings.memoryBytes
        var fields: [String] = []
        if memory != spec.memoryBytes {
            let sizes = [memory, spec.memoryBytes].map { ByteCount(bytes: $0).description }
            fields.append("run.memory \(sizes[0]) → \(sizes[1])")
        }
        if container.settings.nanoCPUs != wantedCPUs { fields.append("run.cpus") }
        guard !fields.isEmpty else { return nil }
        let sizesHeap = [.java, .php].contains(instance.target.definition.language)
        return Limits(
            operation: .updateLimits(
                container.reference, memoryBytes: spec.memoryBytes, nanoCPUs: wantedCPUs),
            fields: fields,
            restarts: memory != spec.memoryBytes && (memory > spec.memoryBytes || sizesHeap))
    }

    func note(_ limits: Limits, _ instance: InstancePlan, restarts: Bool) {
        note(
            instance.address, restarts ? .restart : .update, .limitsChanged, limits.fields,
            restarts ? .processRestart : .none, isDrift: isAsApplied)
        if isAsApplied {
            noteDrift(
                instance.address, .limitsChanged, limits.fields.joined(separator: ", "),
                hasStep: true)
        }
    }

    /// The definition has not moved since the last apply: what differs was moved by a hand.
    private var isAsApplied: Bool {
        state.applied != nil && state.applied == desired?.blob
    }
}
