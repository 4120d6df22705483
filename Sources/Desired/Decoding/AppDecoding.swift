/// Decodes and validates one app's definition; every default is filled in.
///
/// - Parameter file: where the bytes come from, as diagnostics name it. The last component without
///   `.yaml` is the app's name.
package func decodeApp(_ bytes: [UInt8], file: String) -> Decoded<AppDefinition> {
    locateApp(bytes, file: file).map(\.app)
}

/// A definition and the places that errors across files point to.
struct LocatedApp {
    var app: AppDefinition
    var file: String
    var start: Mark
    var publish: Mark
}

func locateApp(_ bytes: [UInt8], file: String) -> Decoded<LocatedApp> {
    let problems = Problems(file: file)
    guard let root = Composer.root(of: bytes, problems: problems) else {
        return .failure(Diagnostics(problems.list))
    }
    var fields = Fields(root, path: "", problems: problems)
    let app = readApp(&fields, file: file)
    fields.finish()
    guard let app, problems.list.isEmpty else { return .failure(Diagnostics(problems.list)) }
    return .success(
        LocatedApp(app: app.definition, file: file, start: root.mark, publish: app.publish))
}

private typealias ReadApp = (definition: AppDefinition, publish: Mark)

private func readApp(_ fields: inout Fields, file: String) -> ReadApp? {
    let name = readName(&fields, file: file)
    let images = readImages(&fields)
    let source = readSource(fields.fields("source"))
    let build = readBuild(fields.fields("build"))
    let run = readRun(fields.fields("run"))
    let restart = readRestart(fields.fields("restart"))
    guard let images else { return nil }
    let definition = AppDefinition(
        name: name, buildImage: images.build, runImage: images.run, language: images.language,
        source: source, build: build, run: run.settings, restart: restart)
    return (definition, run.publish)
}

/// The file's name is the app's; `app`, where it is given, must say the same.
private func readName(_ fields: inout Fields, file: String) -> String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    let name = last.hasSuffix(".yaml") ? String(last.dropLast(".yaml".count)) : last
    if !isName(name) {
        fields.problems.report(
            "the file's name \(quoted(last)) gives no app's name: 1 to 40 of a-z, 0-9 and -, "
                + "a letter first, then .yaml", path: "", at: .start)
    } else if let written = fields.value("app", .name), written != name {
        fields.report(
            "\(quoted(written)) differs from the file's name: expected \(quoted(name))", at: "app")
    }
    return name
}

private typealias Images = (build: String, run: String, language: Language?)

private func readImages(_ fields: inout Fields) -> Images? {
    let language = fields.value("language", Rules.language)
    let hasLanguage = fields.holds("language")
    guard let node = fields.node("images") else {
        if !hasLanguage {
            fields.missing("language", "node, java, php or static (or images: {build, run})")
        }
        return language.map { ("build-\($0.rawValue)", "run-\($0.rawValue)", $0) }
    }
    var images = Fields(node, path: "images", problems: fields.problems)
    let build = images.required("build", .imageName)
    let run = images.required("run", .imageName)
    images.finish()
    if hasLanguage {
        fields.report("language names both images already: give one of the two", at: "images")
    }
    guard let build, let run else { return nil }
    return (build, run, nil)
}

private func readSource(_ fields: consuming Fields) -> SourceReference {
    let source = SourceReference(
        repository: fields.value("repository", .repository) ?? .definitions,
        ref: fields.value("ref", .ref) ?? "HEAD",
        path: fields.value("path", .treePath) ?? "")
    fields.finish()
    return source
}

private func readBuild(_ fields: consuming Fields) -> BuildSettings {
    var build = BuildSettings()
    build.timeout =
        fields.value("timeout", Rules.buildTimeout) ?? build.timeout
    build.volume = fields.value("volume", Rules.volume) ?? build.volume
    build.memory = fields.value("memory", Rules.memory) ?? build.memory
    build.network =
        fields.value("network", Rules.network) ?? build.network
    build.environment = readEnvironment(&fields, reserved: reservedInBuilds)
    fields.finish()
    return build
}

private func readRun(_ fields: consuming Fields) -> (settings: RunSettings, publish: Mark) {
    var run = RunSettings()
    run.instances = fields.value("instances", Rules.instances) ?? run.instances
    run.memory = fields.value("memory", Rules.memory) ?? run.memory
    run.millicpus = fields.value("cpus", Rules.processors) ?? run.millicpus
    run.volume = fields.value("volume", Rules.volume) ?? run.volume
    run.port = fields.value("port", Rules.port) ?? run.port
    run.publish = fields.value("publish", .publishedPort)
    run.environment = readEnvironment(&fields, reserved: reservedInRuns)
    run.ready = readReady(fields.fields("ready"))
    run.storage = fields.value("storage", Rules.volume)
    if let publish = run.publish, publish.port + max(run.instances, 1) - 1 > 65535 {
        fields.report(
            "\(run.instances) instances from port \(publish.port) on end past 65535", at: "publish")
    }
    let mark = fields.node("publish")?.mark ?? fields.mark
    fields.finish()
    return (run, mark)
}

private func readReady(_ fields: consuming Fields) -> ReadyCheck {
    var ready = ReadyCheck()
    let path = fields.value("path", .requestPath)
    let tcp = fields.value("tcp", Rules.boolean) ?? false
    if tcp { ready.probe = .tcp }
    if let path { ready.probe = .http(path: path) }
    if tcp && path != nil {
        fields.report("path and tcp exclude each other: give one of the two", at: "tcp")
    }
    ready.timeout = fields.value("timeout", Rules.readyTimeout) ?? ready.timeout
    fields.finish()
    return ready
}

private func readRestart(_ fields: consuming Fields) -> RestartBudget {
    var restart = RestartBudget()
    restart.budget = fields.value("budget", Rules.restarts) ?? restart.budget
    restart.window = fields.value("window", Rules.restartWindow) ?? restart.window
    fields.finish()
    return restart
}

/// Each made once, with the limits beyond which no host of this kind could serve, or no program
/// could live.
private enum Rules {
    static let language = Expected<Language>.word("a language")
    static let network = Expected<BuildSettings.Network>.word("a network")
    static let processors = Expected<Int>.processors
    static let boolean = Expected<Bool>.boolean
    static let memory = Expected.size(.mebibytes(16)...(.gibibytes(1024)))
    /// Below 16 MiB an ext4 file system is mostly its own tables.
    static let volume = Expected.size(.mebibytes(16)...(.gibibytes(16 * 1024)))
    static let buildTimeout = seconds(upTo: 24 * 3600)
    static let readyTimeout = seconds(upTo: 3600)
    static let restartWindow = seconds(upTo: 7 * 24 * 3600)
    static let instances = Expected.integer(0...64)
    static let port = Expected.integer(1...65535)
    static let restarts = Expected.integer(0...1000)

    private static func seconds(upTo most: Int64) -> Expected<Interval> {
        .duration(Interval(seconds: 1)...Interval(seconds: most))
    }
}
