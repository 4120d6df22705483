package import Docker
package import Planning

// The container contract of the image standard in the engine's words. What is the same for every
// container is here and nowhere else.

extension Docker.ContainerSpec {
    /// - Parameters:
    ///   - mountPoint: where the container's volume is mounted on the host.
    ///   - storage: where its storage is; nil for none.
    package init(
        _ spec: Planning.ContainerSpec, installation: String, mountPoint: String,
        storage: String? = nil
    ) {
        var host = HostConfig(
            memory: spec.memoryBytes, nanoCPUs: spec.nanoCPUs ?? 0,
            pidsLimit: Int64(spec.processLimit), networkMode: spec.network)
        host.mounts = [.bind(mountPoint, at: "/mnt")]
        if let storage {
            host.mounts.append(.bind(storage, at: ImageStandard.storagePath))
        }
        host.tmpfs = [
            "/run": "rw,nosuid,nodev,noexec,size=8m,mode=0700,uid=441,gid=444",
            "/tmp": "rw,nosuid,nodev,size=16m,mode=1777",
        ]
        host.ulimits = [Ulimit("nofile", 4096), Ulimit("core", 0)]
        if let port = spec.port, let number = UInt16(exactly: port.hostPort) {
            host.portBindings = [
                "\(port.containerPort)/tcp": [PortBinding(hostIP: port.host, hostPort: number)]
            ]
        }
        self.init(image: spec.imageID, user: ImageStandard.user, hostConfig: host)
        environment = spec.environment
        command = spec.command.isEmpty ? nil : spec.command
        if spec.role == .build {
            for (name, folder) in [("INPUT", "input"), ("OUTPUT", "output")] {
                environment[name] = "/mnt/\(folder)"
                environment["\(name)_DIR"] = "/mnt/\(folder)"
            }
        }
        exposedPorts = Set(spec.port.map { ["\($0.containerPort)/tcp"] } ?? [])
        // Longer than supervisord waits for the app, so that it is supervisord that ends it.
        stopTimeoutSeconds = Int64(ContainerStop.seconds)
        labels = [
            Label.installation: installation, Label.app: spec.app, Label.spec: spec.digest,
            Label.intent: spec.role.rawValue,
        ]
        if let instance = spec.instance { labels[Label.instance] = "\(instance)" }
        if let release = spec.release { labels[Label.release] = "\(release)" }
    }
}

enum ContainerStop {
    static let seconds = InstanceConfiguration.stopSeconds + 5
}
