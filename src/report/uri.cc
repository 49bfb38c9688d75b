#include "report/impl/uri.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/ascii.h"
#include "base/text.h"

namespace ostiary::report {

namespace {

using text::is_digit;
using text::is_hex;
using text::is_letter;

// Appends with everything escaped that is not unreserved, not in `kept` and no escape already.
void append_escaped(std::string& out, std::string_view part, std::string_view kept) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    const char c = part[i];
    const bool escape = c == '%' && i + 2 < part.size() && is_hex(part[i + 1]) && is_hex(part[i + 2]);
    if (is_letter(c) || is_digit(c) || std::string_view("-._~").contains(c) || kept.contains(c) || escape) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

// The host and the port; false, where it is none.
bool append_authority(std::string& out, std::string_view authority) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const auto address = authority.substr(1, end - 1);
    if (!std::ranges::all_of(address, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) return false;
    if (!address.contains(':')) return false;
    out.append(authority.substr(0, end + 1));
    port = authority.substr(end + 1);
  } else {
    const auto colon = authority.find(':');
    append_escaped(out, authority.substr(0, colon), "!$&'()*+,;=");
    port = colon == std::string_view::npos ? "" : authority.substr(colon);
  }
  if (port.empty()) return true;
  if (port.front() != ':' || !std::ranges::all_of(port.substr(1), is_digit)) return false;
  out.append(port);
  return true;
}

void append_rest(std::string& out, std::string_view rest) {
  const auto fragment = rest.find('#');
  append_escaped(out, rest.substr(0, fragment), "!$&'()*+,;=:@/?");
  if (fragment == std::string_view::npos) return;
  out += '#';
  append_escaped(out, rest.substr(fragment + 1), "!$&'()*+,;=:@/?");
}

}  // namespace

std::optional<std::string> place_uri(std::string_view uri) {
  static constexpr std::array<std::string_view, 15> kPlaces{"http",      "https",   "ws",   "wss", "grpc",
                                                            "grpcs",     "ftp",     "ftps", "ssh", "git",
                                                            "git+https", "git+ssh", "tcp",  "oci", "docker"};
  uri = text::trim(uri);
  const auto colon = uri.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const auto scheme = text::lower(uri.substr(0, colon));
  if (std::ranges::find(kPlaces, scheme) == kPlaces.end()) return std::nullopt;
  const auto behind = uri.substr(colon + 3);
  const auto authority = behind.substr(0, behind.find_first_of("/?#"));
  std::string out = scheme + "://";
  const auto before = out.size();
  if (!append_authority(out, authority) || out.size() == before) return std::nullopt;
  append_rest(out, behind.substr(authority.size()));
  return out;
}

std::optional<std::string> package_url(std::string_view purl) {
  purl = text::trim(purl);
  if (!purl.starts_with("pkg:") || purl.size() < 7) return std::nullopt;
  std::string out = "pkg:";
  append_rest(out, purl.substr(4));
  return out;
}

}  // namespace ostiary::report
