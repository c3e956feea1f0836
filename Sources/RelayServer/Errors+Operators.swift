import Glibc

extension RelayServerError {
    /// The consequence for the operator, in one line.
    package var forOperators: String {
        switch self {
        case .listener(let address, let code): "\(address): \(String(cString: strerror(code)))"
        case .certificate(let error?): "\(error)"
        case .certificate(nil): "there is no certificate for TLS"
        case .noRelayAddress: "there is no address to relay from"
        case .system(let resource, let code): "\(resource.rawValue): \(String(cString: strerror(code)))"
        }
    }
}

extension HostAddressesError {
    /// The consequence for the operator, in one line.
    package var forOperators: String {
        "the addresses of this machine cannot be read: \(String(cString: strerror(errorNumber)))"
    }
}
