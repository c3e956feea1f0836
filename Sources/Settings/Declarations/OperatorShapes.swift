import RelayServer
import Requests
import Signaling
import Timing

// Parameters in the shape in which operators write them.

extension AllowedOrigins {
    var list: [String] {
        get {
            switch self {
            case .any: ["*"]
            case .list(let origins): origins.sorted()
            }
        }
        set { self = AllowedOrigins(newValue) }
    }
}

extension SignalingRules {
    var forwardedTypeList: [String] {
        get { forwardedTypes.sorted() }
        set { forwardedTypes = Set(newValue) }
    }
}

extension RelayServerConfiguration {
    /// To the microsecond.
    var hold: Duration {
        get { .microseconds(holdMicroseconds) }
        set { holdMicroseconds = Int((newValue.inSeconds * 1e6).rounded()) }
    }
}
