#include "report/html.h"

#include "base/text.h"

namespace ostiary::report {

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

}  // namespace ostiary::report
