#define _GNU_SOURCE
#include "process_usage.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void process_set_parse(struct process_set *set, char *list) {
    for (char *item = strtok(list, ","); item && set->count < MAX_WATCHED_PROCESSES;
         item = strtok(NULL, ",")) {
        set->pids[set->count++] = atoi(item);
    }
}

static FILE *open_proc(int pid, const char *file) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    return fopen(path, "r");
}

struct cpu_seconds process_set_cpu(const struct process_set *set) {
    double ticks_per_second = (double)sysconf(_SC_CLK_TCK);
    struct cpu_seconds sum = {0, 0};
    for (int i = 0; i < set->count; i++) {
        FILE *file = open_proc(set->pids[i], "stat");
        if (!file) {
            continue;
        }
        char text[1024];
        size_t length = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[length] = 0;
        // The name, in parentheses, may hold anything: the fields start after the last one.
        char *fields = strrchr(text, ')');
        unsigned long user = 0, system = 0;
        const char *format = "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu";
        if (fields && sscanf(fields + 2, format, &user, &system) == 2) {
            sum.user += (double)user / ticks_per_second;
            sum.system += (double)system / ticks_per_second;
        }
    }
    return sum;
}

/// Adds what the scheduler counted for one thread; false when it does not tell.
static bool add_run_time(int pid, const char *thread, double *seconds) {
    char path[64];
    unsigned long long nanoseconds = 0;
    snprintf(path, sizeof path, "task/%.20s/schedstat", thread);
    FILE *file = open_proc(pid, path);
    bool known = file && fscanf(file, "%llu", &nanoseconds) == 1;
    if (file) {
        fclose(file);
    }
    *seconds += (double)nanoseconds / 1e9;
    return known;
}

double process_set_run_seconds(const struct process_set *set) {
    double sum = 0;
    bool known = true;
    for (int i = 0; i < set->count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task", set->pids[i]);
        DIR *threads = opendir(path);
        for (struct dirent *entry; threads && (entry = readdir(threads));) {
            if (entry->d_name[0] != '.') {
                known &= add_run_time(set->pids[i], entry->d_name, &sum);
            }
        }
        if (threads) {
            closedir(threads);
        }
    }
    return known ? sum : cpu_total(process_set_cpu(set));
}

long process_set_resident_kib(const struct process_set *set) {
    static const char key[] = "VmRSS:";
    long sum = 0;
    for (int i = 0; i < set->count; i++) {
        FILE *file = open_proc(set->pids[i], "status");
        if (!file) {
            continue;
        }
        char line[256];
        while (fgets(line, sizeof line, file)) {
            if (!strncmp(line, key, strlen(key))) {
                sum += atol(line + strlen(key));
            }
        }
        fclose(file);
    }
    return sum;
}

double own_cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
           (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}
