import ArgumentParser
import FoundationEssentials
import Glibc
import Planning

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop apps until 'modplan start'.",
        discussion: "Recorded: no apply, loop or reboot starts them before that.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: LifecycleOptions
    @Argument(help: "The apps to stop.", completion: .apps) var apps: [String]

    func run() async throws {
        let stop = Stop(at: Date().formatted(.iso8601), by: operatorName())
        try await options.carryOut(try Installation(common), apps, stopped: stop)
    }
}

/// For people who read later who stopped it: the account, as the one behind `sudo` where there is one.
private func operatorName() -> String {
    if let sudo = getenv("SUDO_USER"), sudo.pointee != 0 {
        return String(String(cString: sudo).filter { $0.isLetter || $0.isNumber }.prefix(32))
    }
    guard let entry = getpwuid(getuid()) else { return "uid \(getuid())" }
    return String(cString: entry.pointee.pw_name)
}
