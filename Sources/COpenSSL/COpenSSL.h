// OpenSSL 3 as Debian's libssl-dev has it, and functions for what it offers as macros only.
#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>
