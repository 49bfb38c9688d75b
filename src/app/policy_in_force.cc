#include "app/policy_in_force.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>

#include "app/impl/policy_file.h"
#include "base/file.h"
#include "base/text.h"
#include "json/writer.h"
#include "policy/builtin.h"
#include "policy/check.h"
#include "policy/diff.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kMostTold = 10;
constexpr std::string_view kMagic = "ostiary-policy 1\n";
constexpr std::uint64_t kMostDocument = 16U << 20;

// All errors of a document in one line, the first one's place as the place of all.
std::unexpected<Error> errors_of(const std::string& source, const policy::Findings& findings) {
  std::string message, where;
  std::size_t told = 0;
  for (const auto& f : findings.all) {
    if (f.severity != policy::Severity::error) continue;
    const auto place = fmt::format("{}:{}:{}", source, f.place.line, f.place.column);
    if (told == 0) {
      where = place;
      message = f.message;
    } else if (told < kMostTold) {
      message += fmt::format("; {}: {}", place, f.message);
    }
    ++told;
  }
  if (findings.errors > kMostTold)
    message += fmt::format("; and {} more, which 'ostiary policy check' lists", findings.errors - kMostTold);
  return fail(Code::invalid, std::move(message), std::move(where));
}

}  // namespace

Result<PolicyInForce> read_policy_in_force(const std::string& named, const PolicyInForce& before,
                                           WallMs now) {
  PolicyInForce out;
  out.source = named;
  if (named == "none") return out;
  if (named == "built-in") {
    out.text = std::make_shared<const std::string>(policy::builtin_document());
  } else {
    TRY(auto text, read_policy_text(named));
    out.text = std::make_shared<const std::string>(std::move(text));
  }
  if (before.text && *before.text == *out.text) {
    out.policy = before.policy;
    out.warnings = before.warnings;
    return out;
  }
  auto read = policy::read_document(*out.text);
  if (!read.usable()) return errors_of(named, read.findings);
  out.policy = std::make_shared<const policy::Policy>(std::move(read.document));
  policy::check(*out.policy, now, read.findings);
  if (read.findings.errors > 0) return errors_of(named, read.findings);
  out.warnings = read.findings.all.size() + read.findings.more;
  return out;
}

namespace {

std::string in_one_text(const policy::Rule& rule, const policy::Document& document) {
  std::vector<std::string> obligations;
  for (const auto& obligation : rule.obligations) obligations.push_back(obligation.text());
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", policy::in_words(rule.when, document),
                     policy::name(rule.then), rule.mode ? policy::name(*rule.mode) : "",
                     fmt::join(rule.redact, ","), rule.to, rule.until_text, rule.exception_of,
                     fmt::join(obligations, ","), rule.because, rule.instead);
}

std::string in_one_text(const policy::Document& document) {
  auto out = fmt::format("{}|{}|{}|{}", policy::name(document.stance), policy::name(document.mode),
                         fmt::join(document.observed_teams, ","), fmt::join(document.observed_services, ","));
  for (const auto& [name, index] : document.named_lists) {
    const auto& list = document.lists[index];
    out += fmt::format("|{}:{}:{}", name, fmt::join(list.exact, ","), fmt::join(list.globs, ","));
  }
  for (const auto& fact : document.assumed.all()) policy::append_json(out, fact);
  return out;
}

std::map<std::string, std::string> rules_of(const policy::Policy* policy) {
  std::map<std::string, std::string> out;
  if (policy)
    for (const auto& rule : policy->document().rules)
      out.emplace(rule.id, in_one_text(rule, policy->document()));
  return out;
}

}  // namespace

std::string differences_json(const policy::Policy* before, const policy::Policy* after) {
  const auto was = rules_of(before), is = rules_of(after);
  std::set<std::string> added, changed, removed;
  for (const auto& [id, text] : is) {
    const auto old = was.find(id);
    if (old == was.end())
      added.insert(id);
    else if (old->second != text)
      changed.insert(id);
  }
  for (const auto& [id, text] : was)
    if (!is.contains(id)) removed.insert(id);
  if (before && after && in_one_text(before->document()) != in_one_text(after->document()))
    changed.insert("document");
  std::string out;
  json::Writer w(out);
  w.begin_object();
  for (const auto& [name, ids] : {std::pair{"added", &added}, {"changed", &changed}, {"removed", &removed}}) {
    w.key(name);
    w.begin_array();
    for (const auto& id : *ids) w.string(id);
    w.end_array();
  }
  w.end_object();
  return out;
}

std::string differences_in_words(const policy::Policy* before, const policy::Policy* after) {
  constexpr std::size_t kMostSentences = 50;
  std::vector<std::string> sentences;
  if (before && after) {
    const auto diff = policy::diff(*before, *after);
    for (const auto& shift : diff.shifts) sentences.push_back(shift.text);
    for (const auto& difference : diff.differences) sentences.push_back(difference.text);
  }
  if (sentences.size() > kMostSentences) {
    const auto more = sentences.size() - kMostSentences + 1;
    sentences.resize(kMostSentences - 1);
    sentences.push_back(fmt::format("{} more; 'ostiary policy diff' lists them", more));
  }
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (const auto& sentence : sentences) w.string(sentence);
  w.end_array();
  return out;
}

namespace {

// "sha256:HEX" as the name of a file; nothing where it is no digest.
Result<std::string> file_of(std::string_view digest) {
  constexpr std::string_view kStart = "sha256:";
  const auto digits = digest.substr(std::min(digest.size(), kStart.size()));
  if (!digest.starts_with(kStart) || digits.size() != 64 ||
      digits.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return fail(Code::invalid, "is no digest of a document: sha256: and 64 hexadecimal digits",
                std::string(digest));
  return std::string(digits) + ".md";
}

}  // namespace

Result<std::string> PolicyArchive::last() const {
  auto text = read_file(folder_ + "/in-force", 4096);
  if (!text && text.error().code == Code::not_found) return std::string();
  if (!text) return std::unexpected(text.error());
  if (!text->starts_with(kMagic))
    return fail(Code::invalid, "is of a newer program, or no file of this one", folder_ + "/in-force");
  return std::string(text::trim(std::string_view(*text).substr(kMagic.size())));
}

Result<std::string> PolicyArchive::text_of(std::string_view digest) const {
  TRY(const auto file, file_of(digest));
  return read_file(folder_ + "/" + file, kMostDocument);
}

Result<PolicyInForce> PolicyArchive::last_in_force() const {
  TRY(const auto digest, last());
  if (digest.empty()) return fail(Code::not_found, "no document was in force here", folder_);
  TRY(auto text, text_of(digest));
  auto read = policy::read_document(text);
  if (!read.usable() || read.document.digest != digest)
    return fail(Code::corrupt, "the document that was in force last was changed", folder_);
  PolicyInForce out;
  out.policy = std::make_shared<const policy::Policy>(std::move(read.document));
  out.text = std::make_shared<const std::string>(std::move(text));
  out.source = fmt::format("{}/{}", folder_, file_of(digest).value_or(""));
  return out;
}

Result<> PolicyArchive::keep(const PolicyInForce& document) const {
  if (!document.policy) return {};
  TRY(const auto file, file_of(document.digest()));
  TRY_VOID(make_folder(folder_));
  const auto path = folder_ + "/" + file;
  if (const auto there = read_file(path, kMostDocument); there && *there == *document.text) return {};
  return write_file_atomic(path, *document.text);
}

Result<> PolicyArchive::note_last(const PolicyInForce& document) const {
  TRY_VOID(make_folder(folder_));
  return write_file_atomic(folder_ + "/in-force", std::string(kMagic) + document.digest() + "\n");
}

}  // namespace ostiary::app
