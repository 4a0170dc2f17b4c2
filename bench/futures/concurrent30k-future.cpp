// 30000 operations at once over real sockets, each a thread that waits for a future: about as many as a
// process may have.
#include "shared/concurrent.h"

int main() { return measure_concurrent(30000); }
