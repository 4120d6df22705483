import Desired
import Execution
import Observed
import Planning
import State

/// Everything outside of modplan: host, git, files, clock, and what goes wrong there, all drawn
/// from one seed.
///
/// Safe to send because one executor's thread is all that ever touches it.
final class World: @unchecked Sendable {
    static let installation = "test"
    static let names = ["api", "blog", "shop", "web"]

    var random: Seeded
    /// Of one-off commands alone.
    var taskRandom: Seeded
    var host = SimulatedHost(installation: installation)
    var desired: [DesiredApp] = []
    let stateFiles = SimulatedFiles("state")
    let recordFiles = SimulatedFiles("records")
    /// By name, how many hold each lock; whoever has it for itself alone counts below zero.
    var held: [String: Int] = [:]
    /// The names of tasks whose process lives: their locks are held.
    var living: Set<String> = []
    var tasks = 0
    var edits = 0
    /// What each app may be given at least, in GiB.
    var volumeSizes: [String: Int64] = [:]
    /// Seconds; jumps both ways.
    var clock = 1_000_000

    /// The process is gone: nothing that it started has any more effect.
    var isCrashed = false
    /// By kind of effect, and the number of the effect in its kind at which each strikes.
    var faults: [EffectKind: [Int: Fault]] = [:]
    /// By kind, and the first word of an effect's name: strikes at the next such one.
    var faultsAtVerbs: [EffectKind: [Substring: Fault]] = [:]
    /// What effects of each kind there were, in the order that they came.
    private(set) var verbs: [EffectKind: [Substring]] = [:]
    private(set) var counts: [EffectKind: Int] = [:]
    private(set) var effects = 0
    /// The fault of the effect that is being done.
    var strikesNow: Fault?
    /// Effects that changed something.
    var mutations = 0
    var table = FaultTable()
    var past: [Snapshot] = []
    /// What a planted bug holds on to: plans by their selection.
    var plans: [Set<String>?: Plan] = [:]
    /// In this pass, an observation was not what was so.
    var wasMisled = false
    let bug: PlantedBug?

    /// What was done so far, as one number, and in words if somebody wants to read it.
    private(set) var traceDigest: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var trace: [String] = []
    private let keepsTrace: Bool
    var violations: [String] = []

    /// The steps under way, each with those that it had to wait for.
    var active: [String: Step] = [:]
    var concluded: Set<String> = []
    /// Containers of which the last observation could not say how they fare.
    var unknown: Set<String> = []
    var isConcurrent = false
    /// Apps that their operator wants down; of the others that are named, nobody knows whether the
    /// command that died has been recorded.
    var stopped: Set<String> = []
    var maybeStopped: Set<String> = []
    /// Apps that are being destroyed.
    var ending: Set<String> = []
    /// Apps whose storage may be removed, if it is not in use, or whatever it is.
    var pruning: Set<String> = []
    var endingStorage: Set<String> = []
    /// By storage: what was on it when its last container started, what a snapshot has brought back
    /// since, and the release that is recorded as its next one.
    var written: [String: [String]] = [:]
    var broughtBack: [String: [String]] = [:]
    var claims: [String: Set<Int>] = [:]
    /// The records beside the volumes, or the ledgers, were deleted by hand.
    var hasForgotten = false
    var hasLostLedger = false
    /// By file, the volume where each notification was left.
    var emitted: [String: String] = [:]
    var lost: Set<String> = []
    /// Artifacts and images that were pruned in this pass.
    var pruned: Set<String> = []
    var removedMail: [(volume: String, notification: Observed.Notification)] = []

    init(seed: UInt64, bug: PlantedBug?, keepsTrace: Bool) {
        random = Seeded(seed)
        taskRandom = Seeded(seed ^ 0x7A5C)
        self.bug = bug
        self.keepsTrace = keepsTrace
    }

    func note(_ text: @autoclosure () -> String) {
        let text = text()
        for byte in text.utf8 {
            traceDigest = (traceDigest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        if keepsTrace { trace.append(text) }
    }

    func violate(_ text: String) {
        note("VIOLATION: \(text)")
        violations.append(text)
    }

    /// One call to the outside.
    ///
    /// - Parameter mutates: it would change the world.
    func effect<Value>(
        _ kind: EffectKind, _ name: String, mutates: Bool = true,
        _ body: () throws -> Value
    ) async throws -> Value {
        // As a call would: others run meanwhile.
        await Task.yield()
        guard !isCrashed else { throw Crash() }
        let fault = strike(kind, name)
        func act() throws -> Value {
            if mutates {
                mutations += 1
                requireStep(kind, name)
            }
            return try body()
        }
        if bug == .errorsSwallowed, let nothing = () as? Value {
            do { try perform(fault, name, act) } catch is Crash { throw Crash() } catch {}
            return nothing
        }
        return try perform(fault, name, act)
    }

    @discardableResult
    private func perform<Value>(
        _ fault: Fault?, _ name: String, _ act: () throws -> Value
    ) throws -> Value {
        switch fault {
        case nil, .staleList, .partialList: return try act()
        case .failBefore: throw Refused(description: "\(name): refused")
        case .failAfter:
            _ = try act()
            throw Refused(description: "\(name): no answer")
        case .hang:
            clock += 600
            if random.happens(oneIn: 2) { _ = try? act() }
            throw Refused(description: "\(name): deadline exceeded")
        case .crashBefore:
            isCrashed = true
            throw Crash()
        case .crashAfter:
            _ = try? act()
            isCrashed = true
            throw Crash()
        case .diskFull: throw Refused(description: "\(name): no space left on device")
        case .engineRestart:
            restartEngine()
            return try act()
        case .clockJump:
            clock += random.happens(oneIn: 2) ? 90_000 : -90_000
            return try act()
        case .handEdit:
            disturb(at: name)
            return try act()
        case .lostEvent:
            loseMail()
            return try act()
        case .doubledEvent:
            doubleMail()
            return try act()
        }
    }

    /// Counts an effect, and gives the fault that strikes at it.
    func strike(_ kind: EffectKind, _ name: String) -> Fault? {
        effects += 1
        let count = counts[kind, default: 0] + 1
        counts[kind] = count
        let verb = name.prefix { $0 != " " }
        if verbs[kind]?.contains(verb) != true { verbs[kind, default: []].append(verb) }
        strikesNow = faults[kind]?[count] ?? faultsAtVerbs[kind]?.removeValue(forKey: verb)
        if let fault = strikesNow {
            table.count(fault, kind)
            note("\(name) [\(fault.rawValue)]")
        } else {
            note(name)
        }
        return strikesNow
    }

    /// Nothing is changed but by a step whose intent is durable.
    private func requireStep(_ kind: EffectKind, _ name: String) {
        switch kind {
        case .network, .volume, .file, .build, .container, .program:
            if active.isEmpty { violate("\(name) without a step under way") }
        default: break
        }
    }

    func restartEngine() {
        for id in host.boxes.keys where host.boxes[id]?.isUp == true {
            host.boxes[id]?.container.status = .exited
            host.boxes[id]?.program = .stopped
        }
    }

    // MARK: Notifications

    func loseMail() {
        let full = host.disks.keys.filter { host.disks[$0]?.notifications.isEmpty == false }
        guard let name = random.pick(full.sorted()),
            let gone = host.disks[name]?.notifications.popLast()
        else { return }
        lost.insert(gone.file)
    }

    /// Some lies where modplan can see it, counted or not.
    var hasMail: Bool { host.disks.values.contains { $0.isMounted && !$0.notifications.isEmpty } }

    /// What lay on a volume that is gone.
    func loseMail(of volume: String) {
        for (file, place) in emitted where place == volume { lost.insert(file) }
    }

    func doubleMail() {
        guard let (volume, notification) = random.pick(removedMail) else { return }
        guard host.disks[volume]?.isMounted == true else { return }
        host.disks[volume]?.notifications.append(notification)
    }
}

extension World {
    var store: StateStore {
        StateStore(
            files: stateFiles, records: recordFiles, installation: Self.installation
        ) { [self] in "epoch-\(random.next())" }
    }

    /// modplan, in this world.
    var applier: Applier {
        let records = StateRecords(store: store) { [self] in "\(clock)" }
        let executor = StepExecutor(
            containers: SimulatedContainers(world: self),
            programs: SimulatedPrograms(world: self), files: SimulatedVolumeFiles(world: self),
            volumes: SimulatedVolumes(world: self),
            records: WatchedRecords(world: self, records: records))
        var applier = Applier(
            installation: Self.installation, definitions: SimulatedGit(world: self),
            observer: SimulatedObserver(world: self), executor: executor,
            mail: SimulatedMail(world: self), store: store, locks: SimulatedLocks(world: self))
        if let bug { applier.planner = { [self] input in try bug.plan(input, in: self) } }
        return applier
    }

    /// The operator wants it down, as far as modplan can know.
    func isStoppedForGood(_ app: String) -> Bool {
        let state = try? store.state(of: app)
        if stopped.contains(app) { return true }
        return maybeStopped.contains(app) && state?.stopped != nil
    }
}
