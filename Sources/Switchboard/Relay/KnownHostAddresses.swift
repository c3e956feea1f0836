import Addresses
import RelayServer

/// The known addresses of the machine, which no client of the relay may reach: the last ones that could be read.
///
/// If they cannot be read, for instance because no descriptor is left, that does not mean that there are none.
struct KnownHostAddresses {
    /// What follows from a look at them.
    enum News: Equatable {
        /// They are known; these hold from now on.
        case read([IPAddress])
        /// The same after times when they could not be read.
        case readAgain([IPAddress])
        /// They cannot be read any more; the last known ones hold.
        case lost(HostAddressesError)
        /// They still cannot be read.
        case stillLost
    }

    private var isLost = false

    /// Takes the result of a look.
    mutating func note(_ reading: Result<[IPAddress], HostAddressesError>) -> News {
        switch reading {
        case .success(let addresses):
            defer { isLost = false }
            return isLost ? .readAgain(addresses) : .read(addresses)
        case .failure(let error):
            defer { isLost = true }
            return isLost ? .stillLost : .lost(error)
        }
    }
}
