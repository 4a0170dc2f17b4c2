// See peer.h.
#include "tests/peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

namespace valk_test {
namespace {

[[noreturn]] void give_up(const char* what) {
  fprintf(stderr, "the test peer cannot run: %s\n", what);
  exit(1);
}

struct Peer {
  std::string folder;
  std::map<std::string, int> ports;
  int input = -1;
  pid_t process = 0;

  Peer() {
    char name[] = "/tmp/valk-peer-XXXXXX";
    if (!mkdtemp(name)) give_up("no temporary folder");
    folder = name;
    std::string make =
        std::string("sh " VALKYRIA_SOURCE_DIR "/tests/peers/certificates.sh ") + folder;
    if (system(make.c_str()) != 0) give_up("no certificates (openssl)");
    start();
  }

  ~Peer() {
    close(input);
    waitpid(process, nullptr, 0);
    if (system(("rm -rf " + folder).c_str()) != 0) fprintf(stderr, "%s is left over\n", name());
  }

  const char* name() const { return folder.c_str(); }

  void start() {
    int to[2], from[2];
    if (pipe2(to, 0) != 0 || pipe2(from, 0) != 0) give_up("no pipe");
    process = fork();
    if (process == 0) {
      dup2(to[0], 0);
      dup2(from[1], 1);
      for (int fd : {to[0], to[1], from[0], from[1]}) close(fd);
      execlp("node", "node", VALKYRIA_SOURCE_DIR "/tests/peers/server.js", name(), nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    input = to[1];
    FILE* lines = fdopen(from[0], "r");
    char line[256], listener[128];
    int port;
    while (fgets(line, sizeof line, lines) && std::string(line) != "ready\n")
      if (sscanf(line, "%127s %d", listener, &port) == 2) ports[listener] = port;
    fclose(lines);
    if (ports.empty()) give_up("node");
  }
};

Peer& peer() {
  static Peer p;
  return p;
}

}  // namespace

int peer_port(const std::string& name) {
  auto found = peer().ports.find(name);
  if (found == peer().ports.end()) give_up(name.c_str());
  return found->second;
}

std::string certificate(const std::string& name) { return peer().folder + "/" + name; }

}  // namespace valk_test
