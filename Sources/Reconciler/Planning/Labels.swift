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
}
