/// Set by the run image and by navi, so not an app's to set.
let reservedInRuns: Set<String> = [
    "PORT", "APP_DIR", "HOME", "TEMP_DIR", "TMPDIR", "TMP_DIR",
]
/// A build is also told where its input lies and where its output goes.
let reservedInBuilds = reservedInRuns.union(["INPUT", "OUTPUT", "INPUT_DIR", "OUTPUT_DIR"])

private let reservedPrefix = "NAVI_"
private let valueLimit = 32 << 10
private let totalLimit = 64 << 10

/// The key `environment`. Messages name variables and never show a value: it may be a secret.
func readEnvironment(_ fields: inout Fields, reserved: Set<String>) -> [String: String] {
    let variables = fields.fields("environment")
    var environment: [String: String] = [:]
    var total = 0
    for entry in variables.entries {
        func report(_ message: String, at mark: Mark) {
            let path = joinPath(variables.path, entry.key)
            variables.problems.report(message, path: path, at: mark)
        }
        if !isIdentifier(entry.key) {
            report(
                "not the name of a variable: letters, digits and _, no digit first", at: entry.mark)
        } else if reserved.contains(entry.key) || entry.key.hasPrefix(reservedPrefix) {
            report("the name is reserved: modplan sets it itself", at: entry.mark)
        }
        switch entry.value.content {
        case .refused: continue
        case .sequence:
            report("found a list, expected text", at: entry.value.mark)
        case .mapping(let keys):
            report(
                keys.contains { $0.key == "secret" }
                    ? "{secret: NAME} is reserved for secrets, which this version cannot read yet"
                    : "found a mapping, expected text", at: entry.value.mark)
        case .scalar(let scalar):
            total += entry.key.utf8.count + scalar.text.utf8.count + 2
            if scalar.isNull {
                report(
                    "has no value: write '' for an empty one, quotes for the word null",
                    at: entry.value.mark)
            } else if scalar.text.utf8.contains(0) {
                report("holds a NUL, which no environment can carry", at: entry.value.mark)
            } else if scalar.text.utf8.count > valueLimit {
                report(
                    "has \(scalar.text.utf8.count) bytes, at most \(valueLimit) are allowed",
                    at: entry.value.mark)
            }
            environment[entry.key] = scalar.text
        }
    }
    if total > totalLimit {
        fields.report(
            "has \(total) bytes in all, at most \(totalLimit) are allowed", at: "environment")
    }
    return environment
}
