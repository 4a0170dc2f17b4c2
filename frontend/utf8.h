// UTF-8, as far as source text needs it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace valkc {

/// The length in bytes of the well-formed UTF-8 sequence at the front of `text`; 0 if there is none.
/// Overlong forms, surrogates and code points past U+10FFFF are not well-formed.
size_t utf8_length(std::string_view text);

/// Appends a code point; false (and nothing appended) for a surrogate or a value past U+10FFFF.
bool append_utf8(std::string& out, uint32_t code_point);

}  // namespace valkc
