#include "gateway/restoring.h"

#include <array>
#include <span>
#include <utility>

#include "json/writer.h"

namespace ostiary::gateway {

namespace {

constexpr std::string_view kOpen = "‹", kClose = "›";
constexpr std::array<std::string_view, 2> kOpens = {kOpen, "\\u2039"};
constexpr std::array<std::string_view, 3> kCloses = {kClose, "\\u203a", "\\u203A"};

}  // namespace

// Between the two signs is a word of ours, which holds neither of them, nor a backslash.
Restoring::Front Restoring::front(std::string_view text) const {
  const auto& kept = placeholders_->kept();
  for (const auto open : std::span(kOpens).first(json_ ? kOpens.size() : 1)) {
    if (open.starts_with(text)) return {nullptr, 0, true};
    if (!text.starts_with(open)) continue;
    const auto rest = text.substr(open.size());
    const auto word = rest.substr(0, rest.find_first_of("\xe2\\"));
    const auto name = std::string(kOpen).append(word);
    const auto known = kept.lower_bound(name);
    if (known == kept.end() || !known->first.starts_with(name)) return {};
    const auto behind = rest.substr(word.size());
    for (const auto close : std::span(kCloses).first(json_ ? kCloses.size() : 1)) {
      if (close != behind && close.starts_with(behind)) return {nullptr, 0, true};
      if (!behind.starts_with(close)) continue;
      const auto found = kept.find(name + std::string(kClose));
      if (found == kept.end()) return {};
      return {&found->second, open.size() + word.size() + close.size(), false};
    }
    return {};
  }
  return {};
}

void Restoring::begin(const Placeholders& placeholders, bool json) {
  placeholders_ = placeholders.kept().empty() ? nullptr : &placeholders;
  held_.clear();
  json_ = json;
}

void Restoring::feed(std::string_view text, std::string& out) {
  if (idle()) {
    out += text;
    return;
  }
  held_ += text;
  const std::string_view all = held_;
  std::size_t at = 0;
  while (at < all.size()) {
    const auto mark = json_ ? all.find_first_of("\xe2\\", at) : all.find('\xe2', at);
    out += all.substr(at, mark == std::string_view::npos ? mark : mark - at);
    if (mark == std::string_view::npos) {
      at = all.size();
      break;
    }
    at = mark;
    const auto rest = all.substr(at);
    const auto found = front(rest);
    if (found.begun) break;
    if (found.value != nullptr) {
      if (json_) {
        const auto quoted = json::quoted(found.value->reveal());
        out += std::string_view(quoted).substr(1, quoted.size() - 2);
      } else {
        out += found.value->reveal();
      }
      at += found.size;
      continue;
    }
    // An escaped backslash begins nothing.
    const std::size_t passed = json_ && rest.starts_with("\\\\") ? 2 : 1;
    out += rest.substr(0, passed);
    at += passed;
  }
  held_.erase(0, at);
}

void Restoring::finish(std::string& out) {
  out += std::exchange(held_, {});
}

}  // namespace ostiary::gateway
