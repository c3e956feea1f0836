// What the kernel says of the system clock: Swift's Glibc module has no adjtimex.
#pragma once

/// Whether something keeps the clock right: 1 or 0, or -1 where the kernel does not tell.
/// `error_microseconds` is how wrong it may be at most by its own estimate.
int clock_is_synchronised(long *error_microseconds);
