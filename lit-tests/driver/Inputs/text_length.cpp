// A C++ source beside a Lisp program: uses the standard library, exceptions included.
#include <stdexcept>
#include <string>

int text_length(const char* text) {
  try {
    if (!text) throw std::invalid_argument("no text");
    return static_cast<int>(std::string(text).size());
  } catch (const std::exception&) {
    return -1;
  }
}
