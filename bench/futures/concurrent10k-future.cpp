// 10000 operations at once over real sockets, each a thread that waits for a future.
#include "shared/concurrent.h"

int main() { return measure_concurrent(10000); }
