import Observed

extension World {
    /// The running containers that hold a port of the host, in the order of their names.
    func holders(of port: ContainerPort) -> [Container] {
        (input.observed.engine.value?.containers ?? []).filter { container in
            container.status == .running
                && container.settings.ports.contains { text in
                    let parts = text.split(separator: ":").map(String.init)
                    guard parts.count == 3, parts[1] == "\(port.hostPort)" else { return false }
                    return parts[0] == port.host || [parts[0], port.host].contains("0.0.0.0")
                }
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// A port that another container holds is free only once that container has stopped.
    func orderingPorts(_ steps: [Step]) -> [Step] {
        var portOfContainer: [String: ContainerPort] = [:]
        var stopOfContainer: [String: String] = [:]
        for step in steps {
            switch step.operation {
            case .createContainer(let spec): portOfContainer[spec.name] = spec.port
            case .stopContainer(let reference): stopOfContainer[reference.key] = step.id
            default: break
            }
        }
        return steps.map { step in
            guard case .startContainer(let reference) = step.operation,
                let port = portOfContainer[reference.name]
            else { return step }
            let stops = holders(of: port).compactMap { stopOfContainer[$0.id] }
            guard !stops.isEmpty else { return step }
            var step = step
            step.after = Set(step.after).union(stops).sorted()
            return step
        }
    }
}
