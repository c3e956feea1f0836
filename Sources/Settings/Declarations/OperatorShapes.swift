import RelayServer
import Signaling
import Timing
import WebServer

// Parameters in the shape in which operators write them.

extension HTTPConfiguration {
    var originList: [String] {
        get {
            switch allowedOrigins {
            case .any: ["*"]
            case .list(let origins): origins.sorted()
            }
        }
        set { allowedOrigins = AllowedOrigins(newValue) }
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
