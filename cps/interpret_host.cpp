// The interpreter's side of the runtime: see interpret_host.h.
#include "cps/interpret_host.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/control/arguments.h"
#include "runtime/gc/heap.h"
#include "runtime/prims/output.h"
#include "runtime/prims/prims.h"
#include "runtime/value/print.h"

namespace valkc {

namespace {

using Entry = Value (*)(Vm*, Value* sp, Fix n);

/// A builtin behind the one signature that the interpreter calls: arguments at sp[0..n).
template <auto function, int min, int max>
Value enter(Vm* vm, Value* sp, Fix n) {
  if constexpr (min != max || max > 4)
    return function(vm, sp, n);
  else if constexpr (max == 0)
    return function(vm, sp);
  else if constexpr (max == 1)
    return function(vm, sp + n, sp[0]);
  else if constexpr (max == 2)
    return function(vm, sp + n, sp[0], sp[1]);
  else if constexpr (max == 3)
    return function(vm, sp + n, sp[0], sp[1], sp[2]);
  else
    return function(vm, sp + n, sp[0], sp[1], sp[2], sp[3]);
}

struct EntryRow {
  std::string_view id;
  Entry entry;
};

constexpr EntryRow ENTRIES[] = {
#define PRIM(id, name, symbol, min, max, effects, params, doc) {#id, &enter<symbol, min, max>},
#define FOLD(id, binary, how)
#define ALONE(id, unary)
#include "runtime/prims/errors.def"
#include "runtime/prims/lists.def"
#include "runtime/prims/mutable.def"
#include "runtime/prims/numbers.def"
#include "runtime/prims/output.def"
#include "runtime/prims/strings.def"
#undef PRIM
#undef FOLD
#undef ALONE
};

/// Row number of a Primitive → entry; null where there is none.
const std::vector<Entry>& entries() {
  static const std::vector<Entry> table = [] {
    std::vector<Entry> result(primitives().size());
    for (const Primitive& p : primitives())
      for (const EntryRow& row : ENTRIES)
        if (row.id == p.id && !p.has(EFFECT_SUSPENDS)) result[p.index] = row.entry;
    return result;
  }();
  return table;
}

}  // namespace

InterpretHost::InterpretHost(size_t heap_bytes) : vm_(std::make_unique<Vm>()) {
  ValkHeapOptions options;
  options.nursery_bytes = heap_bytes;
  options.max_bytes = 16 * heap_bytes;  // the nursery may take an eighth of it
  options.stack_bytes = size_t{1} << 20;
  if (!valk_heap_init(vm_.get(), options)) {
    fprintf(stderr, "interpret: no address space for a heap\n");
    abort();
  }
  collections_ = valk_gc_count(vm_.get());
}

InterpretHost::~InterpretHost() { valk_heap_destroy(vm_.get()); }

bool InterpretHost::has_collected() const { return valk_gc_count(vm_.get()) != collections_; }

// ---- constants ----------------------------------------------------------------------------------

Value InterpretHost::constant(const Datum& datum) {
  const auto known = constants_.find(&datum);
  if (known != constants_.end()) return known->second;
  return constants_[&datum] = make_constant(datum);
}

Value InterpretHost::make_constant(const Datum& d) {
  Vm* vm = vm_.get();
  switch (d.kind) {
    case DatumKind::integer:
      return valk_make_integer(vm, vm->sp, d.integer);
    case DatumKind::real:
      return valk_make_float(vm, vm->sp, d.real);
    case DatumKind::string:
      return valk_make_string(vm, vm->sp, d.text.data(), d.text.size());
    case DatumKind::symbol:
      return valk_make_symbol(vm, vm->sp, d.text.data(), d.text.size());
    case DatumKind::keyword:
      return valk_make_keyword(vm, vm->sp, d.text.data(), d.text.size());
    case DatumKind::big_integer: {
      const Value digits = valk_make_string(vm, vm->sp, d.text.data(), d.text.size());
      return valk_str_to_num(vm, vm->sp, digits);
    }
    case DatumKind::list:
    case DatumKind::block:
    case DatumKind::value:
      break;
  }
  std::vector<Value> items;
  for (const Datum* item : d.items) items.push_back(constant(*item));
  return make_list(items, 0);
}

// ---- builtins -----------------------------------------------------------------------------------

bool InterpretHost::has(const Primitive& primitive) {
  return entries()[primitive.index] != nullptr;
}

Value InterpretHost::call(const Primitive& primitive, const std::vector<Value>& args) {
  if (!args.empty()) memcpy(vm_->sp, args.data(), args.size() * sizeof(Value));
  return entries()[primitive.index](vm_.get(), vm_->sp, static_cast<Fix>(args.size()));
}

// ---- objects ------------------------------------------------------------------------------------

Value* InterpretHost::allocate(int kind, Fix words) {
  Value* p = valk_alloc(vm_.get(), vm_->sp, words);
  if (!p) {
    fprintf(stderr, "interpret: the heap is exhausted\n");
    abort();
  }
  p[0] = VALK_HEADER(kind, words);
  return p;
}

Value InterpretHost::make_closure(const ValkFn* fn, uint64_t index) {
  Value* p = allocate(VALK_KIND_CLOSURE, 3);
  p[VALK_CLOSURE_FN] = reinterpret_cast<Value>(fn);
  p[VALK_CLOSURE_CAPTURES] = VALK_FIX(index);
  return valk_tag_object(p);
}

Value InterpretHost::make_continuation(uint64_t index) {
  Value* p = allocate(VALK_KIND_CONTINUATION, VALK_CONTINUATION_WORDS);
  p[VALK_CONTINUATION_FRAMES] = VALK_FIX(index);
  p[VALK_CONTINUATION_FLAVOUR] = VALK_FIX(VALK_FLAVOUR_PLAIN);
  return valk_tag_object(p);
}

Value InterpretHost::make_partial(Value callee, const std::vector<Value>& given) {
  Value* p = allocate(VALK_KIND_PARTIAL, static_cast<Fix>(given.size()) + 2);
  p[1] = callee;
  memcpy(p + 2, given.data(), given.size() * sizeof(Value));
  return valk_tag_object(p);
}

Value InterpretHost::make_block(Value list, Value code) {
  Value* p = allocate(VALK_KIND_BLOCK, 3);
  p[1] = list;
  p[2] = code;
  return valk_tag_object(p);
}

Value InterpretHost::make_list(const std::vector<Value>& items, size_t from) {
  Value list = VALK_NIL;
  for (size_t i = items.size(); i-- > from;)
    list = valk_make_pair(vm_.get(), vm_->sp, items[i], list);
  return list;
}

// ---- errors -------------------------------------------------------------------------------------

void InterpretHost::fail_count(const std::string& name, const std::string& signature, int min,
                               int max, size_t given) {
  valk_fail_count(vm_.get(), vm_->sp, name.c_str(), signature.c_str(), min, max,
                  static_cast<Fix>(given));
}

void InterpretHost::fail_not_callable(Value callee) {
  ValkText text;
  valk_print_value(&text, callee, true, 60);
  valk_fail(vm_.get(), vm_->sp, ":type", "%.*s is not a function", static_cast<int>(text.length()),
            text.bytes());
}

void InterpretHost::fail_type(const char* name, int argument, const char* what, Value got) {
  valk_fail_type(vm_.get(), vm_->sp, name, argument, what, got);
}

void InterpretHost::raise(Value error) { valk_throw(vm_.get(), vm_->sp, error); }

Value InterpretHost::take_error() { return valk_catch(vm_.get(), vm_->sp); }

std::string InterpretHost::describe_error(Value error) {
  ValkText text;
  valk_print_value(&text, valk_object(error)[VALK_ERROR_KIND], false);
  text.add(' ');
  valk_print_value(&text, valk_object(error)[VALK_ERROR_MESSAGE], false);
  return std::string(text.bytes(), text.length());
}

// ---- output -------------------------------------------------------------------------------------

OutputCapture::OutputCapture() {
  fflush(stdout);
  valk_flush_output(nullptr);
  file_ = memfd_create("output", MFD_CLOEXEC);
  saved_ = dup(STDOUT_FILENO);
  dup2(file_, STDOUT_FILENO);
}

OutputCapture::~OutputCapture() {
  valk_flush_output(nullptr);
  dup2(saved_, STDOUT_FILENO);
  close(saved_);
  close(file_);
}

std::string OutputCapture::text() {
  valk_flush_output(nullptr);
  std::string text;
  char buffer[4096];
  for (off_t at = 0;; at = static_cast<off_t>(text.size())) {
    const ssize_t n = pread(file_, buffer, sizeof buffer, at);
    if (n <= 0) return text;
    text.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace valkc
