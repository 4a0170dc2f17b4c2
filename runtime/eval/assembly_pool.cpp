// See assembly_pool.h.
#include "runtime/eval/assembly_pool.h"

#include <algorithm>
#include <iterator>

#include "runtime/value/store.h"

namespace valkc {

namespace {

/// So much may lie about unused before it is looked for: in instructions, of some 60 bytes.
enum : size_t { YOUNG_LIMIT = size_t{32} << 10, OLD_LIMIT = size_t{128} << 10 };

enum { TOKEN_WORDS = 2 };

/// Updates the tokens and drops the assemblies without one. Gives the weight of the others.
size_t keep_living(Vm* vm, std::vector<std::unique_ptr<Assembly>>& assemblies,
                   ValkSurvivor survivor) {
  size_t weight = 0;
  std::erase_if(assemblies, [&](std::unique_ptr<Assembly>& assembly) {
    assembly->token = survivor(vm, assembly->token);
    if (assembly->token == VALK_UNSET) return true;
    weight += assembly->weight;
    return false;
  });
  return weight;
}

}  // namespace

AssemblyPool::AssemblyPool(Vm* vm) : vm_(vm), old_limit_(OLD_LIMIT) {
  valk_gc_add_roots(vm, visit_roots, this);
  valk_gc_add_weak(vm, sweep, this);
}

void AssemblyPool::visit_roots(Vm* vm, void* data, ValkVisit visit) {
  auto* self = static_cast<AssemblyPool*>(data);
  if (!self->new_) return;
  for (Value& v : self->new_->constants) visit(vm, &v);
}

/// A token that survives its first collection is old; old ones die only in full collections.
void AssemblyPool::sweep(Vm* vm, void* data, ValkSurvivor survivor) {
  auto* self = static_cast<AssemblyPool*>(data);
  const bool is_full = valk_gc_is_full(vm);
  if (is_full) self->old_weight_ = keep_living(vm, self->old_, survivor);
  self->old_weight_ += keep_living(vm, self->young_, survivor);
  if (is_full) self->old_limit_ = std::max<size_t>(OLD_LIMIT, 2 * self->old_weight_);
  self->young_weight_ = 0;
  std::move(self->young_.begin(), self->young_.end(), std::back_inserter(self->old_));
  self->young_.clear();
}

/// The heap sees little of what code weighs, so its collections alone would come too late.
Assembly& AssemblyPool::begin(Value* sp) {
  if (old_weight_ > old_limit_)
    valk_gc_full(vm_, sp);
  else if (young_weight_ > YOUNG_LIMIT)
    valk_gc_minor(vm_, sp);
  new_ = std::make_unique<Assembly>();
  return *new_;
}

/// The store of the constants, the token in its first element.
Value AssemblyPool::make_store(Value* sp) {
  Value* token = valk_alloc(vm_, sp, TOKEN_WORDS);
  if (!token) return VALK_ERR;
  token[0] = VALK_HEADER(VALK_KIND_RECORD, TOKEN_WORDS);
  token[1] = VALK_NIL;
  new_->constants[0] = valk_tag_object(token);
  const Value store = valk_make_store(vm_, sp, new_->constants.size());
  if (store == VALK_ERR) return VALK_ERR;
  std::copy(new_->constants.begin(), new_->constants.end(),
            valk_object(store) + VALK_EVAL_STORE_VALUES);
  return store;
}

/// The functions that capture nothing but the store. Gives the store.
Value AssemblyPool::make_closures(Value* sp, Value store) {
  sp[0] = store;
  for (const PlainFunction& plain : new_->plain) {
    Value* closure = valk_alloc(vm_, sp + 1, VALK_CLOSURE_CAPTURES + 1);
    if (!closure) return VALK_ERR;
    closure[0] = VALK_HEADER(VALK_KIND_CLOSURE, VALK_CLOSURE_CAPTURES + 1);
    closure[VALK_CLOSURE_FN] = reinterpret_cast<Value>(static_cast<const ValkFn*>(plain.fn));
    closure[VALK_CLOSURE_CAPTURES] = sp[0];
    valk_store(vm_, sp[0], static_cast<Fix>(VALK_EVAL_STORE_VALUES + plain.index),
               valk_tag_object(closure));
  }
  return sp[0];
}

Value AssemblyPool::finish(Value* sp) {
  Value store = new_->has_failed ? Value{VALK_ERR} : make_store(sp);
  if (store != VALK_ERR) store = make_closures(sp, store);
  std::unique_ptr<Assembly> made = std::move(new_);
  if (store == VALK_ERR) return VALK_ERR;
  const Value* values = valk_object(store) + VALK_EVAL_STORE_VALUES;
  made->token = values[0];
  made->constants = {};
  made->plain = {};
  young_weight_ += made->weight;
  const Value main = values[made->main];
  young_.push_back(std::move(made));
  return main;
}

}  // namespace valkc
