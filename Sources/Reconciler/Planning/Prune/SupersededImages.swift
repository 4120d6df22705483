import Observed

/// The images of ours that nothing needs: no name, no container, no release, and no image on top of
/// them that stays.
struct SupersededImages {
    /// Children first: the engine removes no image that another is built on.
    let images: [Image]
    private let byDigest: [String: [Image]]

    /// - Parameter needed: input digests of the run images that releases need.
    init(_ world: World, needed: Set<String>, in engine: Engine) {
        let byDigest = Dictionary(grouping: engine.images, by: \.inputDigest)
        self.byDigest = byDigest
        let used = Set(engine.containers.map(\.settings.imageID))
        // One of each that is needed, and by the rule that a rollback goes by.
        let kept = Set(needed.compactMap { world.image(withInput: $0)?.id })
        func mayGo(_ image: Image) -> Bool {
            !image.isTagged && image.builtBy == world.input.installation && image.parent != nil
                && !used.contains(image.id) && !kept.contains(image.id)
        }
        var going = engine.images.filter(mayGo)
        while true {
            let ids = Set(going.map(\.id))
            let staying = engine.images.filter { !ids.contains($0.id) }
            let below = Set(staying.flatMap { Self.ancestors(of: $0, byDigest) })
            // With the last image on top of it the engine removes an image that has no name.
            let parents = Set(staying.compactMap(\.parent))
            let nameless = Set(
                staying.lazy.filter { !$0.isTagged && !used.contains($0.id) }.map(\.inputDigest)
                    .filter { !parents.contains($0) })
            let next = going.filter { image in
                !below.contains(image.inputDigest)
                    && nameless.isDisjoint(with: Self.ancestors(of: image, byDigest))
            }
            if next.count == going.count { break }
            going = next
        }
        images = going.map { ($0, Self.ancestors(of: $0, byDigest).count) }
            .sorted { ($1.1, $0.0.id) < ($0.1, $1.0.id) }.map(\.0)
    }

    /// What goes with the image: all but what its parent has too.
    func ownBytes(of image: Image) -> Int64 {
        let parent = byDigest[image.parent ?? ""]?.map(\.bytes).min() ?? 0
        return max(0, image.bytes - parent)
    }

    /// Input digests of what an image was built on, as far as labels tell, the nearest first.
    private static func ancestors(
        of image: Image, _ byDigest: [String: [Image]]
    ) -> [String] {
        var found: [String] = []
        var next = image.parent
        while let digest = next, !digest.isEmpty, !found.contains(digest) {
            found.append(digest)
            next = byDigest[digest]?.lazy.compactMap(\.parent).first
        }
        return found
    }
}
