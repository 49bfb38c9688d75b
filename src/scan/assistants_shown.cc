// What of commands and settings may be shown: they are where people write their keys.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>

#include "base/ascii.h"
#include "base/text.h"
#include "inspect/engine.h"
#include "scan/impl/assistants.h"

namespace ostiary::scan {

namespace {

using text::is_digit;
using text::is_letter;

constexpr std::string_view kHidden = "…";
constexpr std::size_t kLongest = 120;  // bytes of one argument

// A run of letters and digits that no person would choose: small and capital letters and digits mixed, or
// hexadecimal digits.
bool looks_like_key(std::string_view run) {
  if (run.size() < 16) return false;
  std::size_t small = 0, capital = 0, digits = 0, hex = 0;
  for (const char c : run) {
    small += c >= 'a' && c <= 'z';
    capital += c >= 'A' && c <= 'Z';
    digits += is_digit(c);
    hex += is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
  if (digits >= 2 && small >= 3 && capital >= 3) return true;
  if (run.size() >= 24 && hex == run.size() && digits > 0) return true;
  return run.size() >= 32 && digits >= 4 && small + capital >= 4;
}

// Puts "…" where a run is that looks like a key.
std::string without_keys(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]) || text[end] == '_')) ++end;
    if (end == at) {
      out += text[at++];
      continue;
    }
    const auto run = text.substr(at, end - at);
    out += looks_like_key(run) ? kHidden : run;
    at = end;
  }
  return out;
}

// "https://host:8080" of an address; empty: it is none.
std::string host_of(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || colon > 30) return {};
  if (!std::ranges::all_of(text.substr(0, colon), [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
      }))
    return {};
  auto host = text.substr(colon + 3);
  host = host.substr(0, host.find_first_of("/?#\\ "));
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  return fmt::format("{}://{}", text.substr(0, colon), without_keys(host));
}

// With all detectors of the catalogue; nullptr: they cannot be loaded.
inspect::Inspecting* inspecting_here() {
  static const auto engine = inspect::Engine::builtin();
  if (!engine) return nullptr;
  thread_local inspect::Inspecting inspecting(**engine);
  return &inspecting;
}

std::string cut(std::string text, std::size_t longest) {
  if (text.size() <= longest) return text;
  auto end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + std::string(kHidden);
}

}  // namespace

bool is_secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 15> kWords = {
      "key",  "token", "secret",  "passw",      "auth",      "credential", "bearer", "cookie",
      "_pat", "dsn",   "private", "connection", "signature", "session",    "pwd"};
  const auto small = text::lower(name);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return small.contains(word); });
}

std::string shown(std::string_view text) {
  if (text.size() > 4 * kLongest) text = text.substr(0, 4 * kLongest);
  if (auto host = host_of(text); !host.empty()) return cut(std::move(host), kLongest);
  // NAME=VALUE, --name=value, Name: value
  const auto sign = text.find_first_of("=:");
  if (sign != std::string_view::npos && sign > 0 && sign + 1 < text.size()) {
    const auto name = text.substr(0, sign), value = text.substr(sign + 1);
    const bool named = name.find_first_of(" /\\") == std::string_view::npos;
    if (named && is_secret_name(name))
      return cut(fmt::format("{}{}{}", without_keys(name), text[sign], kHidden), kLongest);
    if (named && text[sign] == '=')
      if (auto host = host_of(value); !host.empty()) return cut(fmt::format("{}={}", name, host), kLongest);
  }
  // An address within a longer text.
  if (const auto inner = text.find("://"); inner != std::string_view::npos) {
    auto from = inner;
    while (from > 0 && is_letter(text[from - 1])) --from;
    auto end = std::min(text.find_first_of(" \"'", inner), text.size());
    const auto host = host_of(text.substr(from, end - from));
    return cut(fmt::format("{}{}{}", without_keys(text.substr(0, from)), host.empty() ? kHidden : host,
                           end < text.size() ? " …" : ""),
               kLongest);
  }
  return cut(without_keys(text), kLongest);
}

std::string safe_note(std::string note) {
  if (note.size() > 4 * kLongestNote) note = cut(std::move(note), 4 * kLongestNote);
  std::ranges::replace_if(note, [](unsigned char c) { return c < 0x20; }, ' ');
  if (auto* inspecting = inspecting_here()) {
    auto inspection = inspecting->inspect(note);
    std::ranges::sort(inspection.findings, std::greater<>(),
                      [](const auto& finding) { return finding.location.start; });
    for (const auto& finding : inspection.findings)
      if (finding.klass == inspect::Class::secret && finding.location.end <= note.size())
        note.replace(finding.location.start, finding.location.end - finding.location.start, kHidden);
  }
  return cut(std::move(note), kLongestNote);
}

}  // namespace ostiary::scan
