import Desired
import Observed

extension AppPlanner {
    /// Plans an instance whose container is of the right release.
    func planCurrent(
        _ container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String] {
        var fields = instance.target.differences(of: container, from: instance.spec, in: world)
        // It runs on something that nobody lists any more.
        if instance.volume == nil && container.status == .running { fields.append("volume") }
        if let storage = instance.storage, storage.isGone, container.uses(storage.name),
            container.isUp
        {
            return leaveAlone(
                instance,
                "its storage is not there any more, and a container still runs on it: copy out what "
                    + "is needed ('docker cp'), then remove the container \(container.name)")
        }
        let isGone = [.dead, .removing].contains(container.status)
        let isDown = !fields.isEmpty || isGone || container.status != .running
        if isDown && instance.exclusive != nil && instance.old.contains(where: \.isUp) {
            // Nobody saw it ready, and an older one serves: it is proven before that gives up the
            // port, as if it had never been made.
            let removed = removeContainer(container, at: instance.address, after: after)
            return planReplacement(instance, after: removed)
        }
        if !fields.isEmpty || isGone {
            return recreate(container, instance, fields: fields, after: after)
        }
        guard container.status == .running else {
            return start(container, instance, after: after)
        }
        if instance.storage?.restoring != nil {
            return bringDataBack(under: container, instance, after: after)
        }
        return update(container, instance, after: after)
    }

    private func recreate(
        _ container: Container, _ instance: InstancePlan, fields: [String], after: [String]
    ) -> [String] {
        let isDrift = container.labels.spec == instance.spec.digest
        let reason: Reason = isDrift ? .containerDiffers : .settingsChanged
        note(
            instance.address, .replace, reason, fields,
            instance.spec.port == nil ? .restart : Disruption.Exclusive.port.gap,
            isDrift: isDrift)
        if isDrift {
            let what = fields.isEmpty ? container.status.rawValue : fields.joined(separator: ", ")
            noteDrift(instance.address, .containerDiffers, "differs: \(what)", hasStep: true)
        }
        var last = removeContainer(container, at: instance.address, after: after)
        last = prepareVolume(instance, after: last)
        last = takeOver(instance, after: last)
        return bringUp(instance.spec, instance, after: last + networkStep)
    }

    private func start(
        _ container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String] {
        note(instance.address, .restart, .containerStopped, [], .restart, isDrift: true)
        noteDrift(instance.address, .containerStopped, container.end, hasStep: true)
        if case .read(let contents)? = instance.volume?.contents {
            noteConfiguration(contents, instance, .restart)
        }
        var last = prepareVolume(instance, isInUse: container.isUp, after: after + networkStep)
        if let limits = limits(container, instance) {
            note(limits, instance, restarts: false)
            last = result.steps.chain([limits.operation], for: instance.address, after: last)
        }
        // The engine starts no paused container; a stop ends the pause.
        last = stopContainer(container, at: instance.address, after: last)
        last = takeOver(instance, after: last)
        return result.steps.chain(
            [.startContainer(container.reference), ready(container.reference, instance)],
            for: instance.address, after: last)
    }

    /// Mends a container that runs, by what disrupts it least.
    private func update(
        _ container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String] {
        guard let volume = instance.volume, volume.isMounted else {
            return mount(container, instance, after: after)
        }
        guard case .read(let contents) = volume.contents else {
            return leaveAlone(instance, "volume: \(volume.contents?.failure ?? "not read")")
        }
        guard case .read(let program) = container.program else {
            return leaveAlone(instance, "supervisord: \(container.program?.failure ?? "not read")")
        }
        growInPlace(volume, instance, to: instance.target.definition.run.volume)
        keepStorage(instance)
        var operations: [Operation] = []
        if !contents.damagedFolders.isEmpty {
            note(
                instance.address, .update, .layoutDamaged, contents.damagedFolders, .none,
                isDrift: true)
            noteDrift(
                instance.address, .layoutDamaged, contents.damagedFolders.joined(separator: ", "),
                hasStep: true)
            operations.append(.repairLayout(volume: instance.volumeName))
        }
        operations += programOperations(container, program, contents, instance)
        return result.steps.chain(operations, for: instance.address, after: after)
    }

    /// Limits, configuration and program, with one restart for all of them.
    private func programOperations(
        _ container: Container, _ program: Program, _ contents: RunVolumeContents,
        _ instance: InstancePlan
    ) -> [Operation] {
        let isDown = noteProgram(program, instance)
        let limits = limits(container, instance)
        let isAsked = world.input.purpose == .restart && !isDown
        if isAsked { note(instance.address, .restart, .restartRequested, [], .processRestart) }
        let restarts = (limits?.restarts == true && !isDown) || isAsked
        var operations: [Operation] = restarts ? [.stopProgram(container.reference)] : []
        if let limits {
            note(limits, instance, restarts: restarts)
            operations.append(limits.operation)
        }
        let isReconfigured = noteConfiguration(contents, instance, .processRestart)
        if isReconfigured {
            operations += [
                .writeConfiguration(
                    volume: instance.volumeName, instance.target.configuration(instance.number)),
                .updateProgram(container.reference),
            ]
        }
        // Supervisord starts what it takes up anew, but not what a hand had changed in the file
        // alone.
        let isUnsettled = world.input.unsettled.contains(instance.address)
        if restarts || isDown {
            // Supervisord may have been told to forget the program, or an apply may have died
            // between the file and its taking up.
            if !isReconfigured && (isDown || isUnsettled) {
                operations.append(.updateProgram(container.reference))
            }
            operations.append(.startProgram(container.reference))
        }
        if restarts || isDown || isReconfigured {
            operations.append(ready(container.reference, instance))
        } else if isUnsettled {
            note(instance.address, .restart, .unsettled, [], .processRestart)
            operations += [
                .updateProgram(container.reference), ready(container.reference, instance),
            ]
        }
        return operations
    }

    /// The container keeps its own mount, but nothing on the volume can be seen from the host, so
    /// all that stands there is put right. An unchanged configuration restarts nothing.
    private func mount(
        _ container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String] {
        note(instance.address, .update, .volumeUnmounted, [], .none, isDrift: true)
        noteDrift(
            instance.address, .volumeUnmounted, "volume is not mounted on the host", hasStep: true)
        keepStorage(instance)
        var operations: [Operation] = []
        if let limits = limits(container, instance) {
            note(limits, instance, restarts: limits.restarts)
            operations = [limits.operation]
            if limits.restarts {
                operations.insert(.stopProgram(container.reference), at: 0)
                operations.append(.startProgram(container.reference))
            }
        }
        let prepared = prepareVolume(instance, isInUse: true, after: after)
        return result.steps.chain(
            operations + [
                .updateProgram(container.reference), ready(container.reference, instance),
            ], for: instance.address, after: prepared)
    }

    /// Unknown is never absent: nothing is done to it, nor to what it may have taken over from.
    private func leaveAlone(_ instance: InstancePlan, _ why: String) -> [String] {
        noteDrift(instance.address, .unobservable, why, hasStep: false)
        unobserved.insert(instance.number)
        return []
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
