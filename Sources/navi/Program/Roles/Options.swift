import CNavi

/// How navi was called. Where things lie can be set by flags alone, for tests: a variable might
/// come from the app's definition.
struct Options {
    enum Role {
        case run, listen, build
    }

    let role: Role
    private(set) var notifications = "/mnt/notifications"
    private(set) var records = "/run/navi"
    private(set) var controlGroup = "/sys/fs/cgroup"
    /// The volume of a build.
    private(set) var volume = "/mnt"
    /// The command and its arguments, ended by nil as in C.
    let command: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    static let usage = """
        usage: navi run [FLAG DIRECTORY]… -- COMMAND [ARGUMENT]…
               navi build [FLAG DIRECTORY]… -- COMMAND [ARGUMENT]…
               navi listen [FLAG DIRECTORY]…
        flags: --notifications, --records, --cgroup, --volume
        """

    /// Reads the program's arguments; nil if they make no sense.
    init?() {
        var next = navi_arguments()
        func take() -> [UInt8]? {
            guard let text = next.pointee else { return nil }
            next += 1
            return bytes(of: text)
        }
        guard take() != nil, let role = take() else { return nil }
        if role.matches("run") {
            self.role = .run
        } else if role.matches("listen") {
            self.role = .listen
        } else if role.matches("build") {
            self.role = .build
        } else {
            return nil
        }
        var commandFollows = false
        while !commandFollows, let flag = take() {
            if flag.matches("--") {
                commandFollows = true
                continue
            }
            guard let value = take(), !value.isEmpty else { return nil }
            let directory = String(decoding: value, as: UTF8.self)
            if flag.matches("--notifications") {
                notifications = directory
            } else if flag.matches("--records") {
                records = directory
            } else if flag.matches("--cgroup") {
                controlGroup = directory
            } else if flag.matches("--volume") {
                volume = directory
            } else {
                return nil
            }
        }
        command = next
        guard (command.pointee != nil) == (self.role != .listen) else { return nil }
    }
}
