import Observed

extension World {
    /// A port that another container holds is free only once that container has stopped.
    func orderingPorts(_ steps: [Step]) -> [Step] {
        var made: [String: ContainerPort] = [:]
        var stopOfContainer: [String: String] = [:]
        for step in steps {
            switch step.operation {
            case .createContainer(let spec): made[spec.name] = spec.port
            case .stopContainer(let reference): stopOfContainer[reference.key] = step.id
            default: break
            }
        }
        return steps.map { step in
            guard case .startContainer(let reference) = step.operation else { return step }
            let port = reference.id.map { portOfContainer[$0] } ?? made[reference.name]
            let stops = port.map { holders(of: $0) }?.compactMap { stopOfContainer[$0.id] } ?? []
            guard !stops.isEmpty else { return step }
            var step = step
            step.after = Set(step.after).union(stops).sorted()
            return step
        }
    }

    /// The containers that hold the host's side of a port; more than one if they are on different
    /// addresses and it is to be on all.
    func holders(of port: ContainerPort) -> [Container] {
        (holdersOfPort[port.hostPort] ?? []).filter { container in
            container.ports.contains { $0.collides(with: port) }
        }
    }
}

extension Container {
    var isUp: Bool { [.running, .paused, .restarting].contains(status) }

    /// Its published ports; a form that is none of ours is left out.
    var ports: [ContainerPort] {
        settings.ports.compactMap { text in
            let parts = text.split(separator: ":")
            guard parts.count == 3, let hostPort = Int(parts[1]), let containerPort = Int(parts[2])
            else { return nil }
            return ContainerPort(
                host: String(parts[0]), hostPort: hostPort, containerPort: containerPort)
        }
    }
}

extension ContainerPort {
    /// 0.0.0.0 is every address.
    func collides(with other: ContainerPort) -> Bool {
        hostPort == other.hostPort
            && (host == other.host || host == "0.0.0.0" || other.host == "0.0.0.0")
    }
}
