import Planning
import State
import Testing
import Volumes

@testable import Commands

@Suite struct VolumesTests {
    private let naming = Naming(installation: "test")

    private func record(_ role: VolumeRole, _ point: String? = nil) -> VolumeRecord {
        VolumeRecord(
            name: naming.volume(role), limit: 1 << 30, used: 3 << 20, mountPoint: point)
    }

    private var document: VolumesDocument {
        let release = Release(
            number: 3, commit: "c", subject: "s", tree: "t", artifact: "k1", buildImage: "b",
            runImage: "r")
        var remembered = RememberedStates()
        remembered.apps = [
            "web": AppState(app: "web", releases: [release]),
            "blog": AppState(app: "blog", releases: [release]),
        ]
        let foreign = VolumeRecord(name: "test.notes", limit: 1, used: 1, mountPoint: nil)
        let survey = VolumeSurvey(
            volumes: [
                record(.artifact(key: "k1")), record(.artifact(key: "k2")),
                record(.build(app: "web", key: "k3")), foreign,
                record(.run(app: "web", instance: 1, release: 3), "/mnt/point"),
                record(.task(app: "web", id: "77")),
            ],
            capacity: VolumeCapacity(
                place: "the thin pool vg0/pool", totalBytes: 10 << 30, usedBytes: 2 << 30,
                metadataUsedPercent: 4.44, virtualBytes: 5 << 30))
        return VolumesDocument(survey, remembered, naming)
    }

    @Test func eachIsShownWithWhatItIsFor() {
        let volumes = document.volumes
        #expect(volumes.map(\.role) == ["artifact", "artifact", "build", "run", "task"])
        #expect(volumes.map(\.releases) == [["blog/3", "web/3"], [], nil, nil, nil])
        #expect(volumes.map(\.mounted) == [false, false, false, true, false])
        #expect(volumes[3].instance == 1 && volumes[3].release == 3)
        let lines = document.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 7)
        #expect(
            lines[1]
                == "test.artifact.k1   artifact  -    -         blog/3,web/3  1.0 GiB  3.0 MiB  "
                + "no       -")
        #expect(
            lines[6]
                == "Storage: the thin pool vg0/pool: 2.0 GiB of 10.0 GiB used, metadata 4.4 %, "
                + "5.0 GiB promised.")
    }
}
