// Handles: resources of the runtime that programs hold, and the ledger of those that are open.
//
// A handle is a Lisp object with the id of a slot in the handle table; the slot knows the native object.
// The slot also knows the Lisp object, weakly: when a collection finds that nothing refers to it any more
// the resource is an orphan, which is closed, with a report, as soon as nothing is under way on it. What is
// still open at the end of the program is reported too. Both name the place that opened it.
#include <stdlib.h>
#include <string.h>

#include "runtime/control/slots.h"
#include "runtime/gc/heap.h"
#include "runtime/prims/output.h"
#include "runtime/value/error.h"
#include "runtime/value/print.h"

enum { HANDLE_ID = 1, HANDLE_KIND, HANDLE_SITE };

/// A resource whose handle nothing refers to any more.
struct ValkOrphan {
  ValkHandleId id;
  const ValkSite* site;
};

static const ValkHandleKind* kind_of(const ValkSlot* slot) {
  return static_cast<const ValkHandleKind*>(slot->what);
}

static const ValkSite* site_of(Value handle) {
  return reinterpret_cast<const ValkSite*>(valk_object(handle)[HANDLE_SITE]);
}

// ---- orphans ------------------------------------------------------------------------------------

static void add_orphan(ValkControl* c, ValkOrphan orphan) {
  if (c->orphan_count == c->orphan_capacity) {
    uint32_t capacity = c->orphan_capacity ? 2 * c->orphan_capacity : 16;
    void* grown = realloc(c->orphans, capacity * sizeof(ValkOrphan));
    if (!grown) return;  // it is then closed at the end of the program
    c->orphans = static_cast<ValkOrphan*>(grown);
    c->orphan_capacity = capacity;
  }
  c->orphans[c->orphan_count++] = orphan;
}

/// After a collection: where the handle of a slot is now, or that there is none any more.
static void sweep_slot(Vm* vm, ValkControl* c, uint32_t index, ValkSurvivor survivor) {
  ValkSlot* slot = &c->slots[index];
  if (valk_slot_type(slot) != SLOT_HANDLE || slot->value == VALK_NIL) return;
  Value now = survivor(vm, slot->value);
  if (now == VALK_UNSET) {
    uint64_t generation = slot->state >> VALK_SLOT_TYPE_BITS;
    add_orphan(c, {generation << 32 | index, site_of(slot->value)});
    now = VALK_NIL;
  }
  slot->value = now;
}

static void sweep(Vm* vm, void* data, ValkSurvivor survivor) {
  ValkControl* c = static_cast<ValkControl*>(data);
  if (valk_gc_is_full(vm)) {
    for (uint32_t i = 0; i < c->slot_count; ++i) sweep_slot(vm, c, i, survivor);
  } else {
    for (uint32_t i = 0; i < c->young_count; ++i) sweep_slot(vm, c, c->young[i], survivor);
  }
  c->orphans_due = c->orphan_count != 0;
}

static void close_slot(Vm* vm, ValkSlot* slot) {
  const ValkHandleKind* kind = kind_of(slot);
  void* native = slot->native;
  valk_slot_free(vm, slot);
  kind->close(vm, native);
}

/// What the collector closes counts as left open at the end.
static void report_orphan(Vm* vm, const ValkOrphan& orphan, const ValkHandleKind* kind) {
  valk_control(vm)->orphans_closed++;
  const char* strict = getenv("VALK_STRICT");
  if (strict && strcmp(strict, "0") == 0) return;
  valk_report_warning(vm, orphan.site,
                      "nothing refers any more to this <%s>, which was never closed: "
                      "the collector has closed it",
                      kind->name);
}

/// Deals with one orphan. False: it is busy, so it stays one.
static bool settle_orphan(Vm* vm, const ValkOrphan& orphan) {
  ValkSlot* slot = valk_slot_find(vm, orphan.id, SLOT_HANDLE);
  if (!slot || !kind_of(slot)->use) return true;
  ValkHandleUse use = kind_of(slot)->use(slot->native);
  if (use >= VALK_HANDLE_BUSY) return false;
  if (use == VALK_HANDLE_IDLE) report_orphan(vm, orphan, kind_of(slot));
  close_slot(vm, slot);
  return true;
}

static void settle_orphans(Vm* vm) {
  ValkControl* c = valk_control(vm);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < c->orphan_count; ++i)
    if (!settle_orphan(vm, c->orphans[i])) c->orphans[kept++] = c->orphans[i];
  c->orphan_count = kept;
  c->orphans_due = false;
}

// ---- what is open at the end --------------------------------------------------------------------

struct OpenHandle {
  const char* kind;
  const ValkSite* site;
};

/// By place in the program, those without one last.
static int compare_sites(const ValkSite* a, const ValkSite* b) {
  if (!a || !b) return (b != nullptr) - (a != nullptr);
  if (int files = strcmp(a->file, b->file)) return files;
  if (a->line != b->line) return a->line < b->line ? -1 : 1;
  return a->column == b->column ? 0 : a->column < b->column ? -1 : 1;
}

static int compare(const void* a, const void* b) {
  const OpenHandle* x = static_cast<const OpenHandle*>(a);
  const OpenHandle* y = static_cast<const OpenHandle*>(b);
  int sites = compare_sites(x->site, y->site);
  return sites ? sites : strcmp(x->kind, y->kind);
}

static const ValkSite* site_of_orphan(ValkControl* c, ValkHandleId id) {
  for (uint32_t i = 0; i < c->orphan_count; ++i)
    if (c->orphans[i].id == id) return c->orphans[i].site;
  return nullptr;
}

/// Lists open handles at `open`, which has room for all slots; gives their number.
static size_t list_open(Vm* vm, OpenHandle* open, bool is_strict) {
  ValkControl* c = valk_control(vm);
  size_t count = 0;
  for (uint32_t i = 0; i < c->slot_count; ++i) {
    ValkSlot* slot = &c->slots[i];
    if (valk_slot_type(slot) != SLOT_HANDLE || !kind_of(slot)->use) continue;
    const ValkHandleUse use = kind_of(slot)->use(slot->native);
    if (use == VALK_HANDLE_GONE || (use == VALK_HANDLE_LASTING && !is_strict)) continue;
    uint64_t generation = slot->state >> VALK_SLOT_TYPE_BITS;
    const ValkSite* site =
        slot->value == VALK_NIL ? site_of_orphan(c, generation << 32 | i) : site_of(slot->value);
    open[count++] = {kind_of(slot)->name, site};
  }
  return count;
}

static void report_group(Vm* vm, const OpenHandle& handle, size_t count) {
  if (count == 1) {
    valk_report_warning(vm, handle.site, "this <%s> is still open at the end of the program",
                        handle.kind);
  } else {
    valk_report_warning(vm, handle.site,
                        "%zu <%s> from here are still open at the end of the program", count,
                        handle.kind);
  }
}

/// Reports what is open, those of one kind and place together; gives their number, and that of those which
/// the collector has closed.
static size_t report_open(Vm* vm, bool is_strict) {
  ValkControl* c = valk_control(vm);
  OpenHandle* open = static_cast<OpenHandle*>(malloc((c->slot_count + 1) * sizeof(OpenHandle)));
  if (!open) return 0;
  size_t count = list_open(vm, open, is_strict);
  qsort(open, count, sizeof(OpenHandle), compare);
  for (size_t first = 0, end; first < count; first = end) {
    for (end = first + 1; end < count && compare(&open[first], &open[end]) == 0;) ++end;
    report_group(vm, open[first], end - first);
  }
  free(open);
  return count + c->orphans_closed;
}

// ---- handles ------------------------------------------------------------------------------------

static void refuse_from(Vm* vm, Value handle, Value v);

/// Programs without handles do not contain this file, so it announces itself.
static void start_ledger(Vm* vm, ValkControl* c) {
  if (c->settle_orphans) return;
  c->settle_orphans = settle_orphans;
  c->report_open = report_open;
  c->refuse_from = refuse_from;
  valk_gc_add_weak(vm, sweep, c);
}

Value valk_handle_make(Vm* vm, Value* sp, const ValkHandleKind* kind, void* native) {
  return valk_handle_make_with(vm, sp, kind, native, VALK_HANDLE_WORDS);
}

Value valk_handle_make_with(Vm* vm, Value* sp, const ValkHandleKind* kind, void* native,
                            Fix words) {
  Value* p = valk_alloc(vm, sp, words);
  if (!p) return VALK_ERR;
  start_ledger(vm, valk_control(vm));
  Value handle = valk_tag_object(p);
  p[0] = VALK_HEADER(VALK_KIND_HANDLE, words);
  p[HANDLE_ID] = VALK_FIX(valk_slot_take(vm, SLOT_HANDLE, handle, native, kind));
  p[HANDLE_KIND] = reinterpret_cast<Value>(kind);
  p[HANDLE_SITE] = 0;
  for (Fix i = VALK_HANDLE_WORDS; i < words; ++i) p[i] = VALK_UNSET;
  return handle;
}

void valk_handle_opened(Value handle, const ValkSite* site) {
  if (!valk_is_kind(handle, VALK_KIND_HANDLE) || site_of(handle)) return;
  const ValkSite* in_program = valk_user_site(site);
  valk_object(handle)[HANDLE_SITE] = reinterpret_cast<Value>(in_program ? in_program : site);
}

void valk_op_complete_opened(Vm* vm, ValkOpId op, Value value, Value handle) {
  if (!valk_is_kind(handle, VALK_KIND_HANDLE)) return valk_op_complete(vm, op, value);
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  if (slot) valk_handle_opened(handle, valk_task_user_site(slot->value));
  valk_op_complete_from(vm, op, value, handle);
}

void valk_op_complete_piece(Vm* vm, ValkOpId op, Value piece, ValkHandleId handle, Fix stream) {
  ValkSlot* slot = valk_slot_find(vm, handle, SLOT_HANDLE);
  Value source = slot ? slot->value : VALK_NIL;
  Value* sp = vm->sp;
  sp[0] = piece;
  if (slot && stream != 0) source = valk_make_pair(vm, sp + 1, source, VALK_FIX(stream));
  if (source == VALK_ERR) return valk_op_fail_with(vm, op, valk_catch(vm, sp + 1));
  valk_op_complete_from(vm, op, sp[0], source);
}

/// Who was to get v was cancelled first: a piece read from a stream of the handle, or what cannot be used without
/// it. The source is the handle, or a pair of it and the stream.
static void refuse_from(Vm* vm, Value source, Value v) {
  Value handle = valk_is_pair(source) ? valk_head(source) : source;
  Fix stream = valk_is_pair(source) ? VALK_INT(valk_tail(source)) : 0;
  ValkSlot* slot = valk_slot_find(vm, valk_handle_id(handle), SLOT_HANDLE);
  if (!slot) return;
  const ValkHandleKind* kind = kind_of(slot);
  void* native = slot->native;
  if (kind->give_back && valk_is_kind(v, VALK_KIND_STRING))
    return kind->give_back(vm, native, v, stream);
  valk_slot_free(vm, slot);
  kind->abandon ? kind->abandon(vm, native) : kind->close(vm, native);
}

bool valk_handle_is(Value value, const ValkHandleKind* kind) {
  return valk_is_kind(value, VALK_KIND_HANDLE) &&
         valk_object(value)[HANDLE_KIND] == reinterpret_cast<Value>(kind);
}

const char* valk_handle_name(Value v) {
  if (!valk_is_kind(v, VALK_KIND_HANDLE)) return nullptr;
  return reinterpret_cast<const ValkHandleKind*>(valk_object(v)[HANDLE_KIND])->name;
}

ValkHandleId valk_handle_id(Value handle) {
  return static_cast<ValkHandleId>(VALK_INT(valk_object(handle)[HANDLE_ID]));
}

void* valk_handle_native(Vm* vm, Value handle, const ValkHandleKind* kind) {
  if (!valk_handle_is(handle, kind)) return nullptr;
  ValkSlot* slot = valk_slot_find(vm, valk_handle_id(handle), SLOT_HANDLE);
  return slot ? slot->native : nullptr;
}

void valk_handle_forget_id(Vm* vm, ValkHandleId id) {
  if (ValkSlot* slot = valk_slot_find(vm, id, SLOT_HANDLE)) valk_slot_free(vm, slot);
}

void valk_handle_forget(Vm* vm, Value handle) {
  if (valk_is_kind(handle, VALK_KIND_HANDLE)) valk_handle_forget_id(vm, valk_handle_id(handle));
}
