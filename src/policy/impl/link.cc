#include "policy/impl/link.h"

#include <algorithm>

#include "base/text.h"

namespace ostiary::policy {

bool may_link(std::string_view address) {
  std::string plain;
  for (const char c : address.substr(0, 4096))
    if (static_cast<unsigned char>(c) > 0x20 && c != 0x7f) plain += c;
  const auto end = plain.find_first_of(":/?#\\");
  if (end == std::string::npos || plain[end] != ':') return address.size() <= 4096;
  const auto scheme = text::lower(std::string_view(plain).substr(0, end));
  return address.size() <= 4096 && (scheme == "http" || scheme == "https" || scheme == "mailto");
}

}  // namespace ostiary::policy
