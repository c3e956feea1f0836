import GRDB
import Pairing

extension PairingStoreError {
    /// Says in a sentence what a database error means. Arguments of statements are not in it.
    init(database error: any Error) {
        switch error {
        case let error as PairingStoreError: self = error
        case let error as DatabaseError:
            let (code, message) = Self.meaning(of: error.resultCode)
            self.init(code, message, underlying: error)
        default: self.init(.internal, "The database failed in an unknown way.", underlying: error)
        }
    }

    /// Whether the connection must be opened anew: it may be bound to a file that is damaged, gone or
    /// read-only, or to a schema that is not ours any more.
    var endsConnection: Bool {
        guard let error = underlying as? DatabaseError else { return false }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_NOMEM, .SQLITE_INTERRUPT, .SQLITE_CONSTRAINT:
            return false
        default: return true
        }
    }

    private static func meaning(of code: ResultCode) -> (Code, String) {
        switch code {
        case .SQLITE_BUSY, .SQLITE_LOCKED: (.unavailable, "Another process keeps the database locked.")
        case .SQLITE_FULL: (.unavailable, "The disk of the database is full.")
        case .SQLITE_CORRUPT: (.unavailable, "The database file is damaged.")
        case .SQLITE_NOTADB: (.unavailable, "The file is not an SQLite database.")
        case .SQLITE_CANTOPEN: (.unavailable, "The database file cannot be opened.")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: (.unavailable, "The database cannot be written.")
        case .SQLITE_IOERR: (.unavailable, "Reading or writing the database file failed.")
        case .SQLITE_CONSTRAINT: (.internal, "A row contradicts a constraint of the database.")
        case .SQLITE_ERROR, .SQLITE_MISUSE, .SQLITE_MISMATCH, .SQLITE_RANGE, .SQLITE_TOOBIG:
            (.internal, "The database refused a statement.")
        default: (.unavailable, "The database is not available.")
        }
    }
}
