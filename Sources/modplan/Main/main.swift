import Commands
import Glibc

// A reader that goes away must end a write with an error, not the process half-way through a step.
signal(SIGPIPE, SIG_IGN)
exit(await Modplan.run(Array(CommandLine.arguments.dropFirst())))
