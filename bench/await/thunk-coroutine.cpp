// One await of a C++20 coroutine on a value that is there: to C++ a thunk is no other thing than an operation,
// so the program is the same.
#include "await-coroutine.cpp"
