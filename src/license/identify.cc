#include "license/identify.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "base/utf8.h"
#include "license/expression.h"
#include "license/impl/candidates.h"
#include "license/impl/index.h"
#include "license/impl/mentions.h"
#include "license/impl/words.h"

namespace ostiary::license {

namespace {

constexpr std::size_t kMostBytes = 4u << 20;

// UTF-16 as UTF-8, with the byte of the original at which each byte of it begins.
struct Decoded {
  std::string text;
  std::vector<std::uint32_t> origin;
};

std::optional<Decoded> from_utf16(std::string_view bytes) {
  const bool little = bytes.starts_with("\xff\xfe");
  if (!little && !bytes.starts_with("\xfe\xff")) return std::nullopt;
  Decoded out;
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(little ? a | b << 8U : a << 8U | b);
  };
  for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
    auto c = unit(i);
    const auto start = static_cast<std::uint32_t>(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 3 < bytes.size() && (unit(i + 2) & 0xfc00U) == 0xdc00U) {
      c = 0x10000 + ((c - 0xd800) << 10U) + (unit(i + 2) - 0xdc00);
      i += 2;
    }
    text::append_code_point(out.text, c >= 0xd800 && c < 0xe000 ? U'\ufffd' : c);
    out.origin.resize(out.text.size(), start);
  }
  out.origin.push_back(static_cast<std::uint32_t>(bytes.size()));
  return out;
}

bool is_gnu(std::string_view expression) {
  return expression.contains("GPL-");
}

// Whether a finding says less than another one: a mention without a version beside any that has one, and the
// text or a mention of a GNU licence beside what grants that version or a later one.
bool yields(const FoundLicense& one, const std::vector<FoundLicense>& found) {
  const bool vague = one.method == Method::reference && one.score == kVague;
  const bool bare = one.expression.ends_with("-only") && (one.whole || one.method == Method::reference);
  if (!is_gnu(one.expression) || !(vague || bare)) return false;
  const auto stem = one.expression.substr(0, one.expression.rfind('-') + 1);
  return std::ranges::any_of(found, [&](const FoundLicense& other) {
    if (&other == &one || other.exception || other.score == kVague) return false;
    if (vague) return is_gnu(other.expression);
    return other.expression.contains(stem + "or-later");
  });
}

}  // namespace

std::string_view name(Method method) {
  switch (method) {
    case Method::tag:
      return "tag";
    case Method::exact:
      return "exact";
    case Method::diff:
      return "diff";
    case Method::fingerprint:
      return "fingerprint";
    case Method::reference:
      return "reference";
    case Method::metadata:
      return "metadata";
  }
  return "";
}

std::string all_of_expressions(std::vector<std::string> expressions) {
  std::ranges::sort(expressions);
  expressions.erase(std::ranges::unique(expressions).begin(), expressions.end());
  std::string out;
  for (const auto& one : expressions) {
    const bool choice = one.contains(" OR ") && expressions.size() > 1;
    out += (out.empty() ? "" : " AND ") + (choice ? "(" + one + ")" : one);
  }
  return out;
}

std::optional<std::string> joined(const std::vector<FoundLicense>& found) {
  std::vector<const FoundLicense*> licenses;
  for (const auto& one : found)
    if (!one.exception && !yields(one, found)) licenses.push_back(&one);
  std::vector<std::string> all;
  for (const auto* one : licenses) {
    auto expression = one->expression;
    for (const auto& exception : found) {
      if (!exception.exception) continue;
      // It adds to the last licence before it, or to the first where none stands before.
      const FoundLicense* owner = nullptr;
      for (const auto* other : licenses)
        if (!owner || other->start <= exception.start) owner = other;
      if (owner == one && !expression.contains(' ')) expression += " WITH " + exception.expression;
    }
    all.push_back(std::move(expression));
  }
  if (all.empty()) return std::nullopt;
  return all_of_expressions(std::move(all));
}

struct Identifier::State {
  Index index;
  bool texts = false;
};

Identifier::Identifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
Identifier::Identifier(Identifier&&) noexcept = default;
Identifier::~Identifier() = default;

Result<Identifier> Identifier::load(std::string_view blob) {
  auto state = std::make_unique<State>();
  TRY(state->index, Index::load(blob));
  state->texts = std::ranges::any_of(state->index.entries(),
                                     [](const Entry& one) { return one.kind == TextKind::license; });
  return Identifier(std::move(state));
}

bool Identifier::has_texts() const {
  return state_->texts;
}

std::optional<std::string> Identifier::text_of(std::string_view id) const {
  for (const auto& entry : state_->index.entries())
    if ((entry.kind == TextKind::license || entry.kind == TextKind::exception) &&
        state_->index.id(entry) == id)
      return state_->index.text(entry);
  // One text, whichever versions are meant.
  if (id.ends_with("-or-later")) return text_of(std::string(id.substr(0, id.size() - 8)) + "only");
  return std::nullopt;
}

Identified Identifier::identify(std::string_view bytes) const {
  Identified out;
  if (bytes.size() > kMostBytes) {
    out.partial.push_back(fmt::format("only the first {} bytes were looked at", kMostBytes));
    bytes = bytes.substr(0, kMostBytes);
  }
  const auto decoded = from_utf16(bytes);
  const std::string_view text = decoded ? std::string_view(decoded->text) : bytes;
  std::vector<Word> words;
  words_of(text, words);
  const auto& index = state_->index;
  const auto standings = standing_in(index, words);
  if (standings.cut)
    out.partial.emplace_back("more places than are compared; the later ones were passed over");
  std::vector<bool> taken(words.size(), false);
  for (const auto& one : standings.found) {
    const auto& entry = index.entries()[one.entry];
    const bool fingerprint = entry.kind == TextKind::fingerprint;
    const auto method = fingerprint ? Method::fingerprint : one.cost == 0 ? Method::exact : Method::diff;
    out.licenses.push_back({.expression = std::string(index.id(entry)),
                            .start = words[one.first].start,
                            .end = words[one.end - 1].end,
                            .method = method,
                            .score = one.score,
                            .whole = entry.kind == TextKind::license || fingerprint,
                            .exception = entry.kind == TextKind::exception});
    std::fill(taken.begin() + static_cast<std::ptrdiff_t>(one.first),
              taken.begin() + static_cast<std::ptrdiff_t>(one.end), true);
  }
  for (auto& one : tags_in(text)) {
    for (auto word = std::ranges::lower_bound(words, one.start, {}, &Word::start);
         word != words.end() && word->start < one.end; ++word)
      taken[static_cast<std::size_t>(word - words.begin())] = true;
    out.licenses.push_back(std::move(one));
  }
  for (auto& one : references_in(text, words, taken)) out.licenses.push_back(std::move(one));
  if (decoded)
    for (auto& one : out.licenses) one.start = decoded->origin[one.start], one.end = decoded->origin[one.end];
  std::ranges::sort(out.licenses, {},
                    [](const FoundLicense& one) { return std::tie(one.start, one.end, one.expression); });
  out.expression = joined(out.licenses);
  return out;
}

}  // namespace ostiary::license
