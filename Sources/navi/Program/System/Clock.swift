import CNavi

/// The wall clock's time, in nanoseconds since 1970.
func wallClock() -> Int64 { read(CLOCK_REALTIME) }

/// Milliseconds of a clock that is never set.
func steadyMilliseconds() -> Int64 { read(CLOCK_MONOTONIC) / 1_000_000 }

private func read(_ clock: Int32) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// One moment on both clocks. Writing a notification takes its time: what is dated back from here
/// must be so on the reading that belongs to it.
struct Moment {
    /// Nanoseconds since 1970.
    let wall: Int64
    let steadyMs: Int64

    init() {
        wall = wallClock()
        steadyMs = steadyMilliseconds()
    }
}

func pause(milliseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
    nanosleep(&time, nil)
}

/// A wall clock's time as RFC 3339 in UTC, to the millisecond.
func timestamp(_ nanoseconds: Int64) -> String {
    var seconds = time_t(nanoseconds / 1_000_000_000)
    var date = tm()
    gmtime_r(&seconds, &date)
    func two(_ value: Int32) -> String { padded(Int64(value), to: 2) }
    let year = padded(Int64(date.tm_year) + 1900, to: 4)
    let day = "\(year)-\(two(date.tm_mon + 1))-\(two(date.tm_mday))"
    let time = "\(two(date.tm_hour)):\(two(date.tm_min)):\(two(date.tm_sec))"
    return "\(day)T\(time).\(padded(nanoseconds / 1_000_000 % 1_000, to: 3))Z"
}
