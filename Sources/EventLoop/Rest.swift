/// A pause that somebody else can cut short. One task rests at a time.
@Loop
public final class Rest {
    private var isOver = Promise<Void>()

    public nonisolated init() {}

    /// Suspends the caller for `limit`, or until ``end()`` or its cancellation if that is sooner.
    public func begin(for limit: Duration) async {
        let isOver = Promise<Void>()
        self.isOver = isOver
        await withTaskCancellationHandler {
            _ = await isOver.value(within: limit)
        } onCancel: {
            Task { @Loop in isOver.fulfil(()) }
        }
    }

    /// Lets whoever rests go on at once. Of no consequence for who begins later.
    public func end() { self.isOver.fulfil(()) }
}
