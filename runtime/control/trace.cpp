// See trace.h.
//
// Tasks move, so they are known by numbers, which stand in their side records. A task whose making could
// not allocate one stands in the list `fresh` until the next end of a run; most tasks that end at once
// never need more. Events are complete lines, so that the file is a valid array up to its last comma
// whenever it is cut off.
#include "runtime/control/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/control/control.h"
#include "runtime/control/simulation.h"
#include "runtime/control/slots.h"
#include "runtime/gc/heap.h"
#include "runtime/value/print.h"

bool valk_trace_is_on = false;

// ---- the file -----------------------------------------------------------------------------------

enum : size_t { BUFFER_BYTES = size_t{1} << 16, SIGNAL_STACK = size_t{1} << 16 };
enum : uint64_t { FLUSH_AFTER = 200000000 };

static char buffer[BUFFER_BYTES];
static size_t buffered;
static int descriptor = -1;
static pid_t owner;
static const char* path;
static uint64_t flushed_at;

static void write_all(const char* bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(descriptor, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    length -= static_cast<size_t>(written);
  }
}

static void flush() {
  write_all(buffer, buffered);
  buffered = 0;
}

static bool open_file(const char* name) {
  descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  owner = getpid();
  return descriptor >= 0;
}

/// A copy of the process (a worker of a server) writes a file of its own.
static void separate() {
  ValkText name;
  name.add_format("%s.%d", path, static_cast<int>(getpid()));
  close(descriptor);
  buffered = 0;
  if (!open_file(name.c_str())) valk_trace_is_on = false;
  write_all("[\n{}", 4);
}

/// Adds one event, or what fits of the file's beginning or end.
static void add_line(const char* bytes, size_t length) {
  if (getpid() != owner) separate();
  if (length > BUFFER_BYTES) return;
  if (buffered + length > BUFFER_BYTES) flush();
  memcpy(buffer + buffered, bytes, length);
  buffered += length;
}

static void end_by_signal(int number) {
  valk_trace_end();
  signal(number, SIG_DFL);
  raise(number);
}

/// The signals that end a process: those that nobody handles write the trace first.
static void watch_signals() {
  static char stack[SIGNAL_STACK];
  stack_t alternate = {stack, 0, sizeof stack};
  sigaltstack(&alternate, nullptr);
  const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
                         SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  for (int number : numbers) {
    struct sigaction old;
    if (sigaction(number, nullptr, &old) != 0 || old.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = end_by_signal;
    action.sa_flags = SA_ONSTACK;
    sigaction(number, &action, nullptr);
  }
}

// ---- events -------------------------------------------------------------------------------------

static void add_json(ValkText* text, const char* bytes, size_t length) {
  text->add('"');
  for (size_t i = 0; i < length; ++i) {
    unsigned char c = static_cast<unsigned char>(bytes[i]);
    if (c == '"' || c == '\\')
      text->add_format("\\%c", c);
    else if (c < 0x20 || c >= 0x7f)
      text->add_format("\\u%04x", c);
    else
      text->add(bytes[i]);
  }
  text->add('"');
}

static void add_name(ValkText* text, const ValkText& name) {
  add_json(text, name.bytes(), name.length());
}

/// Nanoseconds as microseconds, with which the format counts.
static void add_time(ValkText* text, const char* key, uint64_t nanoseconds) {
  text->add_format(",\"%s\":%llu.%03u", key, static_cast<unsigned long long>(nanoseconds / 1000),
                   static_cast<unsigned>(nanoseconds % 1000));
}

static void begin_event(ValkText* text, const ValkText& name, const char* phase, uint64_t time) {
  text->add(",\n{\"name\":");
  add_name(text, name);
  text->add_format(",\"ph\":\"%s\",\"pid\":%d,\"tid\":1", phase, static_cast<int>(owner));
  add_time(text, "ts", time);
}

static void end_event(ValkText* text) {
  text->add('}');
  if (!text->failed()) add_line(text->bytes(), text->length());
}

static void emit_complete(const ValkText& name, const char* category, uint64_t time,
                          uint64_t nanoseconds) {
  ValkText text;
  begin_event(&text, name, "X", time);
  add_time(&text, "dur", nanoseconds);
  text.add_format(",\"cat\":\"%s\"", category);
  end_event(&text);
}

/// The beginning or end of something on a task's own track.
static void emit_nested(const ValkText& name, const char* phase, uint64_t id, uint64_t time,
                        const ValkSite* site) {
  ValkText text;
  begin_event(&text, name, phase, time);
  text.add_format(",\"cat\":\"task\",\"id\":%llu", static_cast<unsigned long long>(id));
  if (site) {
    ValkText place;
    place.add_format("%s:%u", site->file, site->line);
    text.add(",\"args\":{\"at\":");
    add_name(&text, place);
    text.add('}');
  }
  end_event(&text);
}

/// The clock of the trace. A simulation must not notice that it is traced.
static uint64_t now() { return valk_is_simulated() ? valk_simulation.now : valk_monotonic(); }

// ---- names --------------------------------------------------------------------------------------

enum : uint64_t { PROGRAM = 1 };  ///< the number of the root task

/// The same at its beginning and its end.
static void name_task(ValkText* text, Value task, uint64_t id) {
  Value side = valk_task_side_or_nil(task);
  Value name = side == VALK_NIL ? VALK_NIL : valk_object(side)[VALK_SIDE_NAME];
  const ValkSite* site = valk_task_site(task);
  if (name != VALK_NIL)
    valk_print_value(text, name, false);
  else if (site)
    text->add_format("task %s:%u", site->file, site->line);
  else
    text->add(id == PROGRAM ? "program" : "task");
}

/// What a parked task waits for: a name without end of life.
static const char* name_of_wait(Vm* vm, Value waits_for) {
  if (valk_is_task_value(waits_for)) return "task";
  if (valk_is_kind(waits_for, VALK_KIND_FUTURE)) return "future";
  if (!valk_is_fix(waits_for)) return "function";
  ValkSlot* slot = valk_slot_find(vm, static_cast<uint64_t>(VALK_INT(waits_for)), SLOT_OPERATION);
  const char* name = slot ? static_cast<const ValkOp*>(slot->what)->name : "operation";
  return name[0] == '%' ? name + 1 : name;
}

// ---- tasks --------------------------------------------------------------------------------------

/// A task that has no number in its side record yet.
struct Fresh {
  Value task;
  uint64_t id;
  uint64_t begun;
  uint64_t ended;  ///< 0: not seen to end
  bool is_shown;   ///< its beginning has been written
};

enum : size_t { FIRST_FRESH = 64, NEAR = 8 };

static Fresh* fresh;
static size_t fresh_count;
static size_t fresh_capacity;
static uint64_t next_id = 1;

static void visit_fresh(Vm* vm, void*, ValkVisit visit) {
  for (size_t i = 0; i < fresh_count; ++i) visit(vm, &fresh[i].task);
}

static bool has_ended(Value task) { return valk_task_state(task) == VALK_TASK_ENDED; }

static void show_begin(Fresh* f) {
  if (f->is_shown) return;
  ValkText name;
  name_task(&name, f->task, f->id);
  emit_nested(name, "b", f->id, f->begun, valk_task_site(f->task));
  f->is_shown = true;
}

static void show_end(Value task, uint64_t id, uint64_t time) {
  ValkText name;
  name_task(&name, task, id);
  emit_nested(name, "e", id, time, nullptr);
}

/// Writes and forgets those that have ended.
static void forget_ended() {
  size_t kept = 0;
  for (size_t i = 0; i < fresh_count; ++i) {
    Fresh* f = &fresh[i];
    if (has_ended(f->task)) {
      show_begin(f);
      show_end(f->task, f->id, f->ended ? f->ended : now());
    } else {
      fresh[kept++] = *f;
    }
  }
  fresh_count = kept;
}

static bool make_room() {
  if (fresh_count < fresh_capacity) return true;
  forget_ended();
  if (fresh_count <= fresh_capacity / 2 && fresh_count < fresh_capacity) return true;
  size_t capacity = fresh_capacity ? 2 * fresh_capacity : size_t{FIRST_FRESH};
  void* grown = realloc(fresh, capacity * sizeof(Fresh));
  if (!grown) return false;
  fresh = static_cast<Fresh*>(grown);
  fresh_capacity = capacity;
  return true;
}

static bool is_traced(Value task) {
  Value side = valk_task_side_or_nil(task);
  return side != VALK_NIL && valk_object(side)[VALK_SIDE_TRACE] != VALK_NIL;
}

static uint64_t id_of(Value task) {
  return static_cast<uint64_t>(VALK_INT(valk_task_side_word(task, VALK_SIDE_TRACE)));
}

/// What the await that is open is called, a const char* as a fixnum; nil: none is.
static Value& open_await(Value task) { return valk_task_side_word(task, VALK_SIDE_TRACED_AWAIT); }

static void emit_await(Value task, const char* phase, const ValkSite* site) {
  ValkText name;
  name.add_format("await %s", reinterpret_cast<const char*>(VALK_INT(open_await(task))));
  emit_nested(name, phase, id_of(task), now(), site);
}

static void begin_await(Vm* vm, Value task) {
  if (!is_traced(task) || open_await(task) != VALK_NIL) return;
  const char* name = name_of_wait(vm, valk_task_get(task, VALK_TASK_WAITS_FOR));
  open_await(task) = VALK_FIX(reinterpret_cast<uintptr_t>(name));
  emit_await(task, "b", valk_frame_site(valk_task_get(task, VALK_TASK_K)));
}

static void end_await(Value task) {
  if (!is_traced(task) || open_await(task) == VALK_NIL) return;
  emit_await(task, "e", nullptr);
  open_await(task) = VALK_NIL;
}

/// Gives the fresh tasks that live a number in their side records. May collect. What cannot be had for
/// want of memory is left out of the trace.
static void number_fresh(Vm* vm) {
  if (fresh_count == 0) return;
  forget_ended();
  for (size_t i = 0; i < fresh_count; ++i) {
    show_begin(&fresh[i]);
    Value side = valk_task_side(vm, vm->sp, fresh[i].task);
    if (side == VALK_ERR) continue;
    valk_object(side)[VALK_SIDE_TRACE] = VALK_FIX(fresh[i].id);
    if (valk_task_state(fresh[i].task) == VALK_TASK_PARKED) begin_await(vm, fresh[i].task);
  }
  fresh_count = 0;
}

// ---- the hooks ----------------------------------------------------------------------------------

void valk_trace_task_begun(Vm*, Value task) {
  if (!make_room()) return;
  fresh[fresh_count++] = {task, next_id++, now(), 0, false};
}

void valk_trace_task_ended(Vm*, Value task) {
  end_await(task);
  if (is_traced(task)) return show_end(task, id_of(task), now());
  size_t oldest = fresh_count > NEAR ? fresh_count - NEAR : 0;
  for (size_t i = fresh_count; i-- > oldest;)
    if (fresh[i].task == task) fresh[i].ended = now();
}

uint64_t valk_trace_run_begun(Vm* vm) {
  number_fresh(vm);
  end_await(vm->sp[-1]);
  return now();
}

void valk_trace_run_ended(Vm* vm, uint64_t begun) {
  number_fresh(vm);
  Value task = vm->sp[-1];
  ValkText name;
  name_task(&name, task, is_traced(task) ? id_of(task) : 0);
  emit_complete(name, "run", begun, now() - begun);
  if (valk_task_state(task) == VALK_TASK_PARKED) begin_await(vm, task);
}

void valk_trace_pause(bool full, uint64_t begun, uint64_t nanoseconds) {
  if (!valk_trace_is_on) return;
  if (valk_is_simulated()) begun = valk_simulation.now, nanoseconds = 0;
  ValkText name;
  name.add(full ? "collect all" : "collect young");
  emit_complete(name, "gc", begun, nanoseconds);
}

// ---- beginning and end --------------------------------------------------------------------------

static void name_process() {
  ValkText text;
  text.add_format(
      "[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":%d,\"tid\":1,\"args\":{\"name\":",
      static_cast<int>(owner));
  add_json(&text, program_invocation_short_name, strlen(program_invocation_short_name));
  text.add("}}");
  add_line(text.bytes(), text.length());
}

bool valk_trace_begin() {
  path = getenv("VALK_TRACE");
  if (!path || !*path) return true;
  if (!open_file(path)) {
    fprintf(stderr, "valk: VALK_TRACE=%s: %s\n", path, strerror(errno));
    return false;
  }
  valk_trace_is_on = valk_takes_long_way = true;
  name_process();
  watch_signals();
  atexit(valk_trace_end);
  return true;
}

void valk_trace_add_roots(Vm* vm) {
  if (!valk_trace_is_on) return;
  valk_gc_add_roots(vm, visit_fresh, nullptr);
  valk_gc_on_pause(vm, valk_trace_pause);
}

void valk_trace_end() {
  if (!valk_trace_is_on || getpid() != owner) return;
  valk_trace_is_on = false;
  flush();
  write_all("\n]\n", 3);
  close(descriptor);
}

void valk_trace_flush() {
  if (getpid() != owner || now() - flushed_at < FLUSH_AFTER) return;
  flushed_at = now();
  flush();
}
