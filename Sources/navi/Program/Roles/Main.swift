import CNavi

/// The exit statuses that are navi's own, after sysexits.h and the shell.
enum ExitCode {
    static let usage: Int32 = 64
    static let configuration: Int32 = 78
    static let notExecutable: Int32 = 126
    static let notFound: Int32 = 127
}

@main
struct Navi {
    static func main() {
        guard let options = Options() else {
            complain("\(Options.usage)")
            exit(ExitCode.usage)
        }
        ending(of: options).passOn()
    }

    private static func ending(of options: Options) -> Ending {
        switch options.role {
        case .run:
            var role = Run(options)
            return role.main()
        case .listen:
            var role = Listener(options)
            return role.main()
        case .build:
            return Build(options).main()
        }
    }
}

/// Starts the command; if that fails, says so and returns the exit status that a shell would give.
func start(_ options: Options, environment: [[UInt8]]) -> (child: Child?, status: Int32) {
    do throws(SystemError) {
        return (try Child(options.command, environment: environment), 0)
    } catch {
        let missing = error.number == ENOENT
        let advice = missing ? ": no such command on the PATH" : ""
        complain("\(error.description)\(advice)")
        return (nil, missing ? ExitCode.notFound : ExitCode.notExecutable)
    }
}
