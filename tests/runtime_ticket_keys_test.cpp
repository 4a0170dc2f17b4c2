// Keys of session tickets, by a clock of the test's own.
#include "runtime/tls/ticket_keys.h"

#include <gtest/gtest.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

namespace {

constexpr uint64_t kPeriod = 100;

struct Free {
  void operator()(ValkTicketKeys* keys) const { valk_ticket_keys_free(keys); }
};

struct TicketKeys : testing::Test {
  std::unique_ptr<ValkTicketKeys, Free> keys{valk_ticket_keys_new(kPeriod, 1000)};
  ValkTicketKey now(uint64_t time) {
    ValkTicketKey key;
    EXPECT_TRUE(valk_ticket_key_now(keys.get(), time, &key));
    return key;
  }
  /// What becomes at a time of a ticket that was sealed with a key.
  int find(uint64_t time, const ValkTicketKey& sealed) {
    ValkTicketKey key;
    int found = valk_ticket_key_find(keys.get(), time, sealed.name, &key);
    if (found) {
      EXPECT_EQ(memcmp(&key, &sealed, sizeof key), 0);
    }
    return found;
  }
};

TEST_F(TicketKeys, OneSealsForAPeriodAndOpensForTwo) {
  ValkTicketKey first = now(1000);
  EXPECT_EQ(memcmp(first.name, now(1099).name, sizeof first.name), 0);
  EXPECT_EQ(find(1099, first), 1);
  EXPECT_EQ(find(1100, first), 2);
  ValkTicketKey second = now(1100);
  EXPECT_NE(memcmp(first.name, second.name, sizeof first.name), 0);
  EXPECT_EQ(find(1199, first), 2);
  EXPECT_EQ(find(1199, second), 1);
  EXPECT_EQ(find(1200, first), 0);
  EXPECT_EQ(find(1200, second), 2);
}

TEST_F(TicketKeys, AfterTwoPeriodsWithoutTicketsNoneOpens) {
  ValkTicketKey first = now(1050);
  EXPECT_EQ(find(1200, first), 0);
  EXPECT_EQ(find(1201, now(1201)), 1);
}

TEST_F(TicketKeys, WithoutAPeriodTheyStay) {
  keys.reset(valk_ticket_keys_new(0, 0));
  EXPECT_EQ(find(~0ull, now(0)), 1);
}

TEST_F(TicketKeys, AForkedProcessSharesThoseMadeLater) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0) {
    ValkTicketKey made;
    bool fine = valk_ticket_key_now(keys.get(), 1150, &made);
    _exit(fine && write(ends[1], &made, sizeof made) == sizeof made ? 0 : 1);
  }
  ValkTicketKey made;
  ASSERT_EQ(read(ends[0], &made, sizeof made), static_cast<ssize_t>(sizeof made));
  int status = -1;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(find(1160, made), 1);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
