// Inspection of a JSON body.

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "inspect/engine.h"
#include "inspect/impl/own_findings.h"

namespace ostiary::inspect {

namespace {

// A string between its quotes, be it a value or a member's name, or a number.
struct Part {
  std::uint32_t node = 0;
  std::uint32_t start = 0, end = 0;
  bool name = false, number = false, escaped = false;
};

std::vector<Part> parts_of(const json::Document& body) {
  std::vector<Part> parts;
  const auto& nodes = body.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    if (node.key_end > 0)
      parts.push_back({i, node.key_start + 1, node.key_end - 1, true, false, node.key_escaped});
    if (node.type == json::Type::string)
      parts.push_back({i, node.start + 1, node.end - 1, false, false, node.escaped});
    if (node.type == json::Type::number) parts.push_back({i, node.start, node.end, false, true, false});
  }
  return parts;
}

// Shorter strings with escapes are looked at as they are written, too: what a member's name says of its value
// is written so.
constexpr std::uint32_t kLongString = 256;

bool is_long(const Part& part) {
  return part.escaped && part.end - part.start >= kLongString;
}

// A body in which long strings with escapes stand as what they say, so that each byte is gone over once. The
// body must outlive it.
class ReadBody {
 public:
  ReadBody(std::string_view body, const std::vector<Part>& parts) : body_(body) {
    std::uint32_t from = 0;
    for (const auto& part : parts) {
      if (!is_long(part)) continue;
      if (pieces_.empty()) text_.reserve(body.size());
      add(from, part.start);
      pieces_.push_back({text_.size(), part.start, decode_json_string(between(part))});
      text_ += pieces_.back().decoded->text();
      from = part.end;
    }
    if (!pieces_.empty()) add(from, static_cast<std::uint32_t>(body.size()));
  }
  std::string_view text() const { return pieces_.empty() ? body_ : std::string_view(text_); }
  std::string_view between(const Part& part) const { return body_.substr(part.start, part.end - part.start); }
  // Where what begins at `at` of the body stands in text(), where no long string is cut.
  std::uint64_t place(std::uint64_t at) const {
    if (pieces_.empty()) return at;
    const auto& piece = *(std::ranges::upper_bound(pieces_, at, {}, &Piece::original) - 1);
    return piece.decoded && at > piece.original ? piece.start + piece.decoded->text().size()
                                                : piece.start + (at - piece.original);
  }
  // A candidate of text() as one of the body, that cuts no escape.
  void to_body(Candidate& c) const {
    if (pieces_.empty()) return;
    const auto& first = piece_at(c.start);
    const auto& last = piece_at(c.end - 1);
    const auto start = c.start - first.start, end = c.end - last.start;
    c.start = first.original + (first.decoded ? first.decoded->original(start, start + 1).start : start);
    c.end = last.original + (last.decoded ? last.decoded->original(end - 1, end).end : end);
  }

 private:
  struct Piece {
    std::uint64_t start = 0, original = 0;
    std::optional<Decoded> decoded;  // nothing: it stands as it is written
  };
  void add(std::uint32_t from, std::uint32_t to) {
    pieces_.push_back({text_.size(), from, std::nullopt});
    text_ += body_.substr(from, to - from);
  }
  const Piece& piece_at(std::uint64_t at) const {
    return *(std::ranges::upper_bound(pieces_, at, {}, &Piece::start) - 1);
  }
  std::string_view body_;
  std::string text_;
  std::vector<Piece> pieces_;
};

const Part* part_of(const std::vector<Part>& parts, std::uint64_t at) {
  const auto behind = std::ranges::upper_bound(parts, at, {}, &Part::start);
  return behind != parts.begin() && at < (behind - 1)->end ? &*(behind - 1) : nullptr;
}

bool overlap(const Candidate& a, const Candidate& b) {
  return a.start < b.end && b.start < a.end;
}

// The name of the member whose value a node is, or stands in as an element of arrays; as it is written.
std::string_view member_of(const json::Document& body, std::uint32_t index) {
  while (index != 0 && body.nodes()[index].key_end == 0) index = body.nodes()[index].parent;
  const auto& node = body.nodes()[index];
  if (node.key_end == 0) return {};
  return body.text().substr(node.key_start + 1, node.key_end - node.key_start - 2);
}

// What was read in the bytes of a string with escapes gives way to what its decoded text holds, and is
// widened where it cuts an escape.
void settle_escaped(const Part& part, const Decoded& decoded, std::vector<Candidate>& raw,
                    const std::vector<Candidate>& read) {
  constexpr std::size_t most_pairs = 1u << 20;
  if (raw.size() * read.size() > most_pairs) raw.clear();  // what was read tells enough
  std::erase_if(raw, [&](const Candidate& r) {
    return std::ranges::any_of(
        read, [&](const Candidate& d) { return overlap(r, d) && d.confidence >= r.confidence; });
  });
  for (auto& r : raw) {
    const auto span = decoded.widened({r.start - part.start, r.end - part.start});
    r.start = part.start + span.start;
    r.end = part.start + span.end;
  }
}

// Of the organisation's code in values; offsets are those of the body.
std::vector<std::pair<std::uint32_t, Finding>> own_in(const OwnCode& own_code, const json::Document& body,
                                                      const std::vector<Part>& parts) {
  std::vector<std::pair<std::uint32_t, Finding>> out;
  for (const auto& part : parts) {
    if (part.name || part.number || part.end - part.start < kLeastOwnBytes) continue;
    if (out.size() >= kMostOwnFindings) break;
    const auto between = body.text().substr(part.start, part.end - part.start);
    const auto decoded = part.escaped ? std::optional(decode_json_string(between)) : std::nullopt;
    for (auto& finding : own_findings(own_code, decoded ? decoded->text() : between)) {
      auto& at = finding.location;
      const auto span = decoded ? decoded->original(at.start, at.end) : Decoded::Span{at.start, at.end};
      at.start = part.start + span.start;
      at.end = part.start + span.end;
      out.emplace_back(part.node, std::move(finding));
    }
  }
  return out;
}

// JSON Pointers (RFC 6901) of values that are asked for in the document's order: each container's children
// are walked once.
class Pointers {
 public:
  Pointers(const json::Document& body, const std::set<std::uint32_t>& hidden)
      : body_(body), hidden_(hidden) {}
  std::string of(std::uint32_t index) {
    std::vector<std::uint32_t> path;
    for (; index != 0; index = body_.nodes()[index].parent) path.push_back(index);
    std::string out;
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      const auto& node = body_.nodes()[*step];
      out += '/';
      if (node.key_end > 0)
        out += shown(*step);
      else
        out += std::to_string(position(static_cast<std::size_t>(step - path.rbegin()), node.parent, *step));
    }
    return out;
  }

 private:
  struct Walk {
    std::uint32_t container = 0, child = 0;
    std::uint64_t position = 0;
  };
  std::string_view shown(std::uint32_t index) const {
    constexpr std::size_t most = 64;
    const auto& node = body_.nodes()[index];
    const auto name = body_.text().substr(node.key_start + 1, node.key_end - node.key_start - 2);
    if (name.size() > most || hidden_.contains(index)) return "…";
    const bool usual = std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '-' || c == '.' || c == '$';
    });
    return usual ? name : "…";
  }
  std::uint64_t position(std::size_t depth, std::uint32_t container, std::uint32_t child) {
    if (walks_.size() <= depth) walks_.resize(depth + 1);
    auto& walk = walks_[depth];
    if (walk.child == 0 || walk.container != container || walk.child > child)
      walk = {container, container + 1, 0};
    for (; walk.child < child; ++walk.position) walk.child = body_.nodes()[walk.child].next;
    return walk.position;
  }
  const json::Document& body_;
  const std::set<std::uint32_t>& hidden_;
  std::vector<Walk> walks_;  // by depth
};

}  // namespace

// Candidates each of which stands within one part.
std::vector<Candidate> Inspecting::look_into_body(const json::Document& body) {
  const auto parts = parts_of(body);
  const ReadBody read_body(body.text(), parts);
  const auto text = read_body.text();
  auto raw = scan(text, 0).candidates();
  const auto escapes = scanners_[0]->escapes();
  look_into_encoded(text, 0, raw);
  if (text.size() != body.text().size()) look_into_quoted_printable(text, 0, raw);
  for (auto& candidate : raw) read_body.to_body(candidate);
  std::ranges::sort(raw, {}, &Candidate::start);
  std::vector<Candidate> found;
  auto next = raw.begin();
  auto escape = escapes.begin();
  for (const auto& part : parts) {
    std::vector<Candidate> here, read;
    for (; next != raw.end() && next->start < part.end; ++next) {
      if (next->end <= part.start) continue;
      auto candidate = *next;
      candidate.start = part.number ? part.start : std::max<std::uint64_t>(candidate.start, part.start);
      candidate.end = part.number ? part.end : std::min<std::uint64_t>(candidate.end, part.end);
      here.push_back(candidate);
    }
    const auto start = read_body.place(part.start), end = read_body.place(part.end);
    std::vector<std::uint64_t> of_part;
    for (; escape != escapes.end() && *escape < end; ++escape)
      if (*escape >= start) of_part.push_back(*escape);
    if (part.escaped && !is_long(part)) {
      // What a string says is the text itself and no level of encoding.
      const auto decoded = decode_json_string(read_body.between(part));
      look_behind(decoded, part.start, -1, read);
      settle_escaped(part, decoded, here, read);
    } else if (!of_part.empty()) {
      look_into_escapes(text.substr(start, end - start), start, of_part, 0, read);
      for (auto& candidate : read) read_body.to_body(candidate);
    }
    found.insert(found.end(), here.begin(), here.end());
    found.insert(found.end(), read.begin(), read.end());
  }
  return found;
}

Inspection Inspecting::inspect(const json::Document& body) {
  begin(body.text().size());
  const auto parts = parts_of(body);
  file_ = {};
  member_at_ = [&](std::uint64_t at) {
    const auto* part = part_of(parts, at);
    return part && !part->name ? member_of(body, part->node) : std::string_view();
  };
  auto candidates = look_into_body(body);
  const auto accepted = take_allowed(candidates, body.text());
  std::set<std::uint32_t> hidden;
  std::map<std::string_view, std::vector<Candidate>> by_class;
  for (const auto& candidate : candidates) {
    by_class[detector_of(candidate).spec.data_class].push_back(candidate);
    if (const auto* part = part_of(parts, candidate.start); part && part->name) hidden.insert(part->node);
  }
  std::vector<Candidate> kept;
  for (auto& [klass, of_class] : by_class) {
    resolve(of_class);
    kept.insert(kept.end(), of_class.begin(), of_class.end());
  }
  std::ranges::sort(kept, {}, [](const Candidate& c) { return std::tuple(c.start, c.end, c.detector); });
  const bool too_many = kept.size() > kMostInBody;
  if (too_many) kept.resize(kMostInBody);
  std::vector<Finding> findings;
  Pointers pointers(body, hidden);
  for (const auto& candidate : kept) {
    auto finding = finding_of(engine_, candidate, body.text());
    if (const auto* part = part_of(parts, candidate.start))
      finding.location.pointer = pointers.of(part->node);
    if (!is_allowed(candidate, body.text(), finding)) findings.push_back(std::move(finding));
  }
  for (const auto& candidate : accepted)
    allow(candidate, body.text(), finding_of(engine_, candidate, body.text()));
  member_at_ = {};
  if (engine_.own_code() != nullptr) {
    for (auto& [node, finding] : own_in(*engine_.own_code(), body, parts)) {
      finding.location.pointer = pointers.of(node);
      findings.push_back(std::move(finding));
    }
    std::ranges::stable_sort(findings, {}, [](const Finding& f) { return f.location.start; });
  }
  auto inspection = inspection_of(std::move(findings));
  if (too_many) inspection.partial.push_back("it holds more findings than are told of one body");
  return inspection;
}

}  // namespace ostiary::inspect
