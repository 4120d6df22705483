/// The labels that mark what is ours on the engine. A container without our installation's label
/// is not ours, whatever its name.
package enum Label {
    package static let installation = "modplan.installation"
    package static let app = "modplan.app"
    package static let instance = "modplan.instance"
    package static let release = "modplan.release"
    /// The digest of what was asked, environment values left out.
    package static let spec = "modplan.spec"
    /// What the container was made for: `build`, `candidate`, `run` or `task`.
    package static let intent = "modplan.intent"
    /// On images: the digest of all that the image was built from.
    package static let input = "modplan.input"
    /// On images: the name in the image tree.
    package static let image = "modplan.image"
    /// On images: the installation that had it built. Not `modplan.installation`, which containers
    /// would inherit from their image.
    package static let builtBy = "modplan.built-by"
    /// On images: the input digest of the parent; empty for the tree's root.
    package static let parent = "modplan.parent"
}
