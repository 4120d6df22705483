import Desired
import Observed

extension AppPlanner {
    /// Plans the build if an instance needs an artifact that is not there.
    ///
    /// - Returns: the steps after which the artifact and the release's record are there.
    func planBuild(_ target: Target, after swept: [String]) -> [String] {
        let release = target.release
        let isNeeded = (0..<target.definition.run.instances).contains {
            world.volume(.run(app: app, instance: $0, release: release.number)) == nil
        }
        guard isNeeded else { return [] }
        var done: [String] = []
        if let sealed = builds.sealed[release.artifact] {
            done = [sealed]
        } else if world.volume(.artifact(key: release.artifact)) == nil {
            let (reason, fields) = buildReason(target)
            note(.build(app: app), .create, reason, fields, .none)
            done = addBuildSteps(target, after: swept)
            builds.sealed[release.artifact] = done.first
        }
        guard target.isNew else { return done }
        return [
            result.steps.add(
                .recordRelease(release, artifact: target.artifactVolume), for: .build(app: app),
                after: done)
        ]
    }

    private func addBuildSteps(_ target: Target, after swept: [String]) -> [String] {
        let key = target.release.artifact
        let settings = target.definition.build
        let volume = world.naming.volume(.build(app: app, key: key))
        let isolated = settings.network == .none
        let container = ContainerSpec(
            name: world.naming.buildContainer(app: app, key: key), role: .build, app: app,
            instance: nil, release: nil, imageID: target.buildImage.id, volume: volume,
            memoryBytes: settings.memory.bytes, nanoCPUs: nil, processLimit: 1024,
            network: isolated ? "none" : world.naming.network, port: nil,
            environment: settings.environment,
            digest: BuildKey.label(
                tree: target.release.tree, imageDigest: target.buildImage.inputDigest,
                settings: settings))
        let source = SourceTree(
            repository: target.definition.source.repository, tree: target.release.tree)
        return result.steps.chain(
            [
                .createVolume(name: volume, limitBytes: settings.volume.bytes),
                .mountVolume(name: volume),
                .writeSource(volume: volume, source: source),
                .runBuild(container, timeoutSeconds: settings.timeout.seconds),
                .sealArtifact(volume: volume, artifact: target.artifactVolume),
            ], for: .build(app: app), after: swept + (isolated ? [] : networkStep))
    }

    private func buildReason(_ target: Target) -> (Reason, [String]) {
        guard let last = state.releases.last else {
            // With a container there, it is the state that is new.
            return (containers.isEmpty ? .appAdded : .sourceChanged, [])
        }
        if last.artifact == target.release.artifact { return (.artifactMissing, []) }
        return Self.releaseReason(from: last, to: target.release)
    }

    /// What made a release differ from the one before.
    static func releaseReason(from old: Release, to new: Release) -> (Reason, [String]) {
        if old.tree != new.tree {
            return (.sourceChanged, ["\(old.commit.prefix(7)) → \(new.commit.prefix(7))"])
        }
        if old.buildImage != new.buildImage { return (.buildImageChanged, []) }
        if old.artifact != new.artifact { return (.buildSettingsChanged, ["build"]) }
        return (.runImageChanged, [])
    }

    /// Ends what an interrupted apply left: containers that were never to stay, and the volumes of
    /// builds that were never sealed.
    ///
    /// - Returns: the steps after which they are gone.
    func sweepTransients() -> [String] {
        // The app waits for none of it.
        endTasks(.leftover)
        var last: [String] = []
        for container in containers
        where container.labels.isTransient && taskID(of: container) == nil {
            let address: Address =
                container.labels.instance.map { .instance(app: app, number: $0) }
                ?? .build(app: app)
            note(address, .delete, .leftover, [container.name], .none)
            last += removeContainer(container, at: address, after: [])
        }
        for (role, volume) in volumesOnHost {
            guard case .build = role else { continue }
            let address = Address.build(app: app)
            note(address, .delete, .leftover, [volume.name], .none, bytes: volume.usedBytes)
            last = removeVolume(volume, at: address, after: last)
        }
        return last
    }
}
