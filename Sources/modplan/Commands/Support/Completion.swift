import ArgumentParser

extension CompletionKind {
    /// The apps of the installation that the words before name with `--config`, or of the one that
    /// is found without.
    static var apps: CompletionKind {
        .custom { words, _, prefix in
            var options = CommonOptions()
            options.config = configOption(words)
            // A shell that completes must see neither errors nor warnings.
            guard let installation = try? Installation(options) else { return [] }
            return await installation.knownApps().filter { $0.hasPrefix(prefix) }
        }
    }
}

/// The value of `--config` among the words of a command line.
func configOption(_ words: [String]) -> String? {
    for (index, word) in words.enumerated() {
        if word == "--config", index + 1 < words.count { return words[index + 1] }
        if word.hasPrefix("--config=") { return String(word.dropFirst("--config=".count)) }
    }
    return nil
}
