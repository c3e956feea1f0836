/// How many failed accepts one address and the whole server may cause. A failed accept is a guessed join
/// code. The same limits hold for creates that are answered with a conflict, counted apart.
package struct AcceptLimits: Sendable {
    /// Failures of one address within `window` that lock it; default 10.
    package var failures: Int
    /// How long a failure counts; default 600 s.
    package var window: Duration
    /// How long the first lockout lasts; default 900 s. Each further one lasts twice as long.
    package var lockout: Duration
    /// The longest lockout, and how long an address must be quiet until its lockouts are forgotten;
    /// default 86,400 s.
    package var maxLockout: Duration
    /// Failures a minute on the whole server from which on all accepts are slowed; default 60.
    package var failuresPerMinuteOfAll: Int

    /// The defaults are those of the members.
    package init(
        failures: Int = 10, window: Duration = .seconds(600), lockout: Duration = .seconds(900),
        maxLockout: Duration = .seconds(86_400), failuresPerMinuteOfAll: Int = 60
    ) {
        self.failures = max(1, failures)
        self.window = window
        self.lockout = lockout
        self.maxLockout = max(lockout, maxLockout)
        self.failuresPerMinuteOfAll = max(1, failuresPerMinuteOfAll)
    }
}
