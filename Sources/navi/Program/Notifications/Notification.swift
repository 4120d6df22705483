import CNavi

// No raw values of text here: comparing strings would link Unicode's tables.

/// Which of navi's roles speaks.
enum Reporter {
    case parent, listener

    var name: String {
        switch self {
        case .parent: "parent"
        case .listener: "listener"
        }
    }
}

/// What the host reads about one event.
struct Notification {
    enum Kind {
        case crash, outOfMemory

        var name: String {
            switch self {
            case .crash: "crash"
            case .outOfMemory: "out-of-memory"
            }
        }
    }

    /// What the kernel counted; nil where it could not be read.
    struct Evidence {
        var killsBefore: Int64?
        var killsAfter: Int64?
        var limitBytes: Int64?
        var peakBytes: Int64?
    }

    var kind: Kind
    var reporter: Reporter
    /// supervisord's name of the program, and the host's name of the instance (`hello-node/0`).
    var process: [UInt8]
    var instance: [UInt8]
    /// Of the app for the parent, of navi for the listener; nil when no process is meant.
    var pid: Int64?
    /// Known to the parent alone.
    var ending: Ending?
    /// supervisord's state before the event.
    var from: [UInt8]
    /// Nanoseconds since 1970.
    var at: Int64
    /// supervisord's serial of the event; 1 for the parent, which speaks once.
    var serial: Int64
    var evidence: Evidence
    var header: [UInt8] = []
    var payload: [UInt8] = []

    /// The file's contents: less than 16 KiB, whatever the strings hold.
    var json: [UInt8] {
        var json = JSONWriter()
        json.set("version", 1)
        json.set("type", kind.name)
        json.set("reporter", reporter.name)
        json.set("process", process, atMost: 256)
        json.set("instance", instance, atMost: 256)
        if let pid { json.set("pid", pid) }
        switch ending {
        case .exited(let status): json.set("exitStatus", Int64(status))
        case .killed(let signal): json.set("signal", Int64(signal))
        case nil: break
        }
        json.set("from", from, atMost: 64)
        json.set("at", timestamp(at))
        json.set("serial", serial)
        json.set("evidence") { inner in
            inner.set("oomKillsBefore", evidence.killsBefore)
            inner.set("oomKillsAfter", evidence.killsAfter)
            inner.set("limitBytes", evidence.limitBytes)
            inner.set("peakBytes", evidence.peakBytes)
        }
        json.set("header", header, atMost: 4096)
        json.set("payload", payload, atMost: 8192)
        return json.finished() + [UInt8(ascii: "\n")]
    }
}
