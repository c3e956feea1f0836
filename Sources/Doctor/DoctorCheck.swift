/// One thing that the doctor looks after. Checks change nothing, and know the machine only through their
/// ``Examination``.
package struct DoctorCheck: Sendable {
    /// What people read beside its findings, at most 13 characters.
    let title: String
    /// It is given up after this.
    let limit: Duration
    /// Blocks its thread as long as it likes, up to the limit.
    let run: @Sendable (Examination) async -> [Finding]

    init(
        _ title: String, limit: Duration = .seconds(5),
        run: @escaping @Sendable (Examination) async -> [Finding]
    ) {
        self.title = title
        self.limit = limit
        self.run = run
    }
}

extension DoctorCheck {
    /// The checks that need only the settings, in the order in which they are made and shown.
    package static let all: [DoctorCheck] = [
        configuration, secrets, access, database, files, buffers, machine, clock, server, ports, address,
        range,
        certificate, reachability, turn,
    ]
}
