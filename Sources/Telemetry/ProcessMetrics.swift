import Glibc
import Synchronization

/// Reads what the kernel knows about this process, under the names every Prometheus client uses.
package enum ProcessMetrics {
    /// The values of this moment. What cannot be read is left out.
    package static func read() -> [ScrapedMetric] {
        var metrics: [ScrapedMetric] = []
        func gauge(_ name: String, _ help: String, _ value: Double?) {
            guard let value else { return }
            metrics.append(ScrapedMetric(name, help: help, kind: .gauge, value: value))
        }
        let status = ProcessStatus(text: KernelFile.text("/proc/self/stat"))
        gauge("process_resident_memory_bytes", "Resident memory size in bytes.", status?.residentBytes)
        gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", status?.virtualBytes)
        gauge("process_threads", "Number of threads.", status?.threads)
        gauge("process_open_fds", "Number of open file descriptors.", openDescriptors())
        gauge("process_max_fds", "Maximum number of open file descriptors.", maxDescriptors())
        if let status, let bootTime = bootTime() {
            gauge(
                "process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.",
                bootTime + status.startAfterBootSeconds)
        }
        if let status {
            metrics.append(
                ScrapedMetric(
                    "process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds.",
                    kind: .counter, value: status.cpuSeconds))
        }
        return metrics
    }

    /// It does not change; nil as long as it could not be read.
    private static let knownBootTime = Mutex<Double?>(nil)

    /// The boot time of the machine in seconds since the Unix epoch; nil if it cannot be read now.
    private static func bootTime() -> Double? {
        if let known = knownBootTime.withLock({ $0 }) { return known }
        guard let text = KernelFile.text("/proc/stat") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("btime ") {
            let read = Double(line.dropFirst("btime ".count))
            knownBootTime.withLock { $0 = read }
            return read
        }
        return nil
    }

    /// Linux 6.2 and later say how many descriptors are open in the directory's size; before, they are listed.
    private static func openDescriptors() -> Double? {
        var status = stat()
        if stat("/proc/self/fd", &status) == 0, status.st_size > 0 {
            return Double(status.st_size)
        }
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var entries = 0
        while readdir(directory) != nil { entries += 1 }
        return Double(max(0, entries - 3))  // ".", ".." and the directory's own descriptor
    }

    private static func maxDescriptors() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == .max ? .infinity : Double(limit.rlim_cur)
    }
}

/// The fields of `/proc/self/stat` that become metrics (proc(5)).
struct ProcessStatus {
    let cpuSeconds: Double
    let threads: Double
    let startAfterBootSeconds: Double
    let virtualBytes: Double
    let residentBytes: Double

    /// Nil when the text has another shape. The second field is a program name that may hold spaces and
    /// parentheses, so fields are counted from the last closing one, which ends field 2.
    init?(text: String?) {
        guard let text, let nameEnd = text.lastIndex(of: ")") else { return nil }
        let fields = text[nameEnd...].dropFirst().split(whereSeparator: \.isWhitespace)
        func field(_ number: Int) -> Double? {
            fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
        }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let virtual = field(23), let residentPages = field(24)
        else { return nil }
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        cpuSeconds = (user + system) / ticksPerSecond
        self.threads = threads
        startAfterBootSeconds = start / ticksPerSecond
        virtualBytes = virtual
        residentBytes = residentPages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// Reads the kernel's text files, whose size is not known before.
enum KernelFile {
    private static let maxBytes = 1 << 20

    /// Nil if there is none or it cannot be read.
    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < maxBytes {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
