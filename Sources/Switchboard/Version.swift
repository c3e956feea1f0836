/// The version of this program, as `--version`, the log and the metrics say it.
enum Version {
    static let current = "0.1.0"
}
