#include "inspect/organisation.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "inspect/engine.h"

namespace ostiary::inspect {

namespace {

constexpr std::string_view kCacheMagic = "ostiary-inspection 1\n";
constexpr std::string_view kQuiet = "⟦+⟧";  // keeps other people's scanners from an example

catalog::Detector marker(const catalog::List& list, std::string_view type, std::string_view confidence) {
  catalog::Detector d;
  d.id = list.id, d.name = list.name, d.type = type;
  d.klass = "marker", d.data_class = list.data_class.empty() ? "internal" : list.data_class;
  d.confidence = list.confidence.empty() ? confidence : std::string_view(list.confidence);
  d.any_case = true, d.damped = false;
  return d;
}

catalog::Detector names(const catalog::List& list, std::string_view type) {
  auto d = marker(list, type, "medium");
  d.any_case = list.any_case;
  d.keywords = list.entries, d.literal = true, d.pattern = ".";
  return d;
}

catalog::Detector hosts(const catalog::List& list) {
  auto d = marker(list, "internal-host", "high");
  d.keywords = d.members = list.entries, d.rule = "host";
  d.start = "[A-Za-z0-9._-]";
  d.pattern = R"([a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,8})";
  return d;
}

// RFC 5322 dot-atoms, as far as they are in use.
catalog::Detector addresses(const catalog::List& list) {
  auto d = marker(list, "internal-mail", "high");
  d.keywords = d.members = list.entries, d.rule = "mail";
  d.start = "[A-Za-z0-9._%+@-]";
  d.pattern = R"([a-z0-9._%+-]{1,64}@([a-z0-9-]{1,63}\.){1,8}[a-z0-9-]{2,24})";
  return d;
}

catalog::Detector holders(const catalog::List& list) {
  auto d = names(list, "own-copyright");
  d.with_words = list.confidence.empty() ? "high" : list.confidence;
  d.confidence = "none", d.any_case = true;
  d.words = {"copyright", "(c)", "©", "spdx-filecopyrighttext", "filecopyrighttext"};
  d.within = 100;
  return d;
}

catalog::Detector foreign_copyright(const std::vector<const catalog::List*>& ours) {
  auto d = marker(*ours.front(), "foreign-copyright", "medium");
  d.id = "foreign-copyright", d.name = "Copyright tag of other people's code";
  d.confidence = "medium", d.data_class = "third-party-code";
  d.keywords = {"SPDX-FileCopyrightText:"};
  d.before = R"(SPDX-FileCopyrightText:[ \t]*)";
  d.pattern = R"([^ \t\r\n"\\][^\r\n"\\]{2,200})";
  d.after = R"([\r\n"\\])";
  d.rule = "holder";
  for (const auto* list : ours) d.members.insert(d.members.end(), list->entries.begin(), list->entries.end());
  return d;
}

catalog::Detector of_list(const catalog::List& list) {
  if (list.kind == "hosts") return hosts(list);
  if (list.kind == "mail-domains") return addresses(list);
  if (list.kind == "copyright-holders") return holders(list);
  if (list.kind == "code-names") return names(list, "code-name");
  if (list.kind == "customers") return names(list, "customer");
  return names(list, list.id);
}

std::string without_marks(std::string text) {
  for (auto at = text.find(kQuiet); at != std::string::npos; at = text.find(kQuiet))
    text.erase(at, kQuiet.size());
  return text;
}

void append(std::string& out, std::string_view text) {
  out += fmt::format("{}:", text.size());
  out += text;
}

void append(std::string& out, const std::vector<std::string>& texts) {
  out += fmt::format("{}[", texts.size());
  for (const auto& text : texts) append(out, text);
}

}  // namespace

std::vector<catalog::Detector> own_detectors(const catalog::Organisation& organisation) {
  auto out = organisation.detectors;
  std::vector<const catalog::List*> ours;
  for (const auto& list : organisation.lists) {
    if (list.kind == "copyright-holders") ours.push_back(&list);
    if (list.kind != "owned-licences") out.push_back(of_list(list));
  }
  if (!ours.empty()) out.push_back(foreign_copyright(ours));
  return out;
}

Result<> keep_to_foreign_licences(DetectorSet& set, const catalog::Organisation& organisation) {
  std::vector<std::string> owned;
  for (const auto& list : organisation.lists)
    if (list.kind == "owned-licences") owned.insert(owned.end(), list.entries.begin(), list.entries.end());
  if (owned.empty()) return {};
  TRY(auto members, Members::make("licence", owned));
  set.narrow("spdx-license-identifier", members);
  return {};
}

Result<> check_examples(const DetectorSet& detectors) {
  Scanner scanner(detectors);
  const auto sure = [&](std::size_t number, const std::string& example) {
    scanner.begin();
    scanner.scan(example, 0, true);
    std::vector<Candidate> found;
    for (const auto& c : scanner.candidates())
      if (c.detector == number && c.confidence >= Confidence::medium) found.push_back(c);
    resolve(found);
    return found.size();
  };
  for (std::size_t i = 0; i < detectors.detectors().size(); ++i) {
    const auto& spec = detectors.detectors()[i].spec;
    for (std::size_t n = 0; n < spec.fires.size(); ++n)
      if (const auto found = sure(i, without_marks(spec.fires[n])); found != 1)
        return fail(Code::invalid,
                    fmt::format("example {} must have one value of at least medium confidence; it has {}",
                                n + 1, found),
                    fmt::format("detector {}, fires", spec.id));
    for (std::size_t n = 0; n < spec.silent.size(); ++n)
      if (sure(i, without_marks(spec.silent[n])) != 0)
        return fail(Code::invalid, fmt::format("example {} has a value of at least medium confidence", n + 1),
                    fmt::format("detector {}, silent", spec.id));
  }
  return {};
}

std::string cache_key(std::span<const catalog::Detector> specs, std::string_view program) {
  std::string all;
  append(all, program);
  for (const auto& d : specs) {
    for (const auto* text : {&d.id,           &d.klass,       &d.data_class, &d.type,
                             &d.trigger,      &d.where,       &d.start,      &d.before,
                             &d.pattern,      &d.after,       &d.check.kind, &d.check.weights,
                             &d.check.result, &d.check.table, &d.check.ten,  &d.check.argument,
                             &d.check_failed, &d.confidence,  &d.with_words, &d.rule})
      append(all, *text);
    for (const auto* texts : {&d.keywords, &d.words, &d.reject, &d.members, &d.fires, &d.silent})
      append(all, *texts);
    all += fmt::format("{} {} {} {} {} {} {} {}\n", d.within, d.any_case, d.inside_words, d.damped, d.entropy,
                       d.rarity, d.check.modulus, d.literal);
  }
  return hex(sha256(all));
}

// The magic, the key, the SHA-256 of the rest, the rest.
Result<std::string> to_cache(const DetectorSet& detectors, std::string_view key) {
  TRY(const auto compiled, detectors.compiled());
  return fmt::format("{}{}\n{}\n", kCacheMagic, key, hex(sha256(compiled))) + compiled;
}

Result<DetectorSet> from_cache(std::span<const catalog::Detector> specs, std::string_view key,
                               std::string_view bytes) {
  const auto head = fmt::format("{}{}\n", kCacheMagic, key);
  constexpr std::size_t sum = 64;
  if (!bytes.starts_with(head))
    return fail(Code::newer, "the compiled rules are of another program or folder");
  bytes.remove_prefix(head.size());
  if (bytes.size() <= sum || bytes[sum] != '\n' || hex(sha256(bytes.substr(sum + 1))) != bytes.substr(0, sum))
    return fail(Code::corrupt, "the compiled rules are damaged");
  return DetectorSet::load(specs, {}, bytes.substr(sum + 1));
}

}  // namespace ostiary::inspect
