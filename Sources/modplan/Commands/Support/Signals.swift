import Dispatch
import Execution
import Glibc
import Synchronization

/// The first SIGINT or SIGTERM asks the execution to start nothing more; a second one ends the
/// process at once, which is as safe as a crash.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(
        _ request: StopRequest,
        saying text: String =
            "stopping: nothing new starts, what runs is finished; again to stop at once"
    ) {
        let seen = Mutex(0)
        let counter = SignalCounter(seen)
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                guard counter.next() == 1 else { _exit(1) }
                request.request()
                Output.chatter(text)
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}

private final class SignalCounter: Sendable {
    private let count: Mutex<Int>
    init(_ count: consuming Mutex<Int>) { self.count = count }
    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}
