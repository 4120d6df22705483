import Glibc

/// A detached POSIX thread that runs one closure. Threads are made, not pooled: they serve calls
/// that take milliseconds to minutes (libgit2, copying), where 50 µs for a thread is nothing.
final class BlockingThread: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let status = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<BlockingThread>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context)
        pthread_attr_destroy(&attributes)
        if status != 0 {
            // No thread to be had: late is better than never.
            Unmanaged<BlockingThread>.fromOpaque(context).takeRetainedValue().body()
        }
    }
}
