/// How many ports one user and one address may have: not a number, but a multiple of the ports that are free.
///
/// Where there are plenty nobody notices. The fewer are left, the less may be added by those who have most, and the
/// last ones go to those who have none: a single user ends with half of the ports, a single address with three
/// quarters, `k` addresses together leave one port in `1 + 3k`. That holds for a range of 41 ports as for one of 16,384.
///
/// What counts as having is what stands on the bill (`PortBills`): in use, reserved and at rest.
struct FairShare: Sendable {
    /// A user may have as many ports as are free.
    private static let multipleForUser = 1
    /// An address may be many people's, a company's or a carrier's: three times as many.
    private static let multipleForAddress = 3

    private let limitsUsers: Bool
    private let limitsAddresses: Bool

    /// Without a quota there is no share either. A quota that is not below the total is none: it says that one may have
    /// everything.
    init(_ limits: Quotas.Limits) {
        func isLimit(_ quota: Int) -> Bool { quota > 0 && (limits.total == 0 || quota < limits.total) }
        limitsUsers = isLimit(limits.perUser)
        limitsAddresses = isLimit(limits.perAddress)
    }

    /// Whose share would be exceeded by `wanted` ports more, if anybody's. `free` are free now. Who has none is never
    /// refused: what is left is kept for them.
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
