import Addresses

/// The number of a pool's ports that each user and each address has, from the draw until the port is free again.
///
/// An entry is removed with its last port, so there are no more entries than ports.
struct PortBills: Sendable {
    /// Ports on all bills; each stands on one user's and on one address's.
    private(set) var total = 0
    private var users: [UserID: Int] = [:]
    private var addresses: [AddressKey: Int] = [:]

    func count(_ user: UserID) -> Int { users[user, default: 0] }

    func count(_ address: AddressKey) -> Int { addresses[address, default: 0] }

    /// The sums of the users' bills and of the addresses'.
    var sums: (users: Int, addresses: Int) {
        (users.values.reduce(0, +), addresses.values.reduce(0, +))
    }

    mutating func add(_ payer: QuotaClaim) {
        total += 1
        users[payer.user, default: 0] += 1
        addresses[payer.address, default: 0] += 1
    }

    mutating func remove(_ payer: QuotaClaim) {
        total -= 1
        users[payer.user] = users[payer.user].flatMap { $0 > 1 ? $0 - 1 : nil }
        addresses[payer.address] = addresses[payer.address].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}
