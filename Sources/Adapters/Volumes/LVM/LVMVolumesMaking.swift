import Host

// A volume is marked as half made until it is whole. What a dead process was making is swept.

extension LVMVolumes {
    /// One folder for the whole host and this boot: whoever makes a volume holds a file there, and
    /// any modplan may sweep what nobody holds.
    private static let makers = "\(folder)/making"

    /// Makes a volume, unless there is a whole one of that name.
    ///
    /// - Parameter body: makes it, and finishes it last.
    /// - Returns: false if there was one.
    func making(
        _ operation: String, _ name: String, _ body: (LVMReport) async throws -> Void
    ) async throws -> Bool {
        guard LVMNames.isAllowed(name) else {
            throw VolumeError(operation, name, "not a name that LVM can hold")
        }
        let maker = try hold(names.logicalVolume(name), operation, name)
        defer { withExtendedLifetime(maker) {} }
        defer { try? removeHostEntry(makerPath(names.logicalVolume(name)), folder: false) }
        var attempt = 1
        while true {
            let report = try await survey()
            await sweep(report, but: name)
            if let volume = try find(name, in: report, for: operation) {
                guard volume.isHalfMade else { return false }
                try await removeHalfMade(volume)
            }
            do {
                try await body(report)
                return true
            } catch let error as ToolError where failures.isTaken(error) && attempt < 3 {
                // A tool that a dead modplan had started came first.
                attempt += 1
            } catch {
                if let volume = try? await survey().volumes.first(where: {
                    $0.name == names.logicalVolume(name) && $0.isHalfMade
                }) {
                    try? await removeHalfMade(volume)
                }
                if error is VolumeError { throw error }
                throw VolumeError(operation, name, failures.explain(error, report))
            }
        }
    }

    private func makerPath(_ logicalVolume: String) -> String {
        "\(Self.makers)/\(names.group)-\(logicalVolume)"
    }

    private func hold(
        _ logicalVolume: String, _ operation: String, _ name: String
    ) throws -> FileLock {
        try makeFolders(Self.makers)
        do {
            return try FileLock.make(makerPath(logicalVolume))
        } catch is FileLock.Held {
            throw VolumeError(
                operation, name, "another modplan is making it; wait for it, and plan again")
        }
    }

    /// Its name may never be made again: the definitions may have moved since. What cannot be swept
    /// now is the next one's.
    private func sweep(_ report: LVMReport, but name: String) async {
        let own = names.logicalVolume(name)
        for volume in report.volumes where volume.isHalfMade && volume.name != own {
            guard let maker = try? hold(volume.name, "sweep", volume.name) else { continue }
            try? await removeHalfMade(volume)
            try? removeHostEntry(makerPath(volume.name), folder: false)
            withExtendedLifetime(maker) {}
        }
        // Of makers that died with a whole volume behind them.
        let files = (try? Directory(path: Self.makers).names()) ?? []
        for file in files { try? FileLock.removeUnheld("\(Self.makers)/\(file)") }
    }

    private func removeHalfMade(_ volume: LogicalVolume) async throws {
        try await awaitOthers(at: "/dev/\(names.group)/\(volume.name)")
        try await removeIfThere(commands.removeHalfMade(volume))
    }
}
