#include "policy/impl/html.h"

#include <algorithm>

#include "base/text.h"

namespace ostiary::policy::html {

void append_escaped(std::string& out, std::string_view text) {
  if (!text::is_utf8(text)) {
    out += "\xef\xbf\xbd";
    return;
  }
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
          out += "\xef\xbf\xbd";
        else
          out += c;
    }
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  append_escaped(out, text);
  return out;
}

bool may_link(std::string_view address) {
  std::string plain;
  for (const char c : address.substr(0, 4096))
    if (static_cast<unsigned char>(c) > 0x20 && c != 0x7f) plain += c;
  const auto end = plain.find_first_of(":/?#\\");
  if (end == std::string::npos || plain[end] != ':') return address.size() <= 4096;
  const auto scheme = text::lower(std::string_view(plain).substr(0, end));
  return address.size() <= 4096 && (scheme == "http" || scheme == "https" || scheme == "mailto");
}

}  // namespace ostiary::policy::html
