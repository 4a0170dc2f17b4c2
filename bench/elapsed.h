// How a C++ benchmark reports: its result, and the microseconds that it took.
#pragma once

#include <time.h>

#include <cstdio>
#include <cstdlib>

/// Microseconds of a clock.
inline long microseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/// Calls body with the size that is the program's argument; prints the integer it gives and the time
/// that it took, of all threads' CPU and on the wall, and gives main's exit status.
template <typename Body>
int elapsed(char** argv, Body body) {
  if (!argv[1]) {
    std::fprintf(stderr, "usage: %s SIZE\n", argv[0]);
    return 2;
  }
  long size = std::atol(argv[1]);
  long cpu = microseconds(CLOCK_PROCESS_CPUTIME_ID), wall = microseconds(CLOCK_MONOTONIC);
  long result = body(size);
  std::printf("%ld\ncpu-us %ld\nwall-us %ld\n", result,
              microseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, microseconds(CLOCK_MONOTONIC) - wall);
  return 0;
}
