/// How the tools end and what they remember of errors.
#ifndef BENCHMARKS_FAILURE_H
#define BENCHMARKS_FAILURE_H

#include <stdint.h>

/// Prints the message to stderr and exits with 1.
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/// Counts an error; the first one's text is kept for the report.
__attribute__((format(printf, 1, 2))) void note_error(const char *format, ...);

uint64_t error_count(void);

/// The first error, without quotes, backslashes and control characters; empty when there was none.
const char *first_error_text(void);

/// Lets this process open as many descriptors as the hard limit allows.
void raise_descriptor_limit(void);

#endif
