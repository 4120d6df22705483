import Foundation
import Testing

/// A real supervisord on the host, with navi as its listener. Ended with the scratch folder's test.
final class Supervisord {
    private let scratch: Scratch
    private let process: Running
    private var configuration: String { "\(scratch.path)/supervisord.conf" }
    var socket: String { "\(scratch.path)/supervisor.sock" }

    /// - Parameter programs: sections after those of supervisord itself and of navi.
    init(_ programs: String, in scratch: Scratch) throws {
        self.scratch = scratch
        let path = scratch.path
        // Its log at this level names every event; on stdout it would fill a pipe.
        let text = """
            [supervisord]
            nodaemon=true
            silent=true
            loglevel=debug
            logfile=\(path)/supervisord.log
            logfile_maxbytes=0
            pidfile=\(path)/supervisord.pid
            childlogdir=\(path)
            user=root
            [unix_http_server]
            file=\(path)/supervisor.sock
            [rpcinterface:supervisor]
            supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
            [supervisorctl]
            serverurl=unix://\(path)/supervisor.sock
            [eventlistener:navi]
            command=\(Running.binary) listen \(scratch.flags.joined(separator: " "))
            events=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL,TICK_5,REMOTE_COMMUNICATION
            buffer_size=4096
            stdout_logfile=NONE
            stderr_logfile=\(path)/navi.log
            \(programs)
            """
        try scratch.write(text, to: "supervisord.conf")
        process = try Running(
            ["-c", "\(path)/supervisord.conf"],
            environment: ["PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"],
            binary: "/usr/bin/supervisord")
        #expect(try eventually { try log().contains("navi entered RUNNING state") })
    }

    /// A program that ended at once is no failure here (status 7).
    func control(_ words: String...) throws {
        let command = (["supervisorctl", "-c", configuration] + words).joined(separator: " ")
        try shell("\(command) >/dev/null || [ $? = 7 ]")
    }

    func log() throws -> String {
        let file = "\(scratch.path)/supervisord.log"
        guard FileManager.default.fileExists(atPath: file) else { return "" }
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
    }

    /// Stops it with all that it started.
    func end() {
        process.signal(SIGTERM)
        let end = process.wait()
        let errors = (try? process.remainingErrors()) ?? ""
        #expect(end == Running.End(exitStatus: 0), "\(errors)")
    }
}
