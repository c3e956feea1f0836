package import Logging

/// The swift-log backend: one line an event, handed to a `LogWriter`, which never makes the caller wait.
///
/// Metadata is merged in this order, later wins: the handler's own, its provider's, the event's. An error that
/// was logged with the event is written as `error`, unless the metadata has that key.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let writer: LogWriter

    /// Creates a handler for loggers of one label.
    ///
    /// - Parameters:
    ///   - label: What the line names as its origin.
    ///   - format: How lines look.
    ///   - level: The least severe level that is written.
    ///   - writer: Where lines go; many handlers share one.
    ///   - metadataProvider: Adds metadata to each event.
    package init(
        label: String, format: LogFormat, level: Logger.Level, writer: LogWriter,
        metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.writer = writer
        self.metadataProvider = metadataProvider
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() {
            merged.merge(provided) { _, later in later }
        }
        if let explicit = event.metadata {
            merged.merge(explicit) { _, later in later }
        }
        if let error = event.error, merged["error"] == nil {
            merged["error"] = "\(error)"
        }
        let line = LogLine(
            time: .now(), level: event.level, label: label, message: event.message.description,
            metadata: merged)
        writer.write(format.line(line))
    }
}
