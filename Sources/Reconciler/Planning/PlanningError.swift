package import Desired

/// Why there can be no plan: the inputs are not enough to say what is so.
package enum PlanningError: Error, Equatable, CustomStringConvertible {
    case engineUnavailable(String)
    case volumesUnavailable(String)
    case imageMissing(app: String, image: String)
    case unknownApps([String])
    case noSuchRelease(app: String, number: Int?, known: [Int])
    case releaseGone(app: String, number: Int, what: String)
    case shrunk(VolumeSizes)
    case noData(app: String, why: String)

    /// A volume that is larger than it should be.
    package struct VolumeSizes: Sendable, Equatable {
        package var app: String
        package var instance: Int
        /// The definition's key, for example `run.volume`.
        package var key: String
        package var present: ByteCount
        package var wanted: ByteCount
        package var wayOut: String

        package init(
            app: String, instance: Int, key: String, present: ByteCount, wanted: ByteCount,
            wayOut: String
        ) {
            self.app = app
            self.instance = instance
            self.key = key
            self.present = present
            self.wanted = wanted
            self.wayOut = wayOut
        }
    }

    /// The app that alone cannot be planned; nil where there is no plan of anything.
    package var app: String? {
        switch self {
        case .engineUnavailable, .volumesUnavailable, .unknownApps: nil
        case .imageMissing(let app, _), .noSuchRelease(let app, _, _), .releaseGone(let app, _, _),
            .noData(let app, _):
            app
        case .shrunk(let sizes): sizes.app
        }
    }

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
        case .shrunk(let sizes):
            "app \(sizes.app): \(sizes.key) is \(sizes.wanted), and instance \(sizes.instance) has "
                + "\(sizes.present), which is never made smaller; \(sizes.wayOut)"
        case .noData(let app, let why):
            "app \(app): its data cannot be brought back: \(why)"
        case .unknownApps(let names):
            "no such app: \(names.joined(separator: ", ")); 'modplan status' lists the apps"
        }
    }
}
