// What the kernel says of the system clock: a header, for Swift's Glibc module has no adjtimex.
#pragma once
#include <sys/timex.h>

/// Whether something keeps the clock right: 1 or 0, or -1 where the kernel does not tell.
/// `error_microseconds` is how wrong it may be at most by its own estimate.
static inline int clock_is_synchronised(long *error_microseconds) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    if (state < 0) { return -1; }
    *error_microseconds = clock.maxerror;
    return state != TIME_ERROR && !(clock.status & STA_UNSYNC);
}
