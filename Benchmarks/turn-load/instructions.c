#define _GNU_SOURCE
#include "instructions.h"

#include <dirent.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_THREADS 256

static int counters[MAX_THREADS];
static int counter_count;

static void watch_thread(int thread) {
    struct perf_event_attr event = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof event,
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .exclude_hv = 1,
    };
    int counter = (int)syscall(SYS_perf_event_open, &event, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (counter >= 0 && counter_count < MAX_THREADS) {
        counters[counter_count++] = counter;
    }
}

void instructions_watch(const struct process_set *set) {
    for (int i = 0; i < set->count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task", set->pids[i]);
        DIR *threads = opendir(path);
        for (struct dirent *entry; threads && (entry = readdir(threads));) {
            if (entry->d_name[0] != '.') {
                watch_thread(atoi(entry->d_name));
            }
        }
        if (threads) {
            closedir(threads);
        }
    }
}

uint64_t instructions_count(void) {
    uint64_t sum = 0;
    for (int i = 0; i < counter_count; i++) {
        uint64_t value = 0;
        if (read(counters[i], &value, sizeof value) == sizeof value) {
            sum += value;
        }
    }
    return sum;
}
