import CLinux
import Glibc
import Synchronization

/// Moves all whole exchanges of the process on, from one thread: a plan asks hundreds of small
/// questions at once, and a general event loop with a pipeline for each costs several times what
/// the bytes do.
final class SocketPoller: Sendable {
    static let shared = SocketPoller()

    private struct State {
        var exchanges: [UInt64: SocketExchange] = [:]
        var lastID: UInt64 = 0
        /// What the thread is at, out of the table; nil once that is cancelled.
        var moving: UInt64?
        /// When the thread looks up by itself.
        var wakesAt: ContinuousClock.Instant?
        var isRunning = false
    }

    private let state = Mutex(State())
    private let epoll = epoll_create1(O_CLOEXEC)
    private let bell = eventfd(0, O_CLOEXEC | O_NONBLOCK)

    private init() { watch(bell, 0, EPOLLIN.rawValue, EPOLL_CTL_ADD) }

    func newID() -> UInt64 {
        state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
    }

    /// Takes an exchange over to its end.
    func begin(_ exchange: SocketExchange, _ id: UInt64) {
        var exchange = exchange
        exchange.send()
        state.withLock { state in
            state.exchanges[id] = exchange
            let interest = EPOLLIN.rawValue | (exchange.isSent ? 0 : EPOLLOUT.rawValue)
            watch(exchange.socket, id, interest, EPOLL_CTL_ADD)
            if state.wakesAt.map({ exchange.expiry < $0 }) ?? true {
                state.wakesAt = exchange.expiry
                eventfd_write(bell, 1)
            }
            if !state.isRunning {
                state.isRunning = true
                startThread()
            }
        }
    }

    /// Ends the exchange at once, if it is still under way: its connection closes.
    func cancel(_ id: UInt64) {
        let exchange = state.withLock { state in
            if state.moving == id { state.moving = nil }
            return state.exchanges.removeValue(forKey: id)
        }
        exchange?.finish(.failure(CancellationError()))
    }

    // MARK: The thread

    private func startThread() {
        var thread = pthread_t()
        // It lives as long as the process.
        pthread_create(
            &thread, nil,
            { _ in
                SocketPoller.shared.run()
                return nil
            }, nil)
        pthread_detach(thread)
    }

    private func run() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let timeout = endLate()
            let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
            guard count > 0 else { continue }
            for event in events.prefix(Int(count)) {
                // Packed: its fields are copied, never referred to.
                let id = event.data.u64
                if id == 0 {
                    var rings: eventfd_t = 0
                    eventfd_read(bell, &rings)
                } else {
                    move(id, into: buffer)
                }
            }
        }
    }

    private func move(_ id: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
        // Not under the lock: those who begin exchanges would wait for bytes to be moved.
        let taken = state.withLock { state in
            state.moving = id
            return state.exchanges.removeValue(forKey: id)
        }
        guard var exchange = taken else { return }
        if !exchange.isSent {
            exchange.send()
            if exchange.isSent { watch(exchange.socket, id, EPOLLIN.rawValue, EPOLL_CTL_MOD) }
        }
        if let end = exchange.receive(into: buffer) { return exchange.finish(end) }
        let isCancelled = state.withLock { state in
            // Cancelled meanwhile.
            guard state.moving == id else { return true }
            state.exchanges[id] = exchange
            return false
        }
        if isCancelled { exchange.finish(.failure(CancellationError())) }
    }

    /// Ends what took too long.
    ///
    /// - Returns: how long nothing will, in milliseconds; -1 for ever.
    private func endLate() -> Int32 {
        let now = ContinuousClock.now
        let (late, wakesAt) = state.withLock { state in
            var late: [SocketExchange] = []
            if state.wakesAt.map({ $0 <= now }) ?? true {
                for (id, exchange) in state.exchanges where exchange.expiry <= now {
                    state.exchanges[id] = nil
                    late.append(exchange)
                }
                state.wakesAt = state.exchanges.values.map(\.expiry).min()
            }
            return (late, state.wakesAt)
        }
        for exchange in late { exchange.finish(.failure(Late())) }
        guard let wakesAt else { return -1 }
        let wait = now.duration(to: wakesAt) / .milliseconds(1)
        return Int32(clamping: Int(min(wait.rounded(.up), 1e6)))
    }

    private func watch(_ file: Int32, _ id: UInt64, _ interest: UInt32, _ operation: Int32) {
        var event = epoll_event()
        event.events = interest
        event.data.u64 = id
        epoll_ctl(epoll, operation, file, &event)
    }
}

/// The time of an exchange is over.
struct Late: Error {}
