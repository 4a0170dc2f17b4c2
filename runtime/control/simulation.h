// Simulation: with VALK_SIM in its environment, a program runs in a made-up world that is a function of
// one number, the seed. Time is virtual, ready tasks run in a seeded order, the network is in memory and
// its delays, splits and failures are drawn from the seed, files and names answer when the seed says. So
// a run that failed is run again exactly by its seed.
//
// This file is what every program has of it: the seed, the draws, the clock. The network stands behind
// the seam of runtime/io (socket.h), the order of tasks in queue.cpp.
#pragma once

#include <stdint.h>

/// The simulation of this process; all zero, and is_on false, in the real world.
struct ValkSimulation {
  bool is_on;
  bool keeps_order;     ///< ready tasks run first in first out, as without simulation
  uint32_t faults;      ///< connections in a thousand that meet a failure
  uint64_t seed;        ///< what replays this run
  uint64_t state;       ///< of the generator
  uint64_t now;         ///< nanoseconds of the virtual monotonic clock
  uint64_t ends;        ///< the virtual time at which a program that does not end is stopped
  const char* options;  ///< of VALK_SIM, with a comma before each
  bool is_exhaustive;   ///< every order of ready tasks is tried, and nothing else is left to chance
};
extern ValkSimulation valk_simulation;

inline bool valk_is_simulated() { return valk_simulation.is_on; }

/// What VALK_SIM asks for: "SEED" or "FIRST..LAST", then any of ",order=fifo" ",faults=N" ",same" and
/// ",hours=N"; or "every" (interleavings.h). False: it is not understood; the reason has been printed. One seed turns the simulation
/// on. Of several, each is run in a process of its own, made here by fork: it returns there, and the
/// process that was started ends here, with status 1 if a seed failed.
bool valk_simulation_begin();
/// Says on standard error how to run a failed program again.
void valk_simulation_report();

/// A number in [0, bound), from the seed; 0 if bound is 0.
uint64_t valk_sim_below(uint64_t bound);
/// As valk_sim_below, for what an exhaustive simulation tries in all ways: which ready task runs next.
uint64_t valk_sim_choose(uint64_t bound);
/// True `permille` times in a thousand.
bool valk_sim_chance(uint32_t permille);

/// Nanoseconds of the monotonic clock, or of the virtual one: each reading of that takes a moment, so
/// that a program which reads until some time has passed gets there.
uint64_t valk_monotonic();
/// Nanoseconds of the CPU that this process has used; simulated, the monotonic clock again.
uint64_t valk_cpu_time();
/// Nanoseconds since 1970, likewise.
uint64_t valk_wall_clock();
/// Seeds a generator of the program's: from the system, or, simulated, from the seed.
uint64_t valk_fresh_seed();
