import Glibc

/// Processor time of this thread in milliseconds, sorted: what runs in it never waits, so that on an
/// idle machine this is the time, and on a busy one it leaves out the others'.
struct Times {
    private let sorted: [Double]

    /// Runs a body once unmeasured, then `runs` times.
    init(runs: Int, _ body: () throws -> Void) rethrows {
        try body()
        var times: [Double] = []
        for _ in 0..<runs {
            let start = processorMilliseconds()
            try body()
            times.append(processorMilliseconds() - start)
        }
        sorted = times.sorted()
    }

    var median: Double { sorted[sorted.count / 2] }
    var least: Double { sorted[0] }
}

private func processorMilliseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
}

/// Milliseconds with two digits behind the point.
func text(_ milliseconds: Double) -> String {
    let hundredths = Int((milliseconds * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
}

func printRow(_ what: String, _ times: Times, _ note: String = "") {
    func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
    let figure = "\(text(times.median)) ms (least \(text(times.least)))"
    print("\(padded(what, 46)) \(padded(figure, 28)) \(note)")
}
