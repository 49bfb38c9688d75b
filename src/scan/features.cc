#include "scan/impl/features.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>

namespace ostiary::scan {

namespace {

using catalog::Feature;
using lex::Kind;

constexpr std::size_t kMostInFile = 1'000;

struct Call {
  const Feature* feature = nullptr;
  std::vector<std::string_view> names;  // of the path, last first
};

// Features by the last name of their calls and by their texts.
class Index {
 public:
  Index() {
    for (const auto& feature : catalog::features()) {
      for (const auto& call : feature.calls) add(feature, call);
      for (const auto& text : feature.texts) {
        const bool digits = text.ends_with('*');
        (digits ? before_digits_ : texts_)
            .emplace(std::string_view(text).substr(0, text.size() - (digits ? 1 : 0)), &feature);
      }
    }
  }
  auto calls(std::string_view last) const { return calls_.equal_range(last); }
  const Feature* of_text(std::string_view text) const {
    if (const auto found = texts_.find(text); found != texts_.end()) return found->second;
    const auto stem = text.substr(0, text.find_last_not_of("0123456789_-") + 1);
    if (stem.size() == text.size()) return nullptr;
    // The separator before the digits belongs to the pattern.
    const auto found = before_digits_.find(text.substr(0, text.find_first_of("0123456789")));
    return found != before_digits_.end() ? found->second : nullptr;
  }

 private:
  void add(const Feature& feature, std::string_view path) {
    Call call{&feature, {}};
    while (true) {
      const auto dot = path.rfind('.');
      call.names.push_back(path.substr(dot == std::string_view::npos ? 0 : dot + 1));
      if (dot == std::string_view::npos) break;
      path = path.substr(0, dot);
    }
    const auto last = call.names.front();
    calls_.emplace(last, std::move(call));
  }
  std::unordered_multimap<std::string_view, Call> calls_;
  std::unordered_map<std::string_view, const Feature*> texts_, before_digits_;
};

const Index& index() {
  static const Index all;
  return all;
}

bool is_word(Kind kind) {
  return kind == Kind::identifier || kind == Kind::keyword;
}

// The token of the name before the one at `i` in a path: behind `.`, `->`, `::`, `?.` and the parentheses of
// a call without arguments; nothing where the path begins.
std::optional<std::size_t> name_before(const Source& source, std::size_t i) {
  bool joined = false;
  while (i-- > 0) {
    const auto& token = source.tokens[i];
    if (is_word(token.kind)) return joined ? std::optional(i) : std::nullopt;
    if (token.kind != Kind::punctuation) return std::nullopt;
    const char c = source.text[token.start];
    if (c == '.' || c == ':' || c == '>' || c == '-' || c == '?' || c == '(' || c == ')') {
      joined |= c == '.' || c == ':' || c == '>';
      continue;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

// Where the path that ends with the token `i` begins, if it is the call's.
std::optional<std::size_t> begins(const Source& source, std::size_t i, const Call& call) {
  auto at = i;
  for (std::size_t name = 1; name < call.names.size(); ++name) {
    const auto before = name_before(source, at);
    if (!before || source.of(source.tokens[*before]) != call.names[name]) return std::nullopt;
    at = *before;
  }
  return at;
}

class Looking {
 public:
  explicit Looking(const std::vector<Sign>& signs) {
    for (const auto& sign : signs) providers_.insert(sign.provider);
    // What reaches several providers may ask each for what it has.
    any_ = std::ranges::any_of(signs, [](const Sign& s) {
      return s.provider.empty() && (s.kind == Kind_::framework || s.kind == Kind_::sdk);
    });
  }
  void look(const Source& source) {
    std::string scratch;
    for (std::size_t i = 0; i < source.tokens.size() && out.size() < kMostInFile; ++i) {
      const auto& token = source.tokens[i];
      if (token.kind == Kind::string) {
        const auto text = source.text_of(token);
        if (text.raw().size() <= kLongestText)
          take(index().of_text(text.value(scratch)), source, token.start, token.end);
      } else if (is_word(token.kind)) {
        const auto name = source.of(token);
        take(index().of_text(name), source, token.start, token.end);
        const auto [first, last] = index().calls(name);
        for (auto call = first; call != last; ++call)
          if (const auto from = begins(source, i, call->second))
            take(call->second.feature, source, source.tokens[*from].start, token.end);
      }
    }
  }
  std::vector<FeatureUse> out;

 private:
  using Kind_ = ostiary::scan::Kind;
  static constexpr std::size_t kLongestText = 64;
  void take(const Feature* feature, const Source& source, std::uint64_t start, std::uint64_t end) {
    if (feature && (any_ || providers_.contains(feature->provider)))
      out.push_back({feature, source.place(start), source.place(end)});
  }
  std::set<std::string_view> providers_;
  bool any_ = false;
};

}  // namespace

std::vector<FeatureUse> features_in(const Sources& sources, const std::vector<Sign>& signs) {
  Looking looking(signs);
  for (const auto& source : sources.all)
    if (source.form == Form::code) looking.look(source);
  std::ranges::sort(looking.out, {},
                    [](const FeatureUse& use) { return std::tuple(use.start, use.end, use.feature->id); });
  return std::move(looking.out);
}

}  // namespace ostiary::scan
