/// What processes have used, read from /proc. A process that has ended counts as zero.
#ifndef BENCHMARKS_PROCESS_USAGE_H
#define BENCHMARKS_PROCESS_USAGE_H

#define MAX_WATCHED_PROCESSES 16

/// The server processes whose use is reported.
struct process_set {
    int pids[MAX_WATCHED_PROCESSES];
    int count;
};

struct cpu_seconds {
    double user;
    double system;
};

/// Adds the processes of a comma-separated list of ids. Further ones than fit are ignored.
void process_set_parse(struct process_set *set, char *list);

/// CPU time since the start of the processes, all threads, from /proc/PID/stat (resolution 10 ms).
struct cpu_seconds process_set_cpu(const struct process_set *set);

/// The same, user and system together, with a resolution of nanoseconds: the sum of what the scheduler counts
/// for each thread that lives. That of /proc/PID/stat where the kernel does not tell it.
double process_set_run_seconds(const struct process_set *set);

/// Resident memory in KiB: VmRSS of /proc/PID/status.
long process_set_resident_kib(const struct process_set *set);

/// CPU time of the calling process, user and system.
double own_cpu_seconds(void);

static inline double cpu_total(struct cpu_seconds cpu) {
    return cpu.user + cpu.system;
}

#endif
