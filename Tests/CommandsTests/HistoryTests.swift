import Observed
import Planning
import Testing

@testable import Commands

@Suite struct HistoryTests {
    private let naming = Naming(installation: "test")

    private func release(_ number: Int) -> Planning.Release {
        Planning.Release(
            number: number, commit: "0123456789", subject: "commit \(number)\u{7}",
            tree: "tree\(number)", artifact: "key\(number)", buildImage: "b", runImage: "r",
            plan: "p", at: "2026-11-25T20:00:00Z")
    }

    private func container(_ release: Int, _ status: Container.Status = .running) -> Container {
        Container(
            id: "\(release)", name: "c",
            labels: .init(
                app: "web", instance: 0, release: release, spec: "", isTransient: false),
            status: status,
            settings: .init(
                imageID: "", memoryBytes: 0, nanoCPUs: 0, user: "", hasReadOnlyRoot: true,
                network: "", mounts: [], ports: []))
    }

    private func states(_ snapshot: Snapshot) -> [HistoryDocument.State] {
        HistoryDocument(state, snapshot, naming).releases.map(\.state)
    }

    private var state: AppState {
        AppState(
            app: "web", releases: (1...3).map(release),
            pin: Pin(release: 2, definition: "", tree: ""))
    }

    private let image = Image(id: "i", name: nil, inputDigest: "r")

    private func volume(_ number: Int) -> Volume {
        Volume(
            name: naming.volume(.artifact(key: "key\(number)")), limitBytes: 0,
            usedBytes: 3 << 20, isMounted: false)
    }

    @Test func aReleaseRunsIsKeptOrIsGone() {
        let snapshot = Snapshot(
            engine: .read(Engine(containers: [container(3)], images: [image], network: nil)),
            volumes: .read([volume(2), volume(3)]))
        #expect(states(snapshot) == [.running, .kept, .gone])
        let document = HistoryDocument(state, snapshot, naming)
        #expect(
            document.text.split(separator: "\n")[2]
                == "2        kept, pinned  2026-11-25T20:00:00Z  0123456  tree2  3.0 MiB  p     "
                + "commit 2\\u{7}")
    }

    @Test func aReleaseWithoutItsRunImageIsGone() {
        let snapshot = Snapshot(
            engine: .read(Engine(containers: [container(3)], images: [], network: nil)),
            volumes: .read([volume(1), volume(2), volume(3)]))
        #expect(states(snapshot) == [.running, .gone, .gone])
    }

    @Test func whatCouldNotBeObservedIsUnknown() {
        let noEngine = Snapshot(engine: .unavailable("down"), volumes: .read([volume(3)]))
        #expect(states(noEngine) == [.unknown, .unknown, .unknown])
        let engine = Engine(
            containers: [container(3), container(2, .exited)], images: [], network: nil)
        let noVolumes = Snapshot(engine: .read(engine), volumes: .unavailable("down"))
        #expect(states(noVolumes) == [.running, .unknown, .unknown])
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1 << 20, "1.0 MiB"),
            ((1 << 20) - 1, "1.0 MiB"), (3 << 29, "1.5 GiB"), (1 << 50, "1024.0 TiB"),
        ] as [(Int64, String)])
    func sizesAreForPeople(_ bytes: Int64, _ text: String) { #expect(sizeText(bytes) == text) }
}
