import FoundationEssentials
package import Planning

/// What modplan remembers, in one folder:
///
///     apps/<app>.json        what was applied: serial, releases, stops
///     ledger/<app>.json      which notifications were counted
///     journal/<app>.jsonl    intents and outcomes, appended
///     locks/<app>.lock       held while a command works on the app
///
/// All of it is a cache. What neither labels nor git can say again stands a second time in the
/// records, beside the volumes; where an app's own file is gone, its record speaks for it:
///
///     apps/<app>.json        the same as above
///     unsettled/<app>.<n>    an instance that was changed and not seen ready since
package struct StateStore: Sendable {
    package static let formatVersion = 1
    static let sizeLimit = 4 << 20

    let files: any StateFiles
    let records: any StateFiles
    let installation: String
    /// Makes the name of a new series of serials.
    let newEpoch: @Sendable () -> String

    package init(
        files: any StateFiles, records: any StateFiles, installation: String,
        newEpoch: @escaping @Sendable () -> String
    ) {
        self.files = files
        self.records = records
        self.installation = installation
        self.newEpoch = newEpoch
    }

    // MARK: Apps

    /// Every app's state and ledger, and why what could not be read could not.
    package func states() throws -> RememberedStates {
        var found = RememberedStates()
        let names = try files.names(in: "apps") + records.names(in: "apps")
        for app in Set(names.compactMap(appName)).sorted() {
            do {
                found.apps[app] = try state(of: app)
            } catch {
                found.unreadable[app] = "\(error)"
            }
        }
        for app in try files.names(in: "ledger").compactMap(appName) {
            do {
                found.ledgers[app] = try ledger(of: app)
            } catch {
                found.unreadable[app] = "\(error)"
            }
        }
        return found
    }

    package func state(of app: String) throws -> AppState {
        if let state = try load(AppState.self, "apps/\(app).json", from: files) { return state }
        // Without a serial: no plan that was saved before can be of it.
        var recorded = try load(AppState.self, "apps/\(app).json", from: records)
        recorded?.serial = 0
        recorded?.epoch = nil
        return recorded ?? AppState(app: app)
    }

    /// Changes an app's state and raises its serial, if the content really changed.
    ///
    /// The caller holds the app's lock.
    package func update(_ app: String, _ change: (inout AppState) -> Void) throws {
        let old = try state(of: app)
        var new = old
        change(&new)
        guard try new != old || !isRecorded(old) else { return }
        new.serial = old.serial + 1
        if new.epoch == nil { new.epoch = newEpoch() }
        let path = "apps/\(app).json"
        _ = try setAside(path, in: records, epoch: newEpoch)
        // The record first: a state without its record would be lost with the state's folder.
        try save(new, path, in: records)
        try save(new, path, in: files)
    }

    /// False where the record says something else: it was written last by an update whose state was
    /// not, and a rebuild would go by it.
    private func isRecorded(_ state: AppState) throws -> Bool {
        var recorded = try recorded(state.app) ?? AppState(app: state.app)
        recorded.serial = state.serial
        recorded.epoch = state.epoch
        return recorded == state
    }

    /// Renames a file that is no state, so that what it held is not written over.
    ///
    /// - Returns: where it is now; nil if it is a state, or not there.
    /// - Throws: for the state of a later version, or of another installation.
    private func setAside(
        _ path: String, in place: any StateFiles, epoch: () -> String
    ) throws -> String? {
        do {
            _ = try load(AppState.self, path, from: place)
            return nil
        } catch let error as StateError {
            guard error.isRecoverable else { throw error }
            let name = "\(path.split(separator: "/").last ?? "").aside-\(epoch())"
            try place.rename(path, to: name)
            return "\(place.location)/apps/\(name)"
        }
    }

    /// Begins an app's series of serials anew with what could be recovered. A file that cannot be
    /// read is kept beside as `<app>.json.aside-<epoch>`.
    ///
    /// The caller holds the app's lock.
    /// - Returns: what was put aside.
    package func rebuild(_ recovered: AppState) throws -> [String] {
        var state = recovered
        let epoch = newEpoch()
        state.epoch = epoch
        state.serial = 1
        let path = "apps/\(state.app).json"
        var aside: [String] = []
        for place in [records, files] {
            if let kept = try setAside(path, in: place, epoch: { epoch }) { aside.append(kept) }
        }
        // Of what nothing is known, nothing is said.
        guard
            state.applied != nil || !state.releases.isEmpty || state.stopped != nil
                || state.storage != nil
        else {
            return aside
        }
        try save(state, path, in: records)
        try save(state, path, in: files)
        return aside
    }

    /// The recorded state, whatever the state's own file says; nil if there is none, or it is
    /// beyond reading and may be put aside.
    package func recorded(_ app: String) throws -> AppState? {
        do {
            return try load(AppState.self, "apps/\(app).json", from: records)
        } catch let error as StateError where error.isRecoverable {
            return nil
        }
    }

    /// Removes all that is known of an app but its journal, which tells how it ended.
    package func forget(_ app: String) throws {
        for case .instance(app, let number) in try unsettled().sorted() {
            try settle(app, instance: number)
        }
        try files.remove("ledger/\(app).json")
        try files.remove("apps/\(app).json")
        try records.remove("apps/\(app).json")
    }

    // MARK: Ledgers

    package func ledger(of app: String) throws -> Ledger {
        try load(Ledger.self, "ledger/\(app).json", from: files) ?? Ledger()
    }

    /// Counts events once: those that the ledger has are left out.
    package func count(_ events: [Ledger.Event], of app: String) throws {
        var ledger = try ledger(of: app)
        let new = events.filter { !ledger.hasCounted($0.file, instance: $0.instance) }
        guard !new.isEmpty else { return }
        ledger.events = (ledger.events + new).suffix(Ledger.limit)
        try save(ledger, "ledger/\(app).json", in: files)
    }

    private func appName(_ file: String) -> String? {
        file.hasSuffix(".json") ? String(file.dropLast(5)) : nil
    }
}
