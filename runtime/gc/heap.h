// The heap as the rest of the runtime sees it.
//
// Precise, moving, generational. Objects are born in the nursery by bumping vm->hp. A minor collection
// copies the nursery's survivors into the old generation; a full collection also marks what is live
// there, frees blocks without a live object and empties those with few. Large objects do not move.
// Everything lies in one reserved address range, so that `is it ours` is a subtraction and a compare;
// static data outside of it is neither moved nor marked.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/valk.h"

/// Strings and byte blocks of at least this many bytes do not move: their bytes may be lent to C.
enum : size_t { VALK_PINNED_BYTES = 4096 };

struct ValkHeapOptions {
  size_t nursery_bytes = size_t{1} << 20;       ///< at first, and at least
  size_t nursery_most_bytes = size_t{4} << 20;  ///< in a large heap whose objects die young
  size_t max_bytes = 0;                         ///< 0: three quarters of the memory available
  size_t stack_bytes = size_t{1} << 30;         ///< shadow stack to reserve if vm->sp is null
  uint64_t stress = 0;                          ///< n: a full collection at every nth allocation
  bool stats = false;                           ///< print counts and pauses to stderr at exit
  bool verify = false;                          ///< check the heap before and after each collection
};

/// Options from VALK_HEAP_MAX, VALK_NURSERY, a fixed size (with K, M or G), VALK_GC_STRESS, VALK_GC_STATS and
/// VALK_GC_VERIFY.
ValkHeapOptions valk_heap_options_from_environment();
/// Reads "64M" and the like; 0 if it is no size.
size_t valk_parse_size(const char* text);
/// Bytes of memory that this process may use: physical memory, or less if a cgroup says so.
size_t valk_available_memory();
size_t valk_physical_memory();

/// Makes vm->runtime (if null), a shadow stack (if vm->sp is null) and the heap; sets every root of the
/// Vm to nil. Gives false if the system has no address space.
bool valk_heap_init(Vm* vm, const ValkHeapOptions& options);
/// Gives all memory back to the system; for tests.
void valk_heap_destroy(Vm* vm);

/// Moves or marks one root: `visit(vm, &value)` for each.
typedef void (*ValkVisit)(Vm* vm, Value* slot);
/// Visits the roots that some part of the runtime keeps; must not allocate.
typedef void (*ValkRoots)(Vm* vm, void* data, ValkVisit visit);
/// Registers more roots; at most 32 times.
void valk_gc_add_roots(Vm* vm, ValkRoots roots, void* data);

/// Where `v` is after the collection that ends, or VALK_UNSET if nothing refers to it any more.
typedef Value (*ValkSurvivor)(Vm* vm, Value v);
/// Called when a collection has found everything that is alive: what it knows of objects without keeping
/// them alive it brings up to date, by `survivor`. Must not allocate in the heap.
typedef void (*ValkWeak)(Vm* vm, void* data, ValkSurvivor survivor);
/// Registers a weak table; at most 4 times.
void valk_gc_add_weak(Vm* vm, ValkWeak weak, void* data);

/// What the collector has done since the heap was made.
struct ValkGcFigures {
  uint64_t collections;  ///< full ones included
  uint64_t full_collections;
  uint64_t pause_ns;
  uint64_t longest_pause_ns;
  uint64_t heap_bytes;  ///< in the old generation and in large objects, after the last collection
  uint64_t uptime_ns;
};
ValkGcFigures valk_gc_figures(const Vm* vm);

/// Is told of each pause: when it began, and how long it took, in nanoseconds of CLOCK_MONOTONIC.
typedef void (*ValkPauseHook)(bool full, uint64_t begun, uint64_t nanoseconds);
void valk_gc_on_pause(Vm* vm, ValkPauseHook hook);

/// valk_remember for one word of an object that may be large: then only that word is looked at, or, if
/// there are too many of them, what lies around it.
void valk_remember_slot(Vm* vm, Value object, Value* slot);

/// While roots are visited: does this collection move old objects too? If not, roots that were visited
/// before and have not been written since need no visit.
bool valk_gc_is_full(Vm* vm);
/// A full collection now, or one of the nursery at least. Everything below sp is a root.
void valk_gc_full(Vm* vm, Value* sp);
void valk_gc_minor(Vm* vm, Value* sp);
/// An object of `words` words that does not move, or null with :memory raised. May collect. The caller
/// fills it before the next allocation, and calls valk_remember if it holds young values.
Value* valk_alloc_large(Vm* vm, Value* sp, size_t words);
/// valk_alloc for any size: in the nursery if it is small enough.
Value* valk_alloc_sized(Vm* vm, Value* sp, size_t words);

/// The most that the heap may take, in bytes.
size_t valk_heap_max_bytes(Vm* vm);
/// Bytes in use: old generation, large objects and nursery.
size_t valk_heap_bytes(Vm* vm);
/// Collections so far, minor and full.
uint64_t valk_gc_count(Vm* vm);
