import Glibc

/// A failed system call.
package struct SystemError: Error, CustomStringConvertible {
    /// What was tried, for example `open`.
    package var operation: String
    /// What it was tried on, usually a path.
    package var subject: String
    /// The value of `errno`; 0 where the call itself succeeded but gave something unusable.
    package var code: Int32
    /// Said instead of the text of `code`.
    package var detail: String?

    package init(
        _ operation: String, _ subject: String, code: Int32 = errno, detail: String? = nil
    ) {
        self.operation = operation
        self.subject = subject
        self.code = code
        self.detail = detail
    }

    package var description: String {
        "\(subject): cannot \(operation): \(detail ?? String(cString: strerror(code)))"
    }
}

/// Calls `body` again for as long as a signal interrupts it.
func retrying(_ body: () -> Int) -> Int {
    while true {
        let result = body()
        if result != -1 || errno != EINTR { return result }
    }
}

/// Runs a blocking call on a thread of its own, so that it cannot starve the cooperative pool.
package func offload<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = BlockingThread { continuation.resume(with: Result { try body() }) }
        thread.start()
    }
}
