/// Runs asynchronous code on the calling thread alone, one job after another. Which of the waiting
/// jobs is next is drawn from a seed: the same seed gives the same interleaving.
///
/// Safe to send because everything that runs on it runs on the one thread that called `run`.
final class SeededExecutor: TaskExecutor, @unchecked Sendable {
    private var waiting: [UnownedJob] = []
    private var random: Seeded

    init(seed: UInt64) { random = Seeded(seed) }

    func enqueue(_ job: consuming ExecutorJob) { waiting.append(UnownedJob(job)) }

    /// - Returns: nil if the body waits for something that never comes.
    func run<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value? {
        let result = Box<Value>()
        Task(executorPreference: self) { result.value = await body() }
        while !waiting.isEmpty {
            let index = waiting.count == 1 ? 0 : Int(random.next() % UInt64(waiting.count))
            waiting.remove(at: index).runSynchronously(on: asUnownedTaskExecutor())
        }
        return result.value
    }

    /// Written and read on the executor's thread.
    private final class Box<Value>: @unchecked Sendable {
        var value: Value?
    }
}

/// SplitMix64: the same seed gives the same numbers on every machine.
package struct Seeded: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(_ seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func happens(oneIn count: Int) -> Bool { below(count) == 0 }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}
