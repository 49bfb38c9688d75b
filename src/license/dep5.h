#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "license/identify.h"

namespace ostiary::license {

// One License field of Debian's machine-readable copyright file (copyright-format 1.0).
struct Dep5License {
  std::string name;                // the short name or expression of its first line
  std::string text;                // what follows, without the blanks and dots that fold it
  std::vector<std::string> files;  // patterns of its paragraph; empty: it stands alone
  std::size_t start = 0, end = 0;  // bytes of `name` in the file
};

// The License fields of such a file in their order; nothing where it is none (no Format field of
// copyright-format in the first paragraph). Linear, at most 100,000 fields.
std::optional<std::vector<Dep5License>> read_dep5(std::string_view text);

// What the names declare: each that SPDX knows, by its place. Names that it does not know (public-domain) are
// told by their text if `identifier` knows it, and are left out otherwise.
std::vector<FoundLicense> licenses_of_dep5(const std::vector<Dep5License>& fields,
                                           const Identifier& identifier);

// The expression of a name in Debian's form: "GPL-2+ or Artistic", "GPL-2+ with OpenSSL exception, and
// Expat"; nothing where a part is not known.
std::optional<std::string> spdx_of_debian_expression(std::string_view name);

}  // namespace ostiary::license
