import Desired
import Observed

extension AppPlanner {
    /// Plans an instance whose container is of the right release.
    ///
    /// - Returns: nil if it could not be observed; `after` if there is nothing to do.
    mutating func planCurrent(
        _ container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String]? {
        let fields = instance.target.differences(of: container, in: world)
        let isGone = [.dead, .removing].contains(container.status)
        if !fields.isEmpty || isGone {
            return recreate(container, instance, fields: fields, after: after)
        }
        guard container.status == .running else {
            return start(container, instance, after: after)
        }
        return update(container, instance, after: after)
    }

    private mutating func recreate(
        _ container: Container, _ instance: InstancePlan, fields: [String], after: [String]
    ) -> [String] {
        let isDrift = container.labels.spec == instance.spec.digest
        let reason: Reason = isDrift ? .containerDiffers : .settingsChanged
        note(
            instance.address, .replace, reason, fields,
            instance.spec.port == nil ? .restart : .gap(seconds: 3), isDrift: isDrift)
        if isDrift {
            let what = fields.isEmpty ? container.status.rawValue : fields.joined(separator: ", ")
            noteDrift(instance.address, .containerDiffers, "differs: \(what)", hasStep: true)
        }
        let removed = removeContainer(container, at: instance.address, after: after)
        let prepared = prepareVolume(instance, after: removed)
        return bringUp(instance.spec, instance, after: prepared + networkStep)
    }

    private mutating func start(
        _ container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String] {
        note(instance.address, .restart, .containerStopped, [], .restart, isDrift: true)
        noteDrift(instance.address, .containerStopped, container.end, hasStep: true)
        var last = prepareVolume(instance, after: after)
        last += planLimits(container, instance, isRunning: false, after: last)
        var operations: [Operation] = [.startContainer(container.reference)]
        // The engine starts no paused container; a stop ends the pause.
        if container.status == .paused {
            operations.insert(.stopContainer(container.reference), at: 0)
        }
        operations.append(ready(container.reference, instance))
        return result.steps.chain(operations, for: instance.address, after: last)
    }

    private mutating func update(
        _ container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String]? {
        let address = instance.address
        guard let volume = instance.volume, volume.isMounted else {
            note(address, .update, .volumeUnmounted, [], .none, isDrift: true)
            noteDrift(address, .volumeUnmounted, "volume is not mounted on the host", hasStep: true)
            // What lies on it is seen by the next plan.
            isUncertain = true
            return result.steps.chain(
                [.mountVolume(name: instance.volumeName)], for: address, after: after)
        }
        guard case .read(let contents) = volume.contents else {
            let why = volume.contents?.failure ?? "not read"
            noteDrift(address, .unobservable, "volume: \(why)", hasStep: false)
            return nil
        }
        guard case .read(let program) = container.program else {
            let why = container.program?.failure ?? "not read"
            noteDrift(address, .unobservable, "supervisord: \(why)", hasStep: false)
            return nil
        }
        var last = after
        if !contents.damagedFolders.isEmpty {
            note(address, .update, .layoutDamaged, contents.damagedFolders, .none, isDrift: true)
            noteDrift(
                address, .layoutDamaged, contents.damagedFolders.joined(separator: ", "),
                hasStep: true)
            last = result.steps.chain(
                [.repairLayout(volume: instance.volumeName)], for: address, after: last)
        }
        last = planLimits(container, instance, isRunning: true, after: last)
        let configured = planConfiguration(contents, container, instance, after: last)
        if configured != last { return configured }
        let started = planProgram(program, container, instance, after: last)
        guard started == last, world.input.unsettled.contains(instance.address) else {
            return started
        }
        note(address, .restart, .unsettled, [], .processRestart)
        return prove(container, instance, after: last)
    }

    /// New limits arrive under a live process, but for memory that is lowered: the engine refuses
    /// a limit below what is in use.
    private mutating func planLimits(
        _ container: Container, _ instance: InstancePlan, isRunning: Bool, after: [String]
    ) -> [String] {
        let spec = instance.spec
        guard let wantedCPUs = spec.nanoCPUs else { return after }
        let memory = container.settings.memoryBytes
        var fields: [String] = []
        if memory != spec.memoryBytes {
            let sizes = [memory, spec.memoryBytes].map { ByteCount(bytes: $0).description }
            fields.append("run.memory \(sizes[0]) → \(sizes[1])")
        }
        if container.settings.nanoCPUs != wantedCPUs { fields.append("run.cpus") }
        guard !fields.isEmpty else { return after }
        let sizesHeap = [.java, .php].contains(instance.target.definition.language)
        let restarts =
            isRunning && memory != spec.memoryBytes && (memory > spec.memoryBytes || sizesHeap)
        let isDrift = isAsApplied
        note(
            instance.address, restarts ? .restart : .update, .limitsChanged, fields,
            restarts ? .processRestart : .none, isDrift: isDrift)
        if isDrift {
            noteDrift(
                instance.address, .limitsChanged, fields.joined(separator: ", "), hasStep: true)
        }
        let limits = Operation.updateLimits(
            container.reference, memoryBytes: spec.memoryBytes, nanoCPUs: wantedCPUs)
        let operations =
            restarts
            ? [
                .stopProgram(container.reference), limits, .startProgram(container.reference),
                ready(container.reference, instance),
            ] : [limits]
        return result.steps.chain(operations, for: instance.address, after: after)
    }

    private mutating func planConfiguration(
        _ contents: RunVolumeContents, _ container: Container, _ instance: InstancePlan,
        after: [String]
    ) -> [String] {
        let wanted = instance.target.configuration(instance.number)
        let found = contents.configuration ?? []
        guard wanted.rendered != found else { return after }
        let fields = wanted.differences(from: found)
        let isDrift = isAsApplied
        note(
            instance.address, .restart, isDrift ? .configurationEdited : .environmentChanged,
            fields, .processRestart, isDrift: isDrift)
        if isDrift {
            noteDrift(
                instance.address, .configurationEdited, fields.joined(separator: ", "),
                hasStep: true)
        }
        return result.steps.chain(
            [
                .writeConfiguration(volume: instance.volumeName, wanted),
                .updateProgram(container.reference), ready(container.reference, instance),
            ], for: instance.address, after: after)
    }

    private mutating func planProgram(
        _ program: Program, _ container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String] {
        let stopped: [Program.State] = [.fatal, .exited, .stopped]
        guard stopped.contains(program.state) else {
            if program.state == .backoff {
                noteDrift(
                    instance.address, .programRestarting,
                    "program ends before it is up; supervisord tries again", hasStep: false)
            }
            return after
        }
        note(instance.address, .restart, .programStopped, [], .processRestart, isDrift: true)
        noteDrift(
            instance.address, .programStopped,
            "program \(program.state.rawValue), exit status \(program.exitStatus)", hasStep: true)
        // The update brings back a program that supervisord was told to forget.
        return result.steps.chain(
            [
                .updateProgram(container.reference), .startProgram(container.reference),
                ready(container.reference, instance),
            ], for: instance.address, after: after)
    }

    /// The definition has not moved since the last apply: what differs was moved by a hand.
    private var isAsApplied: Bool {
        world.state(of: app).applied != nil && world.state(of: app).applied == desired?.blob
    }
}

extension Container {
    /// How it ended, for people.
    var end: String {
        guard status == .exited else { return "container is \(status.rawValue)" }
        let when = finishedAt.map { " at \($0.prefix(19))Z" } ?? ""
        return "container ended with status \(exitCode)\(when)"
    }
}
