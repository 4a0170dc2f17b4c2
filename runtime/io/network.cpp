// See network.h.
#include "runtime/io/network.h"

#include "runtime/control/simulation.h"

namespace {

const ValkNetwork kReal = {uv_tcp_init_ex,     uv_tcp_connect,    uv_tcp_bind,  uv_listen,
                           uv_accept,          uv_read_start,     uv_read_stop, uv_try_write,
                           uv_write,           uv_shutdown,       uv_close,     uv_tcp_nodelay,
                           uv_tcp_getpeername, uv_tcp_getsockname};

}  // namespace

const ValkNetwork& valk_network() { return valk_is_simulated() ? valk_simulated_network : kReal; }
