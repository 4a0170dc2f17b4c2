// Source positions and descriptors of frames of a divided program: each stands in the part that uses it.
#pragma once

#include <string>
#include <vector>

namespace valkc {

/// Takes out of `sites`, the definitions of positions and of what mentions them, those that only one of `chunks`
/// needs, and puts them before that chunk's code. What `others` or several chunks need stays.
void divide_sites(std::string& sites, std::vector<std::string>& chunks,
                  const std::vector<const std::string*>& others);

}  // namespace valkc
