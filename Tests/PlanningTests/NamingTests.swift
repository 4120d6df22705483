import Testing

@testable import Planning

/// A volume's name says what it is for, and no two say the same.
@Suite struct NamingTests {
    private let naming = Naming(installation: "test")

    @Test(arguments: [
        VolumeRole.build(app: "web", key: "k"), .artifact(key: "k"), .task(app: "web", id: "1"),
        .run(app: "web", instance: 2, release: 10), .storage(app: "web", instance: 2),
        .storageSnapshot(app: "web", instance: 2, release: 10),
        .storageAside(app: "web", instance: 2, number: 1),
    ])
    func aNameIsReadBack(_ role: VolumeRole) {
        #expect(naming.role(ofVolume: naming.volume(role)) == role)
    }

    @Test(arguments: [
        "test.storage.web", "test.storage.web.01", "test.storage.web.0.10", "test.storage.web.0.r",
        "test.storage.web.0.aside", "test.storage.web.0.aside01", "test.storage.web.0.r1.x",
        "other.storage.web.0", "test.run.web.0.1",
    ])
    func whatIsNoNameOfOursIsNone(_ name: String) {
        #expect(naming.role(ofVolume: name) == nil)
    }
}
