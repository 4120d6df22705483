import Foundation
import Testing

/// A short run of what `make fuzz` does ten million times.
extension NaviTests {
    struct FuzzTests {
        @Test func theParsersStandTwentyThousandHostileInputs() throws {
            // The toolchain is where the test runner found it.
            let environment = ProcessInfo.processInfo.environment
            let fuzz = try Running(
                ["-c", "\(Self.checkout)/packaging/fuzz >&2"],
                environment: [
                    "PATH": environment["PATH"] ?? "", "HOME": environment["HOME"] ?? "/",
                    "RUNS": "20000", "SEED": "1",
                ], binary: "/bin/sh")
            let said = try fuzz.remainingErrors()
            #expect(fuzz.wait() == Running.End(exitStatus: 0), "\(said.suffix(2000))")
        }

        private static let checkout =
            "\(#filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined())"
    }
}
