import Addresses
import Glibc
import RelayServer

/// What is known of the machine's addresses, which no client of the relay may reach: the last that could be read.
///
/// That they cannot be read, because no descriptor is left for instance, says nothing of which there are.
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

extension HostAddressesError {
    /// What it means to who runs the server, in one line.
    var forOperators: String {
        "the addresses of this machine cannot be read: \(String(cString: strerror(errorNumber)))"
    }
}
