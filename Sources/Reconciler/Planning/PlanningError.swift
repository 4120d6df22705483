/// Why there can be no plan: the inputs are not enough to say what is so.
package enum PlanningError: Error, Equatable, CustomStringConvertible {
    case engineUnavailable(String)
    case volumesUnavailable(String)
    case imageMissing(app: String, image: String)
    case unknownApps([String])
    case noSuchRelease(app: String, number: Int?, known: [Int])
    case releaseGone(app: String, number: Int, what: String)

    package var description: String {
        switch self {
        case .engineUnavailable(let why): why
        case .volumesUnavailable(let why): why
        case .imageMissing(let app, let image):
            "app \(app): the image \(image) is not on this host; build the images with "
                + "'modplan images build'"
        case .noSuchRelease(let app, let number, let known):
            "app \(app): there is no \(number.map { "release \($0)" } ?? "older release") to roll back "
                + "to; it has \(known.map(String.init).joined(separator: ", "))"
        case .releaseGone(let app, let number, let what):
            "app \(app): \(what) of release \(number) is gone; 'modplan history \(app)' shows what is "
                + "kept"
        case .unknownApps(let names):
            "no such app: \(names.joined(separator: ", ")); 'modplan status' lists the apps"
        }
    }
}
