/// Wall-clock time in whole seconds since 1970: what nonces and time-limited credentials carry.
package struct UnixTime: Comparable, Hashable, BitwiseCopyable, Sendable {
    package var seconds: UInt64

    package init(seconds: UInt64) { self.seconds = seconds }

    package static func < (a: UnixTime, b: UnixTime) -> Bool { a.seconds < b.seconds }
}
