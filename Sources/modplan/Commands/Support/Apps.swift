import Desired
import Planning
import State
import Volumes

extension Installation {
    /// Every app that git, the state or the volumes know of, by name. Where git cannot be read,
    /// the others still answer.
    func knownApps() async -> [String] {
        var names = Set((try? await readDefinitions())?.map(\.definition.name) ?? [])
        names.formUnion((try? rememberedApps()) ?? [])
        let naming = Naming(installation: file.installation)
        for volume in (try? await volumes.list(prefix: naming.volumePrefix)) ?? [] {
            if let app = naming.role(ofVolume: volume.name)?.app { names.insert(app) }
        }
        return names.sorted()
    }

    /// - Throws: what `plan` says of an app that nothing knows of.
    func requireKnown(_ app: String) async throws {
        guard await knownApps().contains(app) else { throw PlanningError.unknownApps([app]) }
    }
}

extension Installation {
    /// Every app that has a state or a record, by name, whether it can be read or not.
    func rememberedApps() throws -> [String] {
        let remembered = try store.states()
        return Set(remembered.apps.keys).union(remembered.unreadable.keys).sorted()
    }
}
