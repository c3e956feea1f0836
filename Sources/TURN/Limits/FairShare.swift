/// How many ports one user and one address may have: not a number, but a multiple of the ports that are free.
///
/// While many ports are free, no user notices the limit. The fewer are left, the less may be added by those who
/// have most, and the last ones go to those who have none. A single user ends with half of the ports, a single
/// address with three quarters, and `k` addresses together leave one port in `1 + 3k`. That holds for a range of 41
/// ports as well as for one of 16,384.
///
/// A user has the ports that are on the bill (`PortBills`): in use, reserved and at rest.
struct FairShare: Sendable {
    /// A user may have as many ports as are free.
    private static let multipleForUser = 1
    /// An address may belong to many people, a company or a carrier: three times as many.
    private static let multipleForAddress = 3

    private let limitsUsers: Bool
    private let limitsAddresses: Bool

    /// Without a quota there is no share either. A quota that is not below the total has no effect, because it
    /// allows one user to have everything.
    init(_ limits: Quotas.Limits) {
        func isLimit(_ quota: Int) -> Bool { quota > 0 && (limits.total == 0 || quota < limits.total) }
        limitsUsers = isLimit(limits.perUser)
        limitsAddresses = isLimit(limits.perAddress)
    }

    /// The share that `wanted` more ports would exceed, if any. `free` ports are free now. A user or address
    /// without ports is never refused: the ports that are left are kept for them.
    func exceeded(userBill: Int, addressBill: Int, wanted: Int, free: Int) -> Quota? {
        // The last of the ports wanted is judged as if the others were taken already.
        let left = free - (wanted - 1)
        func admits(_ bill: Int, _ multiple: Int) -> Bool {
            bill == 0 || bill + wanted <= multiple * left
        }
        if limitsUsers, !admits(userBill, Self.multipleForUser) { return .userShare }
        if limitsAddresses, !admits(addressBill, Self.multipleForAddress) { return .addressShare }
        return nil
    }
}
