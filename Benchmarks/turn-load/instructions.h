/// Counts the instructions that processes execute, where the processor and the kernel allow it: a figure
/// almost without noise. In most virtual machines they do not.
#ifndef BENCHMARKS_INSTRUCTIONS_H
#define BENCHMARKS_INSTRUCTIONS_H

#include <stdint.h>

#include "process_usage.h"

/// Begins counting the threads that the processes have now.
void instructions_watch(const struct process_set *set);

/// Instructions of user space and kernel since then; 0 when they cannot be counted.
uint64_t instructions_count(void);

#endif
