/// Why there can be no plan: the inputs are not enough to say what is so.
package enum PlanningError: Error, Equatable, CustomStringConvertible {
    case engineUnavailable(String)
    case volumesUnavailable(String)
    case imageMissing(app: String, image: String)
    case unknownApps([String])

    package var description: String {
        switch self {
        case .engineUnavailable(let why): why
        case .volumesUnavailable(let why): why
        case .imageMissing(let app, let image):
            "app \(app): the image \(image) is not on this host; build the images with "
                + "'modplan images build'"
        case .unknownApps(let names):
            "no such app: \(names.joined(separator: ", ")); 'modplan status' lists the apps"
        }
    }
}
