import Foundation
import Simulation
import Synchronization

// simulate N [--from SEED] [--seed SEED] [--bugs]
//
// Runs N schedules on all processors and prints what was hit and what was violated. With --seed it
// replays one schedule and prints its trace; with --bugs it looks for each planted bug.

let options = Options(CommandLine.arguments.dropFirst())
if let seed = options.seed {
    exit(replay(seed, options.bug))
} else if options.bugs {
    exit(catchBugs(within: options.count))
} else {
    exit(search(options.count, from: options.from))
}
