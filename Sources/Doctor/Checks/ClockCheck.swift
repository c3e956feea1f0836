import Pairing
import Settings
import TURN
import Timing

extension DoctorCheck {
    /// The system's clock, by which credentials, invitations and certificates end.
    package static let clock = DoctorCheck("Clock") { ClockCheck.run($0) }
}

enum ClockCheck {
    /// When this was written: no right clock is before that.
    private static let earliest: UInt64 = 1_767_225_600  // 2026-01-01
    private static let latest: UInt64 = 4_102_444_800  // 2100-01-01
    private static let goodError = 1_000_000
    private static let goodSkew: UInt64 = 60
    private static let advice = "run an NTP client: apt install systemd-timesyncd, or chrony"

    static func run(_ examination: Examination) -> [Finding] {
        let machine = examination.machine
        let now = machine.now().seconds
        guard (earliest..<latest).contains(now) else {
            return [
                .error(
                    .clockYear, "it is set to \(day(now)): certificates and credentials are refused",
                    do: "set it, and \(advice)")
            ]
        }
        return [synchronised(machine.clock(), day(now))] + skew(examination, now)
    }

    private static func synchronised(_ clock: ClockState, _ day: String) -> Finding {
        switch clock {
        case .synchronised(let error) where error <= goodError:
            .ok(.clockSynchronised, "\(day), synchronised within \(max(1, error / 1_000)) ms")
        case .synchronised(let error):
            .notice(
                .clockSynchronised, "it is synchronised, but only within \(error / 1_000_000) s",
                do: "ask the NTP client: timedatectl, or chronyc tracking")
        case .unsynchronised:
            .warning(
                .clockSynchronised,
                "nothing synchronises it, and credentials expire by it, here and at a coturn elsewhere",
                do: advice)
        case .unknown:
            .ok(.clockSynchronised, "\(day); the kernel does not tell whether it is synchronised")
        }
    }

    /// What else on this machine has an opinion of the time.
    private static func skew(_ examination: Examination, _ now: UInt64) -> [Finding] {
        let machine = examination.machine
        if let hardware = machine.hardwareClock() {
            let difference = max(now, hardware) - min(now, hardware)
            // A clock on local time differs by quarters of an hour.
            let rest = difference % 900
            if difference > goodSkew, min(rest, 900 - rest) > goodSkew {
                return [
                    .notice(
                        .clockSkew, "it differs from the hardware's clock by \(difference) s",
                        do: "find out which of the two is right; hwclock --systohc sets the hardware's")
                ]
            }
        }
        if let path = PairingBackend(examination.values)?.file, let file = machine.file(path),
            file.modified > Int64(clamping: now + goodSkew)
        {
            return [
                .warning(
                    .clockSkew, of: path, "\(path) was last written in the future: the clock has gone back",
                    do: "set the clock; invitations expire by it")
            ]
        }
        return []
    }

    /// The date of a time, in UTC.
    static func day(_ seconds: UInt64) -> String {
        let (milliseconds, overflow) = Int64(clamping: seconds).multipliedReportingOverflow(by: 1_000)
        let time = overflow ? Timestamp.latest : Timestamp(millisecondsSinceEpoch: milliseconds)
        return String(time.iso8601.prefix { $0 != "T" })
    }
}
