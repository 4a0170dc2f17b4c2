// Child processes and signals.
#include <gtest/gtest.h>
#include <signal.h>

#include <vector>

#include "runtime/io/loop.h"
#include "runtime/value/value.h"
#include "tests/fake_control.h"

void valk_process_run(Vm*, Value*, Fix, ValkOpId);
void valk_process_run_cancel(Vm*, ValkOpId);
void valk_process_spawn(Vm*, Value*, Fix, ValkOpId);
void valk_process_read(Vm*, Value*, Fix, ValkOpId);
void valk_process_read_stderr(Vm*, Value*, Fix, ValkOpId);
void valk_process_read_cancel(Vm*, ValkOpId);
void valk_process_send(Vm*, Value*, Fix, ValkOpId);
void valk_process_wait(Vm*, Value*, Fix, ValkOpId);
void valk_process_wait_cancel(Vm*, ValkOpId);
Value valk_process_close_stdin(Vm*, Value*, Value);
Value valk_process_send_signal(Vm*, Value*, Value, Value);
Value valk_signal_on(Vm*, Value*, Value, Value);
Value valk_signal_off(Vm*, Value*, Value);

namespace {

using namespace valk_test;

struct Processes : testing::Test {
  Value* base = nullptr;
  void SetUp() override {
    base = machine()->sp;
    base[0] = VALK_NIL;
    machine()->sp = base + 1;
  }
  void TearDown() override {
    on_spawn(nullptr);
    machine()->sp = base;
    end_program();
  }
  /// Runs `sh -c script`, or another command without arguments.
  ValkOpId run(Start how, const std::string& script, std::initializer_list<Option> options = {},
               const std::string& command = "sh") {
    Vm* vm = machine();
    Value* sp = vm->sp;
    sp[0] = string(command);
    vm->sp = sp + 1;
    sp[1] = VALK_NIL;
    for (const std::string& s : {script, std::string("-c")}) {
      vm->sp = sp + 2;
      Value text = string(s);
      sp[1] = valk_make_pair(vm, sp + 2, text, sp[1]);
    }
    store_options(0, options);
    vm->sp = sp;
    return start(how, 3);
  }
  void spawn(const std::string& script) {
    ValkOpId op = run(valk_process_spawn, script);
    ASSERT_EQ(end_of(op), End::kValue) << error_message(op);
    base[0] = value_of(op);
  }
  ValkOpId on_process(Start how) {
    machine()->sp[0] = base[0];
    return start(how, 1);
  }
  ValkOpId write(const std::string& bytes) {
    Value s = string(bytes);
    machine()->sp[0] = base[0];
    machine()->sp[1] = s;
    return start(valk_process_send, 2);
  }
  Value kill(const std::string& name) {
    Value s = string(name);
    return valk_process_send_signal(machine(), machine()->sp, base[0], s);
  }
  std::string shown(ValkOpId op) {
    if (wait(op) != End::kValue) return error_kind(op) + " " + error_code(op);
    return text(valk_to_string(machine(), machine()->sp, value_of(op), true));
  }
};

TEST_F(Processes, RunsToTheEnd) {
  EXPECT_EQ(shown(run(valk_process_run, "echo out; echo err >&2; exit 3")),
            "{:status 3 :signal () :stdout \"out\\n\" :stderr \"err\\n\"}");
  EXPECT_EQ(shown(run(valk_process_run, "kill -9 $$")),
            "{:status 0 :signal \"SIGKILL\" :stdout \"\" :stderr \"\"}");
  EXPECT_EQ(
      shown(run(valk_process_run, "cat; pwd", {option(":stdin", "in "), option(":cwd", "/")})),
      "{:status 0 :signal () :stdout \"in /\\n\" :stderr \"\"}");
}

TEST_F(Processes, ACommandThatDoesNotExist) {
  EXPECT_EQ(shown(run(valk_process_run, "", {}, "no-such-command")), ":io ENOENT");
  EXPECT_EQ(shown(run(valk_process_run, "", {option(":shell", 1)})), ":range ");
}

TEST_F(Processes, LargeOutput) {
  ValkOpId op = run(valk_process_run, "head -c 3000000 /dev/zero; head -c 500000 /dev/zero >&2");
  ASSERT_EQ(wait(op), End::kValue);
  Value out = valk_plist_get(value_of(op), ":stdout", VALK_NIL);
  EXPECT_EQ(valk_string_length(out), 3000000u);
}

TEST_F(Processes, CancellingRunKills) {
  ValkOpId op = run(valk_process_run, "sleep 100");
  turn_for(10);
  cancel(valk_process_run_cancel, op);
  turn_for(30);
  EXPECT_FALSE(valk_loop_turn(machine(), true) && valk_loop_turn(machine(), true));
}

TEST_F(Processes, TalksWithAChild) {
  spawn("while read line; do echo got $line; done; echo end >&2; exit 7");
  wait(write("one\n"));
  EXPECT_EQ(shown(on_process(valk_process_read)), "\"got one\\n\"");
  ValkOpId reader = on_process(valk_process_read);
  cancel(valk_process_read_cancel, reader);
  wait(write("two\n"));
  EXPECT_EQ(shown(on_process(valk_process_read)), "\"got two\\n\"");
  valk_process_close_stdin(machine(), machine()->sp, base[0]);
  EXPECT_EQ(shown(write("three\n")), ":closed ");
  EXPECT_EQ(shown(on_process(valk_process_read)), "()");
  EXPECT_EQ(shown(on_process(valk_process_read_stderr)), "\"end\\n\"");
  EXPECT_EQ(shown(on_process(valk_process_wait)), "{:status 7 :signal ()}");
  EXPECT_EQ(shown(on_process(valk_process_wait)), "{:status 7 :signal ()}");
  EXPECT_EQ(kill("SIGTERM"), VALK_FIX(0));
}

TEST_F(Processes, ASlowReaderHoldsTheChildBack) {
  spawn("head -c 2000000 /dev/zero");
  turn_for(30);
  size_t total = 0;
  for (;;) {
    ValkOpId op = on_process(valk_process_read);
    ASSERT_EQ(wait(op), End::kValue);
    if (value_of(op) == VALK_NIL) break;
    EXPECT_LE(valk_string_length(value_of(op)), 200000u);
    total += valk_string_length(value_of(op));
  }
  EXPECT_EQ(total, 2000000u);
}

TEST_F(Processes, KillAndCancelledWait) {
  spawn("sleep 100");
  EXPECT_EQ(kill("SIGNOTHING"), VALK_ERR);
  EXPECT_EQ(kill("SIGTERM"), VALK_FIX(1));
  EXPECT_EQ(shown(on_process(valk_process_wait)), "{:status 0 :signal \"SIGTERM\"}");
  spawn("sleep 100");
  ValkOpId waiter = on_process(valk_process_wait);
  cancel(valk_process_wait_cancel, waiter);
  EXPECT_EQ(shown(on_process(valk_process_wait)), "{:status 0 :signal \"SIGKILL\"}");
}

TEST_F(Processes, TheProgramMayEndBeforeItsChildren) {
  spawn("sleep 0.2");
  on_process(valk_process_read);
  run(valk_process_run, "sleep 100");
}

Value never_called(Vm*, Value*, Value, Value, Value, Value) { return VALK_NIL; }
const ValkFn handler_function = {
    "handler", "(handler name)",
    nullptr,   1,
    0,         {never_called, never_called, never_called, never_called, never_called},
    {},        never_called,
    nullptr};
ValkStaticClosure handler = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &handler_function};

TEST_F(Processes, SignalsReachTheirHandler) {
  std::vector<std::string> arrived;
  on_spawn([&](Value, Value name) { arrived.push_back(text(name)); });
  base[0] = valk_signal_on(machine(), machine()->sp, string("SIGUSR2"), VALK_STATIC(handler));
  ASSERT_NE(base[0], VALK_ERR);
  EXPECT_FALSE(valk_loop_turn(machine(), true));  // a handler does not keep the program alive
  raise(SIGUSR2);
  turn_for(10);
  EXPECT_EQ(arrived, std::vector<std::string>{"SIGUSR2"});
  set_program_waits(true);  // but one that waits may wait for it
  raise(SIGUSR2);
  while (arrived.size() < 2 && valk_loop_turn(machine(), true)) {
  }
  EXPECT_EQ(arrived.size(), 2u);
  set_program_waits(false);
  valk_signal_off(machine(), machine()->sp, base[0]);
  valk_signal_off(machine(), machine()->sp, base[0]);
  EXPECT_EQ(valk_signal_on(machine(), machine()->sp, string("SIGKILL"), VALK_STATIC(handler)),
            VALK_ERR);
  valk_signal_on(machine(), machine()->sp, string("SIGUSR1"), VALK_STATIC(handler));
}

}  // namespace
