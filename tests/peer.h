// The server of tests/peers, started once for a test binary.
#pragma once

#include <string>

namespace valk_test {

/// The port of one of its listeners; ends the process if the server cannot run.
int peer_port(const std::string& name);
/// A file of the certificates made by tests/peers/certificates.sh.
std::string certificate(const std::string& name);

}  // namespace valk_test
