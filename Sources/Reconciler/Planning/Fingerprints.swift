import Desired
import Observed

extension AppPlanner {
    /// What this app's steps were decided from, each with a digest of what of it mattered: a saved
    /// plan is held against them. In the order of their names.
    func resources() -> [Basis.Resource] {
        var found = containers.map { resource("container/\($0.name)", $0.fingerprint) }
        for (role, volume) in volumesOnHost {
            found.append(resource("volume/\(volume.name)", fingerprint(volume, role)))
        }
        found.append(resource("network", digest { $0.add("id", world.network?.id ?? "") }))
        if let target {
            let artifact = world.volume(.artifact(key: target.release.artifact))
            found.append(
                resource(
                    "volume/\(target.artifactVolume)",
                    digest { $0.add("is there", "\(artifact != nil)") }))
            found += ports(of: target)
        }
        for name in [desired?.definition.buildImage, desired?.definition.runImage] {
            guard let name, let image = try? world.image(name, for: app) else { continue }
            found.append(
                resource(
                    "image/\(name)",
                    digest {
                        $0.add("id", image.id)
                        $0.add("input", image.inputDigest)
                    }))
        }
        return found.sorted { $0.name < $1.name }
    }

    private func resource(_ name: String, _ fingerprint: ContentDigest) -> Basis.Resource {
        Basis.Resource(name: name, fingerprint: String(fingerprint.hexadecimal.prefix(16)))
    }

    private func ports(of target: Target) -> [Basis.Resource] {
        (0..<target.definition.run.instances).compactMap { number in
            guard let port = target.port(number) else { return nil }
            return resource(
                "port/\(port.host):\(port.hostPort)",
                digest { digest in
                    for holder in world.holders(of: port) { digest.add("holder", holder.id) }
                })
        }
    }

    private func fingerprint(_ volume: Volume, _ role: VolumeRole) -> ContentDigest {
        digest { digest in
            digest.add("limit", "\(volume.limitBytes)")
            digest.add("mounted", "\(volume.isMounted)")
            guard case .run(_, let instance, _) = role else { return }
            switch volume.contents {
            case .read(let contents)?:
                for folder in contents.damagedFolders { digest.add("damaged", folder) }
                // The names of what differs, and never the bytes: they hold the environment.
                let configuration = target?.configuration(instance)
                for name in configuration?.differences(from: contents.configuration ?? []) ?? [] {
                    digest.add("differs", name)
                }
            case .unavailable?: digest.add("contents", "unavailable")
            case nil: digest.add("contents", "none")
            }
        }
    }
}

private func digest(_ body: (inout ContentDigest) -> Void) -> ContentDigest {
    var digest = ContentDigest("modplan resource")
    body(&digest)
    return digest
}

extension Container {
    /// What a plan depends on. Whether the program is just starting or up makes no difference.
    fileprivate var fingerprint: ContentDigest {
        digest { digest in
            digest.add("id", id)
            digest.add("status", status.rawValue)
            digest.add("spec", labels.spec)
            digest.add("release", "\(labels.release ?? 0)")
            digest.add("transient", "\(labels.isTransient)")
            digest.add("image", settings.imageID)
            digest.add("memory", "\(settings.memoryBytes)")
            digest.add("cpus", "\(settings.nanoCPUs)")
            digest.add("user", settings.user)
            digest.add("read-only", "\(settings.hasReadOnlyRoot)")
            digest.add("network", settings.network)
            for mount in settings.mounts { digest.add("mount", mount) }
            for port in settings.ports { digest.add("port", port) }
            switch program {
            case .read(let program)?:
                let isUp = [.running, .starting].contains(program.state)
                digest.add("program", isUp ? "up" : program.state.rawValue)
            case .unavailable?: digest.add("program", "unavailable")
            case nil: break
            }
        }
    }
}
