#include "scan/impl/logs_hosts.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"

namespace ostiary::scan {

namespace {

using text::is_digit;
using text::is_hex;
using text::is_letter;

constexpr std::size_t kLongestHost = 253;  // RFC 1035 section 2.3.4, without the last dot

// "api.*.example.com" -> "example.com": what follows the last label with a *.
std::string_view behind_globs(std::string_view host) {
  const auto star = host.rfind('*');
  if (star == std::string_view::npos) return host;
  const auto dot = host.find('.', star);
  return dot == std::string_view::npos ? std::string_view() : host.substr(dot + 1);
}

std::size_t labels_of(std::string_view host) {
  return static_cast<std::size_t>(std::ranges::count(host, '.')) + 1;
}

// Whether the last labels of `host` are those of `pattern`, each * a label or a part of one.
bool ends_like(std::string_view host, std::string_view pattern) {
  for (;;) {
    const auto dot = pattern.rfind('.'), host_dot = host.rfind('.');
    const bool last = dot == std::string_view::npos, host_last = host_dot == std::string_view::npos;
    const auto label =
        last ? host.substr(host_last ? 0 : host_dot + 1) : host.substr(host_last ? 0 : host_dot + 1);
    if (label.empty() || !text::glob(last ? pattern : pattern.substr(dot + 1), label)) return false;
    if (last) return true;
    if (host_last) return false;
    pattern = pattern.substr(0, dot);
    host = host.substr(0, host_dot);
  }
}

}  // namespace

Destination destination_of(std::string_view url) {
  Destination to;
  if (const auto scheme = url.substr(0, 12).find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    to.seen = true;
  }
  const auto end = url.find_first_of("/?#");
  auto host = url.substr(0, end);
  if (end != std::string_view::npos) {
    to.seen = true;
    if (url[end] == '/') to.path = url.substr(end);
  }
  if (to.seen && to.path.empty()) to.path = "/";
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    to.host = close == std::string_view::npos ? std::string_view() : host.substr(1, close - 1);
    return to;
  }
  if (const auto colon = host.find(':'); colon != std::string_view::npos) host = host.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  to.host = host;
  return to;
}

std::string_view host_of(std::string_view url) {
  const char *start = url.data(), *p = start, *const end = start + url.size();
  for (; p != end; ++p) {
    const char c = *p;
    if (c > ':' && c != '?' && c != '@' && c != '[') continue;  // letters, mostly
    if (c == '/' || c == '?' || c == '#') break;
    if (c == '@' || c == '[') return destination_of(url).host;
    if (c != ':') continue;
    if (end - p >= 3 && p[1] == '/' && p[2] == '/' && start == url.data()) {
      start = p + 3;
      p += 2;
      continue;
    }
    for (const char* port = p + 1; port != end && *port != '/'; ++port)
      if (!is_digit(*port)) return destination_of(url).host;  // a password, perhaps
    break;
  }
  if (p != start && p[-1] == '.') --p;
  return {start, static_cast<std::size_t>(p - start)};
}

bool looks_like_host(std::string_view s) {
  if (const auto colon = s.rfind(':'); colon != std::string_view::npos) {
    const auto port = s.substr(colon + 1);
    if (port.empty() || !std::ranges::all_of(port, is_digit)) return false;
    s = s.substr(0, colon);
  }
  if (s.ends_with('.')) s.remove_suffix(1);
  if (s.size() > kLongestHost) return false;
  const auto dot = s.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || s.find("..") != std::string_view::npos) return false;
  if (!std::ranges::all_of(
          s, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; }))
    return false;
  const auto top = s.substr(dot + 1);
  return top.size() >= 2 && is_letter(top[0]);
}

bool looks_like_address(std::string_view s) {
  if (s.starts_with('[')) {
    const auto close = s.find(']');
    return close != std::string_view::npos && looks_like_address(s.substr(1, close - 1));
  }
  const auto colons = std::ranges::count(s, ':'), dots = std::ranges::count(s, '.');
  if (colons >= 2)
    return s.size() <= 60 && std::ranges::all_of(s.substr(0, s.find('%')),
                                                 [](char c) { return is_hex(c) || c == ':' || c == '.'; });
  return dots == 3 && s.size() <= 21 && is_digit(s[0]) &&
         std::ranges::all_of(s, [](char c) { return is_digit(c) || c == '.' || c == ':'; });
}

HostIndex::HostIndex(std::span<const LogTarget> targets) : targets_(targets) {
  hosts_.reserve(targets.size());
  for (std::uint32_t i = 0; i < targets.size(); ++i) {
    std::string_view host = targets[i].host;
    if (host.starts_with("*.")) host.remove_prefix(2);
    hosts_.push_back(text::lower(host));
    put(i);
  }
}

void HostIndex::put(std::uint32_t target) {
  const std::string_view host = hosts_[target];
  const auto tail = behind_globs(host);
  auto& node = nodes_[std::string(tail)];
  (tail == host ? node.exact : node.globs).push_back(target);
  if (labels_of(tail) >= 2 && !tail.empty()) return let_through(tail);
  beginnings_.fill(~std::uint64_t{0});  // nothing is told by the last two labels
  whole_.fill(~std::uint64_t{0});
}

void HostIndex::let_through(std::string_view host) {
  std::uint32_t hash = kSeed;
  int dots = 0;
  for (auto p = host.rbegin(); p != host.rend(); ++p) {
    if (*p == '.' && ++dots == 2) put(beginnings_, hash);
    hash = mixed(hash, static_cast<unsigned char>(*p));
  }
  if (dots < 2) put(beginnings_, hash);
  put(whole_, hash);
}

void HostIndex::find(const Destination& to, std::vector<Hit>& out) const {
  out.clear();
  auto given = to.host;
  if (given.ends_with('.')) given.remove_suffix(1);
  if (given.empty() || given.size() > kLongestHost) return;
  std::array<char, kLongestHost> small;
  std::ranges::transform(given, small.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const std::string_view host(small.data(), given.size());
  std::array<std::size_t, 2> longest{};
  const auto take = [&](std::uint32_t target, std::size_t rank) {
    const auto& wanted = targets_[target];
    const bool mixed = !wanted.path.empty() && !to.seen;
    if (!wanted.path.empty() && to.seen && !to.path.starts_with(wanted.path)) return;
    auto& best = longest[static_cast<std::size_t>(wanted.kind)];
    if (rank < best) return;
    if (rank > best)
      std::erase_if(out, [&](const Hit& hit) { return targets_[hit.target].kind == wanted.kind; });
    best = rank;
    out.push_back({target, mixed});
  };
  for (auto dot = host.rfind('.');; dot = host.rfind('.', dot - 1)) {
    const auto from = dot == std::string_view::npos ? 0 : dot + 1;
    if (const auto found = nodes_.find(host.substr(from)); found != nodes_.end()) {
      // A literal host goes before one with a * and as many labels.
      for (const auto target : found->second.exact) take(target, 2 * labels_of(hosts_[target]) + 1);
      for (const auto target : found->second.globs)
        if (ends_like(host, hosts_[target])) take(target, 2 * labels_of(hosts_[target]));
    }
    if (dot == std::string_view::npos || dot == 0) return;
  }
}

}  // namespace ostiary::scan
