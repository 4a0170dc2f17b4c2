// Files as operations: whole files, folders, open files, and what goes wrong with them.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "runtime/io/loop.h"
#include "runtime/value/value.h"
#include "tests/fake_control.h"

void valk_fs_read(Vm*, Value*, Fix, ValkOpId);
void valk_fs_write(Vm*, Value*, Fix, ValkOpId);
void valk_fs_append(Vm*, Value*, Fix, ValkOpId);
void valk_fs_stat(Vm*, Value*, Fix, ValkOpId);
void valk_fs_list(Vm*, Value*, Fix, ValkOpId);
void valk_fs_mkdir(Vm*, Value*, Fix, ValkOpId);
void valk_fs_remove(Vm*, Value*, Fix, ValkOpId);
void valk_fs_open(Vm*, Value*, Fix, ValkOpId);
void valk_fs_read_chunk(Vm*, Value*, Fix, ValkOpId);
void valk_fs_write_chunk(Vm*, Value*, Fix, ValkOpId);
void valk_work_cancel(Vm*, ValkOpId);
Value valk_fs_close(Vm*, Value*, Value);

namespace {

using namespace valk_test;

struct Files : testing::Test {
  std::string folder;
  Value* base = nullptr;

  void SetUp() override {
    char name[] = "/tmp/valk-files-XXXXXX";
    folder = mkdtemp(name);
    base = machine()->sp;
    base[0] = VALK_NIL;
    machine()->sp = base + 1;
  }
  void TearDown() override {
    machine()->sp = base;
    end_program();
    ASSERT_EQ(system(("rm -rf " + folder).c_str()), 0);
  }
  std::string path(const std::string& name) { return folder + "/" + name; }
  ValkOpId run(Start how, const std::string& a) {
    machine()->sp[0] = string(a);
    return start(how, 1);
  }
  ValkOpId run(Start how, const std::string& a, const std::string& b) {
    machine()->sp[0] = string(a);
    machine()->sp++;
    Value second = string(b);
    machine()->sp--;
    machine()->sp[1] = second;
    return start(how, 2);
  }
  ValkOpId on_file(Start how, Value argument) {
    machine()->sp[0] = base[0];
    machine()->sp[1] = argument;
    return start(how, 2);
  }
  std::string result(ValkOpId op) {
    if (wait(op) != End::kValue) return error_kind(op) + " " + error_code(op);
    Value v = value_of(op);
    if (v == VALK_NIL) return "nil";
    return valk_is_kind(v, VALK_KIND_STRING)
               ? text(v)
               : text(valk_to_string(machine(), machine()->sp, v, true));
  }
};

TEST_F(Files, WriteAppendReadStatRemove) {
  std::string p = path("a");
  EXPECT_EQ(result(run(valk_fs_write, p, "hello")), "nil");
  EXPECT_EQ(result(run(valk_fs_append, p, " world")), "nil");
  EXPECT_EQ(result(run(valk_fs_read, p)), "hello world");
  EXPECT_EQ(result(run(valk_fs_write, p, "short")), "nil");
  EXPECT_EQ(result(run(valk_fs_read, p)), "short");
  EXPECT_EQ(result(run(valk_fs_stat, p)).substr(0, 20), "{:size 5 :type :file");
  EXPECT_EQ(result(run(valk_fs_remove, p)), "nil");
  EXPECT_EQ(result(run(valk_fs_read, p)), ":io ENOENT");
  EXPECT_EQ(result(run(valk_fs_remove, p)), ":io ENOENT");
}

TEST_F(Files, Folders) {
  EXPECT_EQ(result(run(valk_fs_mkdir, path("d"))), "nil");
  EXPECT_EQ(result(run(valk_fs_mkdir, path("d"))), ":io EEXIST");
  result(run(valk_fs_write, path("c"), ""));
  result(run(valk_fs_write, path("b"), ""));
  EXPECT_EQ(result(run(valk_fs_list, folder)), "{\"b\" \"c\" \"d\"}");
  EXPECT_EQ(result(run(valk_fs_list, path("none"))), ":io ENOENT");
  EXPECT_EQ(result(run(valk_fs_read, path("d"))), ":io EISDIR");
}

TEST_F(Files, OpenFilesWorkInTurn) {
  ValkOpId op = run(valk_fs_open, path("f"), "w");
  ASSERT_EQ(wait(op), End::kValue) << error_message(op);
  base[0] = value_of(op);
  std::vector<ValkOpId> writes;
  for (int i = 0; i < 20; i++)
    writes.push_back(on_file(valk_fs_write_chunk, string(std::to_string(i % 10))));
  cancel(valk_work_cancel, writes[13]);
  valk_fs_close(machine(), machine()->sp, base[0]);
  for (ValkOpId w : writes) wait(w);
  EXPECT_EQ(result(run(valk_fs_read, path("f"))), "0123456789012456789");
  EXPECT_EQ(result(on_file(valk_fs_write_chunk, string("x"))), ":closed ");
}

TEST_F(Files, ChunksUpToTheEnd) {
  result(run(valk_fs_write, path("f"), "abcde"));
  ValkOpId op = run(valk_fs_open, path("f"), "r");
  wait(op);
  base[0] = value_of(op);
  EXPECT_EQ(result(on_file(valk_fs_read_chunk, VALK_FIX(3))), "abc");
  EXPECT_EQ(result(on_file(valk_fs_read_chunk, VALK_FIX(3))), "de");
  EXPECT_EQ(result(on_file(valk_fs_read_chunk, VALK_FIX(3))), "nil");
  EXPECT_EQ(result(on_file(valk_fs_read_chunk, VALK_FIX(0))), ":range ");
  EXPECT_EQ(result(on_file(valk_fs_write_chunk, string("x"))), ":io EBADF");
}

TEST_F(Files, WrongArguments) {
  EXPECT_EQ(result(run(valk_fs_open, path("f"), "rw")), ":range ");
  EXPECT_EQ(result(run(valk_fs_open, path("none"), "r")), ":io ENOENT");
  EXPECT_EQ(result(run(valk_fs_read, "")), ":range ");
  EXPECT_EQ(result(run(valk_fs_read, std::string("a\0b", 3))), ":range ");
}

TEST_F(Files, CancelledWorkIsDropped) {
  std::vector<ValkOpId> ops;
  for (int i = 0; i < 30; i++) ops.push_back(run(valk_fs_write, path(std::to_string(i)), "x"));
  for (int i = 0; i < 30; i += 2) cancel(valk_work_cancel, ops[i]);
  ValkOpId opened = run(valk_fs_open, path("o"), "w");
  turn_for(5);
  cancel(valk_work_cancel, opened);
  for (int i = 1; i < 30; i += 2) EXPECT_EQ(wait(ops[i]), End::kValue);
}

}  // namespace
