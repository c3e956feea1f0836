/// What one write transaction was like, for metrics.
package struct TransactionReport: Sendable {
    /// How many calls it carried.
    package let calls: Int
    /// From the moment the calls were taken from the queue to the end of the commit.
    package let duration: Duration
    /// Why none of the calls took place; `nil` after a commit. A call may still have failed by itself.
    package let error: PairingStoreError?

    /// Makes a report.
    package init(calls: Int, duration: Duration, error: PairingStoreError?) {
        self.calls = calls
        self.duration = duration
        self.error = error
    }
}
