#include "gateway/restoring.h"

#include <algorithm>
#include <utility>

#include "json/writer.h"

namespace ostiary::gateway {

namespace {

constexpr std::string_view kOpen = "‹", kClose = "›";

}  // namespace

void Restoring::begin(const Placeholders& placeholders, bool json) {
  forms_.clear();
  held_.clear();
  json_ = json;
  for (const auto& [name, value] : placeholders.kept()) {
    const auto inner = name.substr(kOpen.size(), name.size() - kOpen.size() - kClose.size());
    for (const std::string_view open : {kOpen, std::string_view("\\u2039")})
      for (const std::string_view close : {kClose, std::string_view("\\u203a"), std::string_view("\\u203A")})
        if (json || (open == kOpen && close == kClose))
          forms_.push_back({std::string(open) + inner + std::string(close), &value});
  }
}

void Restoring::feed(std::string_view text, std::string& out) {
  if (forms_.empty()) {
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
    const auto form = std::ranges::find_if(forms_, [&](const Form& f) { return rest.starts_with(f.text); });
    if (form != forms_.end()) {
      if (json_) {
        const auto quoted = json::quoted(form->value->reveal());
        out += std::string_view(quoted).substr(1, quoted.size() - 2);
      } else {
        out += form->value->reveal();
      }
      at += form->text.size();
      continue;
    }
    const bool begun = std::ranges::any_of(forms_, [&](const Form& f) { return f.text.starts_with(rest); });
    if (begun) break;
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
