package import UnixHTTP

/// Why an operation of the engine failed.
package struct DockerError: Error, Equatable, CustomStringConvertible {
    /// For example `inspect container`.
    package var operation: String
    /// The container, image or network it was about; empty when it was about the engine itself.
    package var subject: String
    /// The status of the engine's response; nil when there was none.
    package var status: Int?
    /// In the engine's own words where it gave any.
    package var message: String
    /// How the exchange itself failed; nil when the engine answered.
    package var transport: UnixHTTPError.Kind?

    package init(
        operation: String, subject: String, status: Int? = nil, message: String,
        transport: UnixHTTPError.Kind? = nil
    ) {
        self.operation = operation
        self.subject = subject
        self.status = status
        self.message = message
        self.transport = transport
    }

    /// There is no such container, image, network or exec.
    package var isNotFound: Bool { status == 404 }
    /// The name is taken, the thing is in use, or it is not in a state for the operation.
    package var isConflict: Bool { status == 409 }
    package var isTimeout: Bool { transport == .timeout }
    package var isCancelled: Bool { transport == .cancelled }
    /// No engine listens at the socket.
    package var isEngineMissing: Bool { transport == .unreachable }

    package var description: String {
        if isEngineMissing { return message }
        return subject.isEmpty ? "\(operation): \(message)" : "\(operation) \(subject): \(message)"
    }
}

extension DockerError {
    init(_ error: UnixHTTPError, call: Call, socketPath: String) {
        let message =
            switch error.kind {
            case .unreachable:
                """
                docker engine at \(socketPath) does not answer: \(error.detail); \
                start it (systemctl start docker) or set docker: in modplan.yaml
                """
            case .timeout: "the docker engine at \(socketPath) gave no answer in time"
            case .transport:
                "the docker engine at \(socketPath) went away before it had answered: \(error.detail)"
            default: error.description
            }
        self.init(
            operation: call.operation, subject: call.subject, message: message,
            transport: error.kind)
    }
}
