/// A command line or a configuration that cannot be used: one line for the operator, exit code 2.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
