// The files of web/, embedded when this is compiled. A test compares the table with the folder.
#pragma once
#include <stddef.h>

/// A file: its path below web/, and its content, which is not terminated.
struct web_file {
    const char *path;
    const unsigned char *bytes;
    size_t byte_count;
};

/// The file at a place below `web_file_count`.
const struct web_file *web_file_at(size_t place);

/// How many files there are.
size_t web_file_count(void);
