// The reference interpreter: the abstract machine of machine.md, without tasks.
//
// State: the current term; its environment, a chain of bindings that is never changed (so whatever was
// captured stays as it was); the handlers in force in the current segment; the delimiter segments around
// it, innermost first. A continuation at run time is a Frame: a Cont, the environment that it was bound
// in, and the handlers in force there. Two frames have no Cont: BOTTOM, the end of a segment, which pops
// it and returns to what it was pushed for, and HALT.
//
//   call       a frame is made for the continuation and bound to the callee's `ret`
//   reset      pushes a segment that resumes the continuation; the body returns to BOTTOM
//   shift      the continuation's frame becomes a value; the body takes the place of what was captured:
//              no handlers of this segment are in force, and it returns to BOTTOM
//   k(v)       pushes a segment that resumes the caller (none if that is BOTTOM and no handler waits), then
//              returns v to the captured frame
//   try        `end` is bound to the frame of the continuation, with the handlers outside
//   raise      goes to the first handler of the segment; if it has none, the segment is popped
//
// Nothing is freed before the run ends, and nothing recurses.
#include "cps/interpret.h"

#include <deque>
#include <unordered_map>

#include "cps/interpret_host.h"

namespace valkc {

namespace {

struct Frame;

/// A link of an environment: what one Var or Cont stands for.
struct Env {
  const void* key;
  Value value;         ///< of a Var
  const Frame* frame;  ///< of an opaque Cont
  const Env* home;     ///< of a Cont: the environment of its body
  const Env* outer;
};

/// The handler of a try, with what it stands in.
struct Handler {
  const PushTry* term;
  const Env* env;
  const Handler* outer;
};

struct Frame {
  const Cont* cont = nullptr;  ///< null: BOTTOM or HALT
  const Env* env = nullptr;
  const Handler* handlers = nullptr;
};
constexpr Frame BOTTOM, HALT;

/// What a continuation value holds. A value goes to the frame; an error raised where it was captured
/// goes to the handlers in force there, which a frame reached by a tail call does not know.
struct Captured {
  const Frame* frame;
  const Handler* handlers;
  bool is_root;  ///< the rest of the program: no delimiter stood around
};

/// A delimiter: where a value that passes it goes on, and the handlers for an error that does.
struct Segment {
  const Frame* resume;
  const Handler* handlers;
  const Segment* outer;
};

/// The descriptor of closures of a function, or of a builtin as a value.
struct Descriptor : ValkFn {
  const Fun* fun = nullptr;
  const Primitive* primitive = nullptr;
  std::string text;  ///< owns the name and signature
};

/// Without tasks there is no cancellation to hold off, and without eval of data nobody asks what a
/// constant is called.
bool has_no_effect_here(const Primitive& p) {
  return p.name == "%finally-enter" || p.name == "%finally-exit" || p.name == "%define-constant" ||
         p.name == "%define-macros";
}

std::string primitive_signature(const Primitive& p) {
  return "(" + std::string(p.name) + (p.params.empty() ? "" : " ") + std::string(p.params) + ")";
}

Value refuse_native_call(Vm* vm, Value* sp, Value, Value, Value, Value) {
  return valk_fail(vm, sp, ":type", "interpreted functions cannot be called by the runtime");
}

using Args = std::vector<Value>;

class Machine {
 public:
  Machine(const Program& program, const InterpretOptions& options)
      : program_(program), options_(options), host_(options.heap_bytes) {}
  InterpretResult run();

 private:
  // Environments and frames.
  const Env* bind(const Env* env, const Var* var, Value value) {
    return &envs_.emplace_back(Env{var, value, nullptr, nullptr, env});
  }
  const Env* bind(const Env* env, const Cont* cont, const Frame* frame) {
    return &envs_.emplace_back(Env{cont, 0, frame, nullptr, env});
  }
  const Env* find(const Env* env, const void* key);
  const Frame* frame_of(const Cont* cont);
  void push_segment(const Frame* resume);

  // Values.
  Value value_of(const Atom& atom);
  Args values_of(const std::vector<Atom>& atoms);
  Value closure_of(const Fun* fun, const Env* env);
  Value primitive_value(const Primitive* primitive);
  const Descriptor* describe(const Fun* fun);
  const Env* closure_env(const Fun* fun, const Env* env, Value self);

  // Control.
  void step();
  void step_let(const Let& let);
  void step_let_fun(const LetFun& let);
  void step_let_cont(const LetCont& let);
  void step_reset(const PushReset& reset);
  void step_shift(const Shift& shift);
  void step_try(const PushTry& t);
  void jump(const Cont* cont, const Args& args);
  void return_to(const Frame* frame, Value value);
  void raise();
  bool do_operation(const Op& op, Value& result);
  bool do_global(const Op& op, Value& result);
  bool do_primitive(const Primitive& primitive, const Args& args, Value& result);
  bool fail_unbound(const Global& global);

  // Calls.
  void apply(Value callee, Args args, const Frame* k);
  void apply_fun(const Descriptor& fn, Value self, Args& args, const Frame* k);
  void apply_primitive(const Primitive& primitive, const Args& args, const Frame* k);
  const Captured* resume(Value continuation, const Frame* k);
  void apply_continuation(Value callee, const Args& args, const Frame* k);
  void enter(const Fun& fun, Value self, const Args& args, const Frame* k);
  bool apply_control(const Primitive& primitive, const Args& args, const Frame* k);
  void apply_eval(Value x, const Frame* k);
  void apply_to_list(Value f, Value list, const Frame* k);
  void fail_arity(const std::string& name, const std::string& signature, int min, int max,
                  size_t given);

  void end(Ending ending, int status, std::string message);

  const Program& program_;
  const InterpretOptions& options_;
  InterpretHost host_;
  InterpretResult result_;
  bool has_ended_ = false;

  const Term* term_ = nullptr;
  const Env* env_ = nullptr;
  const Handler* handlers_ = nullptr;
  const Segment* segments_ = nullptr;

  std::deque<Env> envs_;
  std::deque<Frame> frames_;
  std::deque<Handler> handler_pool_;
  std::deque<Segment> segment_pool_;
  std::deque<Descriptor> descriptors_;
  std::unordered_map<const void*, const Descriptor*> descriptor_of_;  ///< by Fun or Primitive
  std::unordered_map<const void*, Value> static_closures_;            ///< by Fun or Primitive
  std::unordered_map<const ValkFn*, const Descriptor*> known_;
  std::unordered_map<const Global*, Value> globals_;
  std::vector<const Env*> closure_envs_;  ///< by the index in a closure
  std::vector<Captured> captured_;        ///< by the index in a continuation
};

void Machine::end(Ending ending, int status, std::string message) {
  if (has_ended_) return;
  has_ended_ = true;
  result_.ending = ending;
  result_.status = status;
  result_.message = std::move(message);
}

// ---- environments and frames --------------------------------------------------------------------

const Env* Machine::find(const Env* env, const void* key) {
  while (env && env->key != key) env = env->outer;
  return env;
}

/// The run-time continuation that a Cont stands for here.
const Frame* Machine::frame_of(const Cont* cont) {
  const Env* at = find(env_, cont);
  if (cont->is_opaque()) return at->frame;
  return &frames_.emplace_back(Frame{cont, at->home, handlers_});
}

void Machine::push_segment(const Frame* resume) {
  segments_ = &segment_pool_.emplace_back(Segment{resume, handlers_, segments_});
}

// ---- values -------------------------------------------------------------------------------------

const Descriptor* Machine::describe(const Fun* fun) {
  if (auto known = descriptor_of_.find(fun); known != descriptor_of_.end()) return known->second;
  Descriptor& d = descriptors_.emplace_back();
  d.fun = fun;
  d.text = "(" + (fun->name.empty() ? "\\" : fun->name);
  for (const Var* v : fun->params) d.text += " " + v->name;
  d.text += fun->rest ? " & " + fun->rest->name + ")" : ")";
  d.name = fun->name.c_str();
  d.signature = d.text.c_str();
  d.arity = static_cast<int>(fun->params.size());
  d.has_rest = fun->rest != nullptr;
  for (ValkDirect& entry : d.direct) entry = refuse_native_call;
  known_[&d] = &d;
  return descriptor_of_[fun] = &d;
}

/// What the body of a closure made in `env` sees: everything, or what it captures.
const Env* Machine::closure_env(const Fun* fun, const Env* env, Value self) {
  if (!fun->is_closed) return bind(env, fun->self, self);
  const Env* inner = bind(nullptr, fun->self, self);
  for (const Var* v : fun->captures) inner = bind(inner, v, find(env, v)->value);
  return inner;
}

Value Machine::closure_of(const Fun* fun, const Env* env) {
  const Env* at = find(env, fun->self);
  if (at) return at->value;
  Value& value = static_closures_[fun];
  if (!value) {
    value = host_.make_closure(describe(fun), closure_envs_.size());
    closure_envs_.push_back(bind(nullptr, fun->self, value));
  }
  return value;
}

Value Machine::primitive_value(const Primitive* primitive) {
  Value& value = static_closures_[primitive];
  if (value) return value;
  Descriptor& d = descriptors_.emplace_back();
  d.primitive = primitive;
  d.text = std::string(primitive->name);
  d.name = d.signature = d.text.c_str();
  d.arity = primitive->min_args;
  d.has_rest = primitive->min_args != primitive->max_args;
  for (ValkDirect& entry : d.direct) entry = refuse_native_call;
  known_[&d] = &d;
  return value = host_.make_closure(&d, 0);
}

Value Machine::value_of(const Atom& atom) {
  switch (atom.kind) {
    case AtomKind::var:
      return find(env_, atom.var)->value;
    case AtomKind::constant:
      return host_.constant(*atom.constant);
    case AtomKind::fun:
      return closure_of(atom.fun, env_);
    case AtomKind::primitive:
      return primitive_value(atom.primitive);
  }
  return VALK_NIL;
}

Args Machine::values_of(const std::vector<Atom>& atoms) {
  Args values;
  for (const Atom& a : atoms) values.push_back(value_of(a));
  return values;
}

// ---- bindings -----------------------------------------------------------------------------------

bool Machine::fail_unbound(const Global& global) {
  Datum name;
  name.kind = DatumKind::symbol;
  name.text = global.name;
  host_.call(*find_primitive("%unbound"), {host_.constant(name)});
  raise();
  return false;
}

/// Like do_operation, for the operators on globals.
bool Machine::do_global(const Op& op, Value& result) {
  const auto [cell, is_new] = globals_.try_emplace(op.global, Value{VALK_UNSET});
  if (op.kind != OpKind::global_define && cell->second == VALK_UNSET)
    return fail_unbound(*op.global);
  result = cell->second;
  if (op.kind == OpKind::global_get) return true;
  cell->second = value_of(op.args[0]);
  result = VALK_NIL;
  return true;
}

/// False if control has left (an error, or the end); else the value is in `result`.
bool Machine::do_operation(const Op& op, Value& result) {
  switch (op.kind) {
    case OpKind::primitive:
      return do_primitive(*op.primitive, values_of(op.args), result);
    case OpKind::global_get:
    case OpKind::global_define:
    case OpKind::global_set:
      return do_global(op, result);
    case OpKind::block:
      result = host_.make_block(value_of(op.args[0]), value_of(op.args[1]));
      return true;
    case OpKind::is_unset:
      result = valk_bool(value_of(op.args[0]) == VALK_UNSET);
      return true;
    case OpKind::unset:
      result = VALK_UNSET;
      return true;
  }
  return true;
}

bool Machine::do_primitive(const Primitive& primitive, const Args& args, Value& result) {
  if (primitive.name == "exit" || primitive.name == "shutdown") {
    const bool has_status = !args.empty() && valk_is_fix(args[0]);
    end(Ending::exit, has_status ? static_cast<int>(VALK_INT(args[0])) : 0, "");
    return false;
  }
  result = VALK_NIL;
  if (has_no_effect_here(primitive)) return true;
  if (!InterpretHost::has(primitive)) {
    end(Ending::unsupported, 70, std::string(primitive.name));
    return false;
  }
  result = host_.call(primitive, args);
  if (result != VALK_ERR) return true;
  raise();
  return false;
}

void Machine::step_let(const Let& let) {
  Value value;
  if (!do_operation(let.op, value)) return;
  env_ = bind(env_, let.var, value);
  term_ = let.next;
}

void Machine::step_let_fun(const LetFun& let) {
  // The closures see each other: their values come first, then the environments that hold them.
  const size_t first = closure_envs_.size();
  closure_envs_.resize(first + let.funs.size());
  for (size_t i = 0; i < let.funs.size(); i++)
    env_ = bind(env_, let.funs[i]->self, host_.make_closure(describe(let.funs[i]), first + i));
  for (size_t i = 0; i < let.funs.size(); i++)
    closure_envs_[first + i] = closure_env(let.funs[i], env_, find(env_, let.funs[i]->self)->value);
  term_ = let.next;
}

void Machine::step_let_cont(const LetCont& let) {
  const size_t first = envs_.size();
  for (const Cont* k : let.conts) env_ = bind(env_, k, nullptr);
  for (size_t i = first; i < envs_.size(); i++) envs_[i].home = env_;
  term_ = let.next;
}

// ---- control ------------------------------------------------------------------------------------

void Machine::jump(const Cont* cont, const Args& args) {
  const Env* at = find(env_, cont);
  if (cont->is_opaque()) return return_to(at->frame, args[0]);
  env_ = at->home;
  for (size_t i = 0; i < args.size(); i++) env_ = bind(env_, cont->params[i], args[i]);
  term_ = cont->body;
}

void Machine::return_to(const Frame* frame, Value value) {
  while (frame == &BOTTOM) {
    frame = segments_->resume;
    segments_ = segments_->outer;
  }
  if (frame == &HALT) return end(Ending::value, 0, "");
  env_ = frame->env;
  handlers_ = frame->handlers;
  jump(frame->cont, {value});
}

/// The error that the host holds goes to the nearest handler.
void Machine::raise() {
  const Value error = host_.take_error();
  while (!handlers_) {
    if (!segments_) return end(Ending::error, 1, host_.describe_error(error));
    handlers_ = segments_->handlers;
    segments_ = segments_->outer;
  }
  const Handler& h = *handlers_;
  handlers_ = h.outer;
  env_ = bind(h.env, h.term->var, error);
  term_ = h.term->handler;
}

void Machine::step_reset(const PushReset& reset) {
  push_segment(frame_of(reset.cont));
  handlers_ = nullptr;
  env_ = bind(env_, reset.bottom, &BOTTOM);
  term_ = reset.body;
}

void Machine::step_shift(const Shift& shift) {
  const Value k = host_.make_continuation(captured_.size());
  captured_.push_back({frame_of(shift.cont), handlers_, segments_->resume == &HALT});
  handlers_ = nullptr;
  env_ = bind(bind(env_, shift.var, k), shift.bottom, &BOTTOM);
  term_ = shift.body;
}

void Machine::step_try(const PushTry& t) {
  const Frame* end = frame_of(t.cont);
  handlers_ = &handler_pool_.emplace_back(Handler{&t, env_, handlers_});
  env_ = bind(env_, t.end, end);
  term_ = t.body;
}

void Machine::step() {
  switch (term_->kind) {
    case TermKind::let:
      return step_let(static_cast<const Let&>(*term_));
    case TermKind::let_fun:
      return step_let_fun(static_cast<const LetFun&>(*term_));
    case TermKind::let_cont:
      return step_let_cont(static_cast<const LetCont&>(*term_));
    case TermKind::jump: {
      const Jump& j = static_cast<const Jump&>(*term_);
      return jump(j.cont, values_of(j.args));
    }
    case TermKind::call: {
      const Call& call = static_cast<const Call&>(*term_);
      return apply(value_of(call.callee), values_of(call.args), frame_of(call.cont));
    }
    case TermKind::if_: {
      const If& branch = static_cast<const If&>(*term_);
      term_ = valk_is_true(value_of(branch.condition)) ? branch.consequent : branch.alternative;
      return;
    }
    case TermKind::reset:
      return step_reset(static_cast<const PushReset&>(*term_));
    case TermKind::shift:
      return step_shift(static_cast<const Shift&>(*term_));
    case TermKind::try_:
      return step_try(static_cast<const PushTry&>(*term_));
    case TermKind::raise:
      host_.raise(value_of(static_cast<const Raise&>(*term_).error));
      return raise();
  }
}

// ---- calls --------------------------------------------------------------------------------------

void Machine::fail_arity(const std::string& name, const std::string& signature, int min, int max,
                         size_t given) {
  host_.fail_count(name, signature, min, max, given);
  raise();
}

void Machine::enter(const Fun& fun, Value self, const Args& args, const Frame* k) {
  const Fix index = VALK_INT(valk_object(self)[VALK_CLOSURE_CAPTURES]);
  env_ = bind(closure_envs_[static_cast<size_t>(index)], fun.ret, k);
  const size_t n = fun.params.size();
  for (size_t i = 0; i < n; i++) env_ = bind(env_, fun.params[i], args[i]);
  if (fun.rest) env_ = bind(env_, fun.rest, host_.make_list(args, n));
  term_ = fun.body;
}

void Machine::apply_fun(const Descriptor& fn, Value self, Args& args, const Frame* k) {
  const size_t n = fn.fun->params.size();
  const bool is_short = args.size() < n;
  if (is_short && !args.empty()) return return_to(k, host_.make_partial(self, args));
  if (is_short || (args.size() > n && !fn.fun->rest))
    return fail_arity(fn.fun->name, fn.text, fn.arity, fn.has_rest ? -1 : fn.arity, args.size());
  enter(*fn.fun, self, args, k);
}

/// Prepares the machine for what a continuation value holds to go on, called with k: pushes the
/// delimiter that its frames end in. Null if the interpreter does not model the call.
const Captured* Machine::resume(Value continuation, const Frame* k) {
  const Fix index = VALK_INT(valk_object(continuation)[VALK_CONTINUATION_FRAMES]);
  const Captured& captured = captured_[static_cast<size_t>(index)];
  const bool is_in_place = k == &BOTTOM && !handlers_;
  if (captured.is_root && !(is_in_place && segments_->resume == &HALT)) {
    end(Ending::unsupported, 70, "the rest of the program as a task");
    return nullptr;
  }
  if (!is_in_place) push_segment(k);
  return &captured;
}

void Machine::apply_continuation(Value callee, const Args& args, const Frame* k) {
  if (args.size() > 1) return fail_arity("a continuation", "", 1, 1, args.size());
  if (const Captured* captured = resume(callee, k))
    return_to(captured->frame, args.empty() ? VALK_NIL : args[0]);
}

void Machine::apply_eval(Value x, const Frame* k) {
  if (valk_is_kind(x, VALK_KIND_BLOCK)) return apply(valk_object(x)[2], {}, k);
  if (valk_is_pair(x)) return end(Ending::unsupported, 70, "eval of data");
  return_to(k, x);
}

void Machine::apply_to_list(Value f, Value list, const Frame* k) {
  list = valk_unblock(list);
  if (list != VALK_NIL && !valk_is_pair(list)) {
    host_.fail_type("unpack", 2, "a list", list);
    return raise();
  }
  Args args;
  for (; valk_is_pair(list); list = valk_tail(list)) args.push_back(valk_head(list));
  apply(f, std::move(args), k);
}

/// Builtins that transfer control; false if this is none that the interpreter models.
bool Machine::apply_control(const Primitive& primitive, const Args& args, const Frame* k) {
  if (primitive.name == "eval") return apply_eval(args[0], k), true;
  if (primitive.name == "%apply") return apply_to_list(args[0], args[1], k), true;
  if (primitive.name == "async-resume") return apply(args[0], {args[1]}, k), true;
  if (primitive.name != "async-throw") return false;
  if (!valk_is_kind(args[0], VALK_KIND_CONTINUATION)) return apply(args[0], {args[1]}, k), true;
  const Captured* captured = resume(args[0], k);
  if (!captured) return true;
  handlers_ = captured->handlers;
  host_.raise(args[1]);
  raise();
  return true;
}

void Machine::apply_primitive(const Primitive& primitive, const Args& args, const Frame* k) {
  if (!primitive.accepts(static_cast<int>(args.size())))
    return fail_arity(std::string(primitive.name), primitive_signature(primitive),
                      primitive.min_args, primitive.max_args, args.size());
  if (apply_control(primitive, args, k)) return;
  Value result;
  if (do_primitive(primitive, args, result)) return_to(k, result);
}

void Machine::apply(Value callee, Args args, const Frame* k) {
  while (valk_is_kind(callee, VALK_KIND_PARTIAL)) {
    const Value* p = valk_object(callee);
    args.insert(args.begin(), p + 2, p + valk_header_words(*p));
    callee = p[1];
  }
  if (valk_is_kind(callee, VALK_KIND_CONTINUATION)) return apply_continuation(callee, args, k);
  if (valk_is_closure(callee)) {
    const Descriptor& fn = *known_.at(valk_closure_fn(callee));
    return fn.fun ? apply_fun(fn, callee, args, k) : apply_primitive(*fn.primitive, args, k);
  }
  if (valk_is_callable(callee)) return end(Ending::unsupported, 70, "a call of a native function");
  if (args.empty()) return return_to(k, callee);
  host_.fail_not_callable(callee);
  raise();
}

// ---- the run ------------------------------------------------------------------------------------

InterpretResult Machine::run() {
  OutputCapture capture;
  push_segment(&HALT);
  env_ = bind(bind(nullptr, program_.main->self, Value{VALK_NIL}), program_.main->ret, &BOTTOM);
  term_ = program_.main->body;
  while (!has_ended_) {
    if (++result_.steps > options_.max_steps) end(Ending::exhausted, 70, "too many steps");
    step();
    if (host_.has_collected()) end(Ending::exhausted, 70, "the heap is full");
  }
  result_.output = capture.text();
  return std::move(result_);
}

}  // namespace

InterpretResult interpret(const Program& program, const InterpretOptions& options) {
  return Machine(program, options).run();
}

}  // namespace valkc
