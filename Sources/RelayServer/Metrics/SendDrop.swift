/// Why a packet was dropped that the rules had admitted; the raw value is the metric's `reason` label.
package enum SendDrop: String, CaseIterable, Sendable {
    case bufferFull = "buffer_full"
    case refusedByKernel = "refused_by_kernel"
    case mailboxFull = "mailbox_full"
    case slowStream = "slow_stream"
}
