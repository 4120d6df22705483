import Desired

extension Plan {
    /// The plan's identity: what was decided, why and from what. It covers no time of observation,
    /// no drift without a step and no path of the host, so that a plan can be approved by it.
    package var digest: String {
        var digest = ContentDigest("modplan plan")
        digest.add("version", "2")
        digest.add("installation", basis.installation)
        digest.add("partial", "\(basis.isPartial)")
        if basis.prunes { digest.add("purpose", "prune") }
        for app in basis.apps { app.add(to: &digest) }
        add(changes, steps, to: &digest)
        return digest.hexadecimal
    }

    /// By app, the identity of what is to be done to it: equal in every plan that does the same to
    /// that app, whatever becomes of others. Apps without a step are left out.
    package var appDigests: [String: String] {
        let steps = Dictionary(grouping: steps) { $0.subject.app ?? "" }
        let changes = Dictionary(grouping: changes) { $0.address.app ?? "" }
        var digests: [String: String] = [:]
        for app in basis.apps {
            guard let own = steps[app.app] else { continue }
            var digest = ContentDigest("modplan plan of an app")
            digest.add("version", "1")
            digest.add("installation", basis.installation)
            app.add(to: &digest)
            add(changes[app.app] ?? [], own, to: &digest)
            digests[app.app] = digest.hexadecimal
        }
        return digests
    }

    private func add(_ changes: [Change], _ steps: [Step], to digest: inout ContentDigest) {
        for change in changes {
            digest.add("address", change.address.description)
            digest.add("action", change.action.rawValue)
            digest.add("reason", change.reason.rawValue)
            for field in change.fields { digest.add("field", field) }
            digest.add("disruption", change.disruption.description)
            digest.add("drift", "\(change.isDrift)")
        }
        for step in steps {
            digest.add("step", step.id)
            digest.add("subject", step.subject.description)
            for id in step.after { digest.add("after", id) }
            for id in step.remedyOf { digest.add("remedy of", id) }
            step.operation.add(to: &digest)
        }
    }
}

extension Basis.App {
    fileprivate func add(to digest: inout ContentDigest) {
        digest.add("app", app)
        digest.add("definition", definition ?? "")
        digest.add("tree", tree ?? "")
        digest.add("epoch", epoch ?? "")
        digest.add("serial", "\(serial)")
    }
}

extension Operation {
    /// What the step touches. Environment values stay out: the definition's object id covers them.
    fileprivate func add(to digest: inout ContentDigest) {
        digest.add("kind", kind)
        switch self {
        case .createNetwork(let name), .mountVolume(let name), .unmountVolume(let name),
            .removeVolume(let name), .trimVolume(let name), .repairLayout(let name):
            digest.add("name", name)
        case .removeNetwork(let id), .removeImage(let id):
            digest.add("id", id)
        case .createVolume(let name, let limit), .growVolume(let name, let limit):
            digest.add("name", name)
            digest.add("limit", "\(limit)")
        case .snapshotVolume(let origin, let name, let limit):
            digest.add("origin", origin)
            digest.add("name", name)
            digest.add("limit", "\(limit)")
        case .writeSource(let volume, let source):
            digest.add("name", volume)
            digest.add("tree", source.tree)
        case .runBuild(let spec, let timeout):
            digest.add("container", spec.name)
            digest.add("spec", spec.digest)
            digest.add("timeout", "\(timeout)")
        case .sealArtifact(let volume, let artifact):
            digest.add("name", volume)
            digest.add("artifact", artifact)
        case .recordRelease(let release, _):
            digest.add("release", "\(release.number)")
            digest.add("artifact", release.artifact)
            digest.add("image", release.runImage)
        case .writeConfiguration(let volume, let configuration):
            digest.add("name", volume)
            for name in configuration.environment.keys.sorted() { digest.add("variable", name) }
        case .createContainer(let spec):
            digest.add("container", spec.name)
            digest.add("image", spec.imageID)
            digest.add("spec", spec.digest)
            digest.add("memory", "\(spec.memoryBytes)")
            digest.add("cpus", "\(spec.nanoCPUs ?? 0)")
            if let storage = spec.storage { digest.add("storage", storage) }
        case .startContainer(let reference), .stopContainer(let reference),
            .removeContainer(let reference), .updateProgram(let reference),
            .startProgram(let reference), .stopProgram(let reference):
            digest.add("container", reference.key)
        case .updateLimits(let reference, let memory, let cpus):
            digest.add("container", reference.key)
            digest.add("memory", "\(memory)")
            digest.add("cpus", "\(cpus)")
        case .writeTask(let volume, let configuration):
            digest.add("name", volume)
            for name in configuration.environment.keys.sorted() { digest.add("variable", name) }
        case .runTask(let spec):
            digest.add("container", spec.name)
            digest.add("spec", spec.digest)
            for word in spec.command { digest.add("word", word) }
        case .awaitReady(let reference, _, let port, let ready):
            digest.add("container", reference.key)
            digest.add("port", "\(port)")
            digest.add("timeout", "\(ready.timeout.seconds)")
        case .recordApplied(let definition):
            digest.add("definition", definition)
        case .recordPin(let pin):
            digest.add("release", pin.map { "\($0.release)" } ?? "")
        case .renameVolume(let name, let other):
            digest.add("name", name)
            digest.add("other", other)
        case .layOutStorage(let name, let volume):
            digest.add("name", name)
            digest.add("run volume", volume)
        case .recordStorage(let instance, let use):
            digest.add("instance", "\(instance)")
            digest.add("use", "\(use)")
        case .recordEnd, .forgetApp:
            break
        }
    }
}
