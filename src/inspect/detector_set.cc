#include "inspect/detector_set.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>
#include <fmt/format.h>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace ostiary::inspect {

namespace {

constexpr std::uint32_t kMostAfter = 256;
constexpr std::string_view kMagic = "ostiary-detectors 4\n";

std::optional<Confidence> confidence_of(std::string_view word) {
  if (word == "low") return Confidence::low;
  if (word == "medium") return Confidence::medium;
  if (word == "high") return Confidence::high;
  return std::nullopt;
}

Class class_of(std::string_view word) {
  if (word == "personal") return Class::personal;
  return word == "marker" ? Class::marker : Class::secret;
}

// A failed check never hides a secret: the number may be from a newer series than we know.
std::optional<Confidence> failed_check_of(const catalog::Detector& spec,
                                          std::optional<Confidence> confidence) {
  if (!spec.check_failed.empty()) return confidence_of(spec.check_failed);
  if (class_of(spec.klass) != Class::secret || !confidence) return std::nullopt;
  return *confidence == Confidence::high ? Confidence::medium : Confidence::low;
}

// Expressions of `after` mind the case, those of `reject` do not: the same text is not the same automaton.
std::string after_key(const catalog::Detector& spec) {
  return "after " + spec.after;
}

// What a detector wants of a keyword; it is looked for as it is or in any case, at the beginning of a word's
// part or anywhere, whichever detectors want it.
struct Wanted {
  std::string_view text;
  bool any_case = false, inside_words = false;
  DetectorSet::Use use;
  Keywords::Keyword::Value value = Keywords::Keyword::Value::behind;

  std::uint64_t front = 0;  // the first bytes of the text, in the order of texts

  auto key() const { return std::tuple(front, text, any_case, inside_words); }
};
// Where a value may begin whose keyword is not all there yet.
Keywords::Keyword::Value value_of(const Detector& d, std::string_view keyword) {
  using Value = Keywords::Keyword::Value;
  if (d.near) return Value::behind;
  if (d.start) {
    // Of a keyword of the same bytes whoever steps back from the end of the text comes to the beginning.
    return std::ranges::all_of(keyword, [&](char c) { return (*d.start)[static_cast<unsigned char>(c)]; })
               ? Value::behind
               : Value::near;
  }
  if (!d.before) return Value::there;
  return d.within_keyword ? Value::near : Value::behind;
}

// Whether an expression matches less than all of a keyword.
bool matches_within(const Pattern& before, std::string_view keyword) {
  auto run = before.begin();
  for (std::size_t i = 0; i + 1 < keyword.size() && !run.matched(); ++i)
    before.advance(run, keyword.substr(i, 1));
  return run.matched();
}

// Texts are in the order of their fronts, and compared only where these are equal.
std::uint64_t front_of(std::string_view text) {
  std::uint64_t front = 0;
  std::memcpy(&front, text.data(), std::min(text.size(), sizeof front));
  if constexpr (std::endian::native == std::endian::little) front = __builtin_bswap64(front);
  return front;
}

// By keyword and detector. Texts that are not the detectors' go to `texts`.
std::vector<Wanted> wanted_of(std::span<const Detector> detectors, std::deque<std::string>& texts) {
  std::vector<Wanted> all;
  const auto want = [&](std::string_view text, bool any_case, const DetectorSet::Use& use,
                        const Detector& d) {
    const auto value = use.keyword ? value_of(d, text) : Keywords::Keyword::Value::behind;
    if (any_case && std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; }))
      text = texts.emplace_back(text::lower(text));
    all.push_back({text, any_case, d.spec.inside_words, use, value, front_of(text)});
  };
  for (std::uint16_t i = 0; i < detectors.size(); ++i) {
    const auto& d = detectors[i];
    for (const auto& keyword : d.spec.keywords)
      want(keyword, d.spec.any_case || d.near, {i, true, d.near}, d);
    for (const auto& word : d.spec.words) want(word, true, {i, false, true}, d);
  }
  std::ranges::stable_sort(all, {}, &Wanted::key);
  return all;
}

}  // namespace

Result<Detector> Detector::compile(const catalog::Detector& spec, SharedPatterns& shared) {
  Detector d;
  d.spec = spec;
  TRY(d.value, Pattern::compile(spec.pattern, spec.any_case));
  if (!spec.before.empty()) {
    TRY(d.before, Pattern::compile(spec.before, spec.any_case));
    d.within_keyword =
        std::ranges::any_of(spec.keywords, [&](const auto& k) { return matches_within(*d.before, k); });
  }
  if (!spec.after.empty()) {
    auto& pattern = shared[after_key(spec)];
    if (!pattern) {
      TRY(auto compiled, Pattern::compile(spec.after));
      pattern = std::make_shared<const Pattern>(std::move(compiled));
    }
    d.after = pattern;
  }
  for (const auto& expression : spec.reject) {
    auto& pattern = shared[expression];
    if (!pattern) {
      TRY(auto compiled, Pattern::compile(expression, true));
      pattern = std::make_shared<const Pattern>(std::move(compiled));
    }
    d.reject.push_back(pattern);
  }
  TRY_VOID(d.finish());
  return d;
}

void Detector::append_compiled(std::string& out, std::set<const Pattern*>& written) const {
  value.append_to(out);
  if (before) {
    before->append_to(out);
    out += within_keyword ? '\1' : '\0';
  }
  if (after && written.insert(after.get()).second) after->append_to(out);
  for (const auto& pattern : reject)
    if (written.insert(pattern.get()).second) pattern->append_to(out);
}

Result<Detector> Detector::load(const catalog::Detector& spec, std::string_view& compiled,
                                SharedPatterns& shared, Pattern::Unpack unpack) {
  Detector d;
  d.spec = spec;
  TRY(d.value, Pattern::take_from(compiled, unpack));
  if (!spec.before.empty()) {
    TRY(d.before, Pattern::take_from(compiled, unpack));
    if (compiled.empty()) return fail(Code::corrupt, "the compiled detectors are damaged");
    d.within_keyword = compiled.front() != '\0';
    compiled.remove_prefix(1);
  }
  if (!spec.after.empty()) {
    auto& pattern = shared[after_key(spec)];
    if (!pattern) {
      TRY(auto taken, Pattern::take_from(compiled, unpack));
      pattern = std::make_shared<const Pattern>(std::move(taken));
    }
    d.after = pattern;
  }
  for (const auto& expression : spec.reject) {
    auto& pattern = shared[expression];
    if (!pattern) {
      TRY(auto taken, Pattern::take_from(compiled, unpack));
      pattern = std::make_shared<const Pattern>(std::move(taken));
    }
    d.reject.push_back(pattern);
  }
  TRY_VOID(d.finish());
  return d;
}

Result<> Detector::finish() {
  klass = class_of(spec.klass);
  near = spec.where == "near";
  if (value.matches_nothing()) return fail(Code::invalid, "the pattern must not match nothing", "pattern");
  if (!spec.start.empty()) {
    TRY(start, parse_byte_class(spec.start, spec.any_case));
  }
  if (after && after->longest() > kMostAfter)
    return fail(Code::invalid, fmt::format("it must match at most {} bytes", kMostAfter), "after");
  TRY(check, Check::make(spec.check));
  if (!spec.rule.empty()) {
    TRY(members, Members::make(spec.rule, spec.members));
  }
  confidence = confidence_of(spec.confidence);
  with_words = spec.with_words.empty() ? confidence : confidence_of(spec.with_words);
  check_failed = failed_check_of(spec, confidence ? confidence : with_words);
  if (spec.keywords.empty() == spec.trigger.empty())
    return fail(Code::invalid, "it needs keywords or a trigger, and not both", "keywords");
  for (const auto& keyword : spec.keywords)
    if (keyword.size() < 3 || keyword.size() > 255)
      return fail(Code::invalid, fmt::format("the keyword '{}' must have 3 to 255 bytes", keyword),
                  "keywords");
  return {};
}

std::pair<std::vector<Keywords::Keyword>, std::vector<std::vector<DetectorSet::Use>>> DetectorSet::keywords()
    const {
  std::pair<std::vector<Keywords::Keyword>, std::vector<std::vector<Use>>> out;
  std::deque<std::string> texts;
  const auto all = wanted_of(detectors_, texts);
  for (auto wanted = all.begin(); wanted != all.end();) {
    Keywords::Keyword keyword{std::string(wanted->text), wanted->any_case, wanted->inside_words};
    keyword.ends_word = true;
    auto& uses = out.second.emplace_back();
    for (const auto key = wanted->key(); wanted != all.end() && wanted->key() == key; ++wanted) {
      const auto& use = wanted->use;
      if (uses.empty() || uses.back().detector != use.detector) uses.push_back({use.detector, false, false});
      uses.back().keyword |= use.keyword;
      uses.back().word |= use.word;
      keyword.value = std::max(keyword.value, wanted->value);
      keyword.ends_word = keyword.ends_word && (!use.keyword || detectors_[use.detector].near);
    }
    out.first.push_back(std::move(keyword));
  }
  out.first.push_back({std::string(Pass::kQuotedPrintable), true});
  out.second.emplace_back();
  return out;
}

void DetectorSet::add(Detector detector) {
  const auto number = static_cast<std::uint16_t>(detectors_.size());
  if (detector.spec.trigger == "digits") digits_.push_back(number);
  if (detector.spec.trigger == "at-sign") at_sign_.push_back(number);
  if (detector.spec.trigger == "long-word") long_words_.push_back(number);
  detectors_.push_back(std::move(detector));
  const auto& start = detectors_.back().start;
  if (!start) return;
  auto alike = std::ranges::find(alike_starts_, *start, &AlikeStarts::start);
  if (alike == alike_starts_.end()) alike = alike_starts_.insert(alike, {*start, 0, {}});
  for (const auto& keyword : detectors_.back().spec.keywords)
    alike->longest = std::max(alike->longest, keyword.size());
  const auto before = [this](std::uint16_t i) {
    const auto& spec = detectors_[i].spec;
    return std::pair(std::string_view(spec.before), spec.any_case);
  };
  const auto same = std::ranges::find(alike->detectors, before(number),
                                      [&](const auto& those) { return before(those.front()); });
  if (same == alike->detectors.end())
    alike->detectors.push_back({number});
  else
    same->push_back(number);
}

Result<DetectorSet> DetectorSet::make(std::span<const catalog::Detector> specs,
                                      std::span<const catalog::Damper> dampers) {
  DetectorSet set;
  TRY(set.damping_, Damping::make(dampers));
  SharedPatterns shared;
  for (const auto& spec : specs) {
    auto detector = Detector::compile(spec, shared);
    if (!detector) {
      auto& error = detector.error();
      error.where = fmt::format("detector {}{}{}", spec.id, error.where.empty() ? "" : ", ", error.where);
      return std::unexpected(std::move(error));
    }
    set.add(std::move(*detector));
  }
  auto [keywords, uses] = set.keywords();
  TRY(auto compiled, Keywords::compile(std::move(keywords)));
  set.passes_.push_back({std::move(compiled), std::move(uses)});
  return set;
}

Result<> DetectorSet::join(DetectorSet other) {
  constexpr std::size_t most = 0xffff;
  if (detectors_.size() + other.detectors_.size() > most)
    return fail(Code::too_large, "these are more detectors than run together");
  const auto first = static_cast<std::uint16_t>(detectors_.size());
  for (auto& pass : other.passes_) {
    for (auto& uses : pass.uses)
      for (auto& use : uses) use.detector = static_cast<std::uint16_t>(use.detector + first);
    passes_.push_back(std::move(pass));
  }
  for (auto& detector : other.detectors_) {
    detector.own = true;
    add(std::move(detector));
  }
  return {};
}

void DetectorSet::narrow(std::string_view id, const Members& members) {
  for (auto& detector : detectors_)
    if (detector.spec.id == id) detector.members = members;
}

// The magic, the size of the first pass and what it has compiled, then the expressions of each detector.
Result<std::string> DetectorSet::compiled() const {
  TRY(const auto keywords, passes_.front().keywords.serialise());
  std::string out(kMagic);
  const std::uint64_t size = keywords.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += keywords;
  std::set<const Pattern*> written;
  for (const auto& detector : detectors_) detector.append_compiled(out, written);
  return out;
}

Result<DetectorSet> DetectorSet::load(std::span<const catalog::Detector> specs,
                                      std::span<const catalog::Damper> dampers, std::string_view compiled,
                                      Pattern::Unpack unpack) {
  const auto broken = [] { return fail(Code::corrupt, "the compiled detectors are damaged"); };
  std::uint64_t size = 0;
  if (!compiled.starts_with(kMagic) || compiled.size() < kMagic.size() + sizeof size) return broken();
  std::memcpy(&size, compiled.data() + kMagic.size(), sizeof size);
  compiled.remove_prefix(kMagic.size() + sizeof size);
  if (size > compiled.size()) return broken();
  DetectorSet set;
  const auto of_keywords = compiled.substr(0, size);
  compiled.remove_prefix(size);
  TRY(set.damping_, Damping::make(dampers));
  SharedPatterns shared;
  for (const auto& spec : specs) {
    TRY(auto detector, Detector::load(spec, compiled, shared, unpack));
    set.add(std::move(detector));
  }
  if (!compiled.empty()) return broken();
  auto [keywords, uses] = set.keywords();
  TRY(auto loaded, Keywords::load(std::move(keywords), of_keywords));
  set.passes_.push_back({std::move(loaded), std::move(uses)});
  return set;
}

}  // namespace ostiary::inspect
