import Observed

extension World {
    /// A port that another app's container holds is free only once that container has stopped.
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
        var holderOfPort: [Int: Container] = [:]
        for container in input.observed.engine.value?.containers ?? []
        where container.status == .running {
            for port in container.settings.ports {
                let parts = port.split(separator: ":")
                if parts.count == 3, let number = Int(parts[1]) { holderOfPort[number] = container }
            }
        }
        return steps.map { step in
            guard case .startContainer(let reference) = step.operation,
                let port = portOfContainer[reference.name],
                let holder = holderOfPort[port.hostPort], let stop = stopOfContainer[holder.id]
            else { return step }
            var step = step
            step.after = Set(step.after).union([stop]).sorted()
            return step
        }
    }
}
