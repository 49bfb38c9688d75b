#include "policy/document.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/hash.h"
#include "base/text.h"
#include "policy/impl/reader.h"
#include "policy/impl/values.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kLongestText = 4000;
constexpr std::size_t kMostNodes = 1'000'000;

}  // namespace

void Findings::add(Severity severity, std::string_view check, std::string message, Place place) {
  if (severity == Severity::error) ++errors;
  if (all.size() >= kMost)
    ++more;
  else
    all.push_back({severity, std::string(check), std::move(message), place});
}

void Findings::sort() {
  std::ranges::sort(all, {}, [](const Finding& f) { return std::tie(f.place, f.check, f.message); });
}

bool ValueList::holds(std::string_view text) const {
  const auto at =
      std::ranges::lower_bound(exact, text, {}, [](const std::string& s) { return std::string_view(s); });
  if (at != exact.end() && *at == text) return true;
  return std::ranges::any_of(globs, [&](const std::string& glob) { return text::glob(glob, text); });
}

const Heading* Document::heading(std::string_view anchor) const {
  const auto at = std::ranges::find(headings, anchor, &Heading::anchor);
  return at == headings.end() ? nullptr : &*at;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

void arrange(ValueList& list, std::vector<std::string> texts) {
  for (auto& text : texts) (is_glob(text) ? list.globs : list.exact).push_back(std::move(text));
  for (auto* part : {&list.exact, &list.globs}) {
    std::ranges::sort(*part);
    part->erase(std::ranges::unique(*part).begin(), part->end());
  }
}

std::optional<yaml::Node> BlockReader::parse(std::string_view yaml) {
  auto root =
      yaml::parse(yaml, "", {.max_bytes = r_.limits.max_bytes, .max_depth = 64, .max_nodes = kMostNodes});
  if (root) return std::move(*root);
  const auto [line, column] = numbers_of(root.error().where);
  error("yaml", root.error().message, {line + line_ - 1, column + indent_});
  return std::nullopt;
}

std::vector<const yaml::Node*> BlockReader::mappings(const yaml::Node& root, std::string_view what) {
  std::vector<const yaml::Node*> out;
  if (root.kind == Kind::null) return out;
  if (root.kind != Kind::sequence) {
    error("form", fmt::format("the block must be a list; begin each {} with '- '", what), at(root));
    return out;
  }
  for (const auto& item : root.items) {
    if (item.kind == Kind::mapping)
      out.push_back(&item);
    else
      error("form", fmt::format("a {} is names with values, such as 'id: no-secrets'", what), at(item));
  }
  return out;
}

void BlockReader::unknown(const yaml::Member& member, const std::vector<std::string_view>& known,
                          std::string_view where) {
  error("unknown-name",
        fmt::format("{} has no '{}'{}; there are: {}", where, member.name, meant(member.name, known),
                    fmt::join(known, ", ")),
        at(member));
}

std::string BlockReader::text(const yaml::Member& member) {
  if (member.value.kind == Kind::null) return {};
  if (member.value.kind == Kind::scalar && member.value.scalar.size() <= kLongestText)
    return member.value.scalar;
  error("wrong-type", fmt::format("'{}' must be a text of at most {} bytes", member.name, kLongestText),
        at(member.value));
  return {};
}

std::vector<std::string> BlockReader::texts(const yaml::Member& member) {
  std::vector<std::string> out;
  const auto add = [&](const yaml::Node& node) {
    if (node.kind == Kind::scalar && !node.scalar.empty() && node.scalar.size() <= 1000)
      out.push_back(node.scalar);
    else
      error("wrong-type", fmt::format("'{}' must be a list of texts", member.name), at(node));
  };
  if (member.value.kind == Kind::sequence)
    for (const auto& item : member.value.items) add(item);
  else
    add(member.value);
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  r_.values += out.size();
  return out;
}

std::optional<Effect> BlockReader::effect(const yaml::Member& member) {
  const auto effect = parse_effect(member.value.scalar);
  if (!effect || member.value.kind != Kind::scalar)
    error("wrong-value", fmt::format("'{}' must be allow, redact, reroute, ask or deny", member.name),
          at(member.value));
  return effect;
}

std::optional<Mode> BlockReader::mode(const yaml::Member& member) {
  if (member.value.scalar == "enforce") return Mode::enforce;
  if (member.value.scalar == "observe") return Mode::observe;
  error("wrong-value", "'mode' must be enforce or observe", at(member.value));
  return std::nullopt;
}

void BlockReader::front(std::string_view yaml) {
  const auto root = parse(yaml);
  if (!root) return;
  if (root->kind == Kind::null) return;
  if (root->kind != Kind::mapping)
    return error("form", "the front matter must be names with values", at(*root));
  for (const auto& member : root->members) {
    r_.document.front.emplace(member.name, at(member));
    front_member(member);
  }
}

void BlockReader::observed(const yaml::Member& member) {
  if (member.value.kind != Kind::mapping)
    return error("wrong-type", "'observe' takes 'teams' and 'services', each a list", at(member.value));
  for (const auto& part : member.value.members) {
    if (part.name == "teams")
      r_.document.observed_teams = texts(part);
    else if (part.name == "services")
      r_.document.observed_services = texts(part);
    else
      unknown(part, {"teams", "services"}, "'observe'");
  }
}

void BlockReader::front_member(const yaml::Member& member) {
  auto& d = r_.document;
  const std::pair<std::string_view, std::string*> words[] = {
      {"title", &d.title},         {"version", &d.version},   {"owner", &d.owner},
      {"contact", &d.contact},     {"approver", &d.approver}, {"effective", &d.effective},
      {"review-by", &d.review_by},
  };
  for (const auto& [name, into] : words)
    if (member.name == name) {
      *into = text(member);
      if ((name == "effective" || name == "review-by") && !into->empty() &&
          (into->size() != 10 || !parse_moment(*into)))
        error("wrong-value", fmt::format("'{}' must be a date, YYYY-MM-DD", name), at(member.value));
      return;
    }
  if (member.name == "status") {
    const auto word = text(member);
    if (word == "in-force")
      d.status = Status::in_force;
    else if (word != "draft")
      error("wrong-value", "'status' must be draft or in-force", at(member.value));
  } else if (member.name == "default") {
    const auto stance = effect(member);
    if (stance == Effect::redact || stance == Effect::reroute)
      error("wrong-value", "'default' must be allow, ask or deny", at(member.value));
    else if (stance)
      d.stance = *stance;
  } else if (member.name == "mode") {
    if (const auto value = mode(member)) d.mode = *value;
  } else if (member.name == "observe") {
    observed(member);
  } else {
    unknown(member,
            {"title", "version", "status", "owner", "contact", "approver", "effective", "review-by",
             "default", "mode", "observe"},
            "the front matter");
  }
}

namespace {

void read_blocks(Reading& reading, const Outline& outline) {
  // Rules name lists, and tests name facts and rules, wherever they stand.
  for (const auto& fence : outline.fences)
    if (fence.kind == "policy-data") BlockReader(reading, fence).data(fence.content);
  for (const auto& fence : outline.fences)
    if (fence.kind == "policy-data") BlockReader(reading, fence).desk(fence.content);
  for (const auto& fence : outline.fences)
    if (fence.kind == "policy") BlockReader(reading, fence).rules(fence.content);
  for (const auto& fence : outline.fences) {
    if (fence.kind == "policy-test")
      BlockReader(reading, fence).cases(fence.content);
    else if (fence.kind != "policy" && fence.kind != "policy-data")
      reading.findings.error(
          "unknown-block",
          fmt::format("there are no blocks '{}'; there are policy, policy-data and policy-test",
                      fence.kind.substr(0, 60)),
          fence.place);
  }
}

void check_rules(const Document& document, Findings& findings) {
  std::map<std::string_view, const Rule*> rules;
  for (const auto& rule : document.rules) {
    const auto [at, fresh] = rules.emplace(rule.id, &rule);
    if (!fresh)
      findings.error("duplicate-id",
                     fmt::format("a rule '{}' stands in line {} already; choose another id", rule.id,
                                 at->second->place.line),
                     rule.place);
  }
  for (const auto& rule : document.rules) {
    if (rule.exception_of.empty()) continue;
    const auto of = rules.find(rule.exception_of);
    if (of == rules.end())
      findings.error(
          "dead-reference",
          fmt::format("there is no rule '{}' that this could be an exception of", rule.exception_of),
          rule.exception_place);
    else if (!of->second->exception_of.empty())
      findings.error(
          "dead-reference",
          fmt::format("'{}' is an exception itself; name the rule that it suspends", rule.exception_of),
          rule.exception_place);
  }
  for (const auto& test : document.cases)
    if (test.by)
      for (const auto& id : *test.by)
        if (id != "default" && !rules.contains(id))
          findings.error("dead-reference", fmt::format("there is no rule '{}'", id), test.by_place);
}

void check_links(const Outline& outline, Findings& findings) {
  std::vector<std::string_view> anchors;
  for (const auto& heading : outline.headings) anchors.push_back(heading.anchor);
  std::ranges::sort(anchors);
  for (const auto& link : outline.links)
    if (!std::ranges::binary_search(anchors, std::string_view(link.anchor)))
      findings.warning("dead-reference", fmt::format("no heading has the anchor '#{}'", link.anchor),
                       link.place);
}

}  // namespace

ReadDocument read_document(std::string_view text, const Limits& limits) {
  ReadDocument out;
  if (text.size() > limits.max_bytes) {
    out.findings.error("limit", fmt::format("the document is over {}", text::format_bytes(limits.max_bytes)),
                       {1, 1});
    return out;
  }
  if (!text::is_utf8(text)) {
    std::uint32_t line = 1;
    for (const auto part : text::split(text, '\n')) {
      if (!text::is_utf8(part)) break;
      ++line;
    }
    out.findings.error("encoding", "this line is not UTF-8; save the file as UTF-8", {line, 1});
    return out;
  }
  const std::size_t mark = text.starts_with("\xef\xbb\xbf") ? 3 : 0;  // of the byte order
  text.remove_prefix(mark);
  const auto digest = sha256(text);
  out.document.digest = "sha256:" + hex(digest);
  auto outline = outline_of(text, out.findings);
  Reading reading{.document = out.document, .findings = out.findings, .limits = limits, .lists = {}};
  if (outline.has_front)
    BlockReader(reading, 2).front(outline.front);
  else
    out.findings.error("front-matter", "the front matter is missing; begin with a line '---' and 'title: …'",
                       {1, 1});
  read_blocks(reading, outline);
  check_rules(out.document, out.findings);
  check_links(outline, out.findings);
  out.document.headings = std::move(outline.headings);
  for (auto& heading : out.document.headings)
    for (auto* at : {&heading.begin, &heading.end, &heading.body}) *at += mark;
  out.findings.sort();
  return out;
}

}  // namespace ostiary::policy
