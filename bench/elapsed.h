// How a C++ benchmark reports: its result, and the microseconds that it took.
#pragma once

#include <chrono>
#include <cstdio>

/// Calls body, which gives an integer, prints it and the time, and gives main's exit status. If body
/// is `operations` equal operations, their number is printed too.
template <typename Body>
int elapsed(Body body, long operations = 0) {
  auto started = std::chrono::steady_clock::now();
  long result = body();
  auto took = std::chrono::steady_clock::now() - started;
  if (operations) std::printf("operations %ld\n", operations);
  std::printf(
      "%ld\nelapsed-us %ld\n", result,
      static_cast<long>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  return 0;
}
