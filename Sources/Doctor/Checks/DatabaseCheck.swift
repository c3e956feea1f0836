import Settings

extension DoctorCheck {
    /// The pairing database and the disk it is on. Reading a large one takes time.
    static let database = DoctorCheck("Database", limit: .seconds(30)) { await DatabaseCheck.run($0) }
}

enum DatabaseCheck {
    private static let wantedBytes = 200 << 20
    private static let neededBytes = 16 << 20
    private static let neededFiles = 16
    /// File systems on which SQLite's locks cannot be relied on.
    private static let remoteTypes = ["nfs", "cifs", "smb", "9p", "fuse.sshfs", "ceph", "glusterfs", "afs"]

    static func run(_ examination: Examination) async -> [Finding] {
        let machine = examination.machine
        guard let backend = PairingBackend(examination.values) else {
            return [.ok(.databaseUse, "pairing is off, so there is no database (USE_SQLITE)")]
        }
        guard let path = backend.file else { return [] }
        let (directory, isThere) = nearestDirectory(of: path, machine)
        var found = directoryFindings(directory, isThere: isThere, of: path, machine)
        found += volumeFindings(directory, machine)
        guard let file = machine.file(path) else {
            if found.allSatisfy({ $0.level < .error }) {
                found.insert(.ok(.databaseFile, of: path, "\(path) is created at the first start"), at: 0)
            }
            return found
        }
        return await contents(backend, path, file, examination) + found
    }

    /// The directory that the file is in or, where that is missing, the nearest one above that exists.
    private static func nearestDirectory(of path: String, _ machine: Machine) -> (path: String, isThere: Bool)
    {
        var directory = parent(of: path)
        var isThere = true
        while machine.file(directory) == nil, directory != "/", directory != "." {
            directory = parent(of: directory)
            isThere = false
        }
        return (directory, isThere)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        let parent = path[..<slash]
        return parent.isEmpty ? "/" : String(parent)
    }

    private static func contents(
        _ backend: PairingBackend, _ path: String, _ file: FileFacts, _ examination: Examination
    ) async -> [Finding] {
        let own = "make the server's user its owner: chown USER \(path)*"
        guard !file.isDirectory else {
            return [
                .error(
                    .databaseFile, of: path, "\(path) is a directory",
                    do: "set SQLITE_DB_PATH to a file in it")
            ]
        }
        guard file.isReadable, file.isWritable else {
            return [
                .error(.databaseFile, of: path, "this user may not read and write \(path)", do: own)
            ]
        }
        var found: [Finding] = []
        let secret = SecretFile(path: path, content: .database)
        if let exposure = secret.exposure({ _ in file }) {
            found.append(.warning(.databaseFile, of: path, exposure, do: secret.remedy))
        }
        switch await examination.machine.database(backend) {
        case .unreadable(let reason):
            found.append(
                .error(
                    .databaseFile, of: path, "\(path) cannot be read: \(reason)",
                    do:
                        "see which program holds it (fuser \(path)), or restore a copy; see docs/operations.md"
                ))
        case .read(let damage, let missing, let rooms, let pendings):
            found.append(contentsOf: integrity(path, damage, rooms, pendings))
            if !missing.isEmpty {
                found.append(
                    .notice(
                        .databaseSchema, of: path, "\(path) lacks \(Self.list(missing)) of the schema",
                        do: "nothing; the server adds it when it starts (or run: switchboard db init)"))
            }
        }
        return found
    }

    private static func integrity(
        _ path: String, _ damage: [String], _ rooms: Int, _ pendings: Int
    ) -> [Finding] {
        guard let first = damage.first else {
            return [
                .ok(.databaseIntegrity, of: path, "\(path) is sound: \(rooms) rooms, \(pendings) invitations")
            ]
        }
        let more = damage.count > 1 ? " and \(damage.count - 1) more" : ""
        return [
            .error(
                .databaseIntegrity, of: path, "\(path) is damaged: \(first)\(more)",
                do:
                    "stop the server and restore a copy; without one, sqlite3 \(path) .recover saves what it can"
            )
        ]
    }

    private static func directoryFindings(
        _ directory: String, isThere: Bool, of path: String, _ machine: Machine
    ) -> [Finding] {
        guard let facts = machine.file(directory), facts.isDirectory else {
            return [
                .error(
                    .databaseDirectory, of: directory,
                    "\(directory) is not a directory, so \(path) cannot be created",
                    do: "set SQLITE_DB_PATH to a path in a directory")
            ]
        }
        guard facts.isWritable else {
            let need =
                isThere
                ? "SQLite creates files beside the database" : "the directory of \(path) is created there"
            return [
                .error(
                    .databaseDirectory, of: directory, "this user may not write to \(directory); \(need)",
                    do: "chown the directory to the server's user; under systemd, name it in StateDirectory= "
                        + "or ReadWritePaths=")
            ]
        }
        return []
    }

    private static func volumeFindings(_ directory: String, _ machine: Machine) -> [Finding] {
        guard let volume = machine.volume(directory) else { return [] }
        var found: [Finding] = []
        if volume.isReadOnly {
            found.append(
                .error(
                    .databaseVolume, of: directory, "the file system of \(directory) is read-only",
                    do: "mount it for writing, or put the database elsewhere"))
        }
        let free = volume.freeBytes.inBytes
        if volume.freeBytes < neededBytes || volume.freeFiles.map({ $0 < neededFiles }) ?? false {
            found.append(
                .error(
                    .databaseSpace, of: directory, "the disk of \(directory) is full: \(free) free",
                    do: "free some space; until then pairing answers 503"))
        } else if volume.freeBytes < wantedBytes {
            found.append(
                .warning(
                    .databaseSpace, of: directory, "the disk of \(directory) is nearly full: \(free) free",
                    do: "free some space before pairing stops working"))
        } else {
            found.append(.ok(.databaseSpace, of: directory, "\(free) free on its disk"))
        }
        if remoteTypes.contains(where: volume.type.hasPrefix) {
            found.append(
                .warning(
                    .databaseVolume, of: directory,
                    "\(directory) is on a network file system (\(volume.type)), where SQLite's locks are unreliable",
                    do: "put the database on a disk of this machine"))
        } else if ["tmpfs", "ramfs", "overlay"].contains(volume.type) {
            let end = volume.type == "overlay" ? "with the container" : "when the machine restarts"
            found.append(
                .warning(
                    .databaseVolume, of: directory, "\(directory) is on \(volume.type), which is lost \(end)",
                    do: "put the database on a disk, or on a volume of the container"))
        }
        return found
    }

    private static func list(_ parts: [String]) -> String {
        parts.count <= 3 ? parts.joined(separator: ", ") : "\(parts[0]) and \(parts.count - 1) other parts"
    }
}

extension Int {
    /// `12 GB`, `340 MB`: a thousand to the step, as disks have it.
    var inBytes: String {
        self >= 10_000_000_000 ? "\(self / 1_000_000_000) GB" : "\(self / 1_000_000) MB"
    }
}
