// What the relay needs of Linux's socket interface and Swift's Glibc module does not have: a header, nothing else.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
