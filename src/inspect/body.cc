// Inspection of a JSON body.

#include <algorithm>
#include <deque>
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
  parts.reserve(2 * nodes.size());
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

// Shorter strings with escapes are looked at as they are written, too.
constexpr std::uint32_t kLongString = 256;
// Of what a longer one says its beginning and its end are looked at together with what stands around it: a
// member's name says what its value is, and words so far from it as a detector heeds them.
constexpr std::size_t kBeginning = 2048, kEnd = 1024;
constexpr std::size_t kMostReserved = 16 * 1024;

bool is_long(const Part& part) {
  return part.escaped && part.end - part.start >= kLongString;
}

// Some of a body, in which what long strings say stands in place of what is written. The body must outlive
// it, and what is decoded must.
class Excerpt {
 public:
  // `inside`: it begins within what a string says.
  Excerpt(std::string_view body, bool inside) : body_(body), inside_(inside) {}
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  void add(std::uint32_t from, std::uint32_t to) {
    pieces_.push_back({text_.size(), from, nullptr});
    text_ += body_.substr(from, to - from);
  }
  // Bytes of what the string says that begins at `start` of the body. Where they are not its last ones
  // nothing may be added to them.
  void add(const Decoded& decoded, std::uint32_t start, std::size_t from, std::size_t to) {
    if (to < decoded.text().size()) cut_ = text_.size();
    pieces_.push_back({text_.size(), start, &decoded, from});
    text_ += std::string_view(decoded.text()).substr(from, to - from);
  }
  std::string_view text() const { return text_; }
  // Where a byte stands in the body that was not decoded.
  std::optional<std::uint64_t> place(std::uint64_t at) const {
    const auto& piece = piece_at(at);
    return piece.decoded ? std::nullopt : std::optional(piece.original + (at - piece.start));
  }
  // A candidate of text() as one of the body, that cuts no escape. False: it begins where the excerpt does,
  // or ends so, within a string, and may be more or none in the whole of that.
  bool to_body(Candidate& c) const {
    if (inside_ && c.start == 0) return false;
    // What begins with the string is told by what stands before it.
    if (cut_ && c.start > *cut_ && c.end + 1 >= text_.size()) return false;
    const auto& first = piece_at(c.start);
    const auto& last = piece_at(c.end - 1);
    const auto start = first.from + (c.start - first.start), end = last.from + (c.end - last.start);
    c.start = first.original + (first.decoded ? first.decoded->original(start, start + 1).start : start);
    c.end = last.original + (last.decoded ? last.decoded->original(end - 1, end).end : end);
    return true;
  }

 private:
  struct Piece {
    std::uint64_t start = 0, original = 0;
    const Decoded* decoded = nullptr;  // nullptr: it stands as it is written
    std::uint64_t from = 0;            // of what is decoded
  };
  const Piece& piece_at(std::uint64_t at) const {
    return *(std::ranges::upper_bound(pieces_, at, {}, &Piece::start) - 1);
  }
  std::string_view body_;
  bool inside_;
  std::optional<std::size_t> cut_;  // where a string begins that does not end
  std::string text_;
  std::vector<Piece> pieces_;
};

// All of a body but for what stands in the middle of long strings. `decoded`: what these say, by turns.
std::vector<Excerpt> excerpts_of(std::string_view body, const std::vector<Part>& parts,
                                 std::deque<Decoded>& decoded) {
  std::vector<Excerpt> out{{body, false}};
  out.front().reserve(std::min(body.size(), kMostReserved));
  std::uint32_t from = 0;
  for (const auto& part : parts) {
    if (!is_long(part)) continue;
    out.back().add(from, part.start);
    from = part.end;
    const auto& said =
        decoded.emplace_back(decode_json_string(body.substr(part.start, part.end - part.start)));
    const std::string_view text = said.text();
    // Between words, so that no value is cut.
    const auto stop = text.find_first_of(" \n", kBeginning);
    const auto start = text.find_last_of(" \n", text.size() - std::min(text.size(), kEnd));
    if (stop == std::string_view::npos || start == std::string_view::npos || stop >= start) {
      out.back().add(said, part.start, 0, text.size());
      continue;
    }
    out.back().add(said, part.start, 0, stop);
    out.emplace_back(body, true).add(said, part.start, start, text.size());
  }
  out.back().add(from, static_cast<std::uint32_t>(body.size()));
  return out;
}

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
  std::deque<Decoded> long_strings;
  std::vector<Candidate> raw;
  std::vector<std::uint64_t> escapes;  // in what is not decoded
  for (const auto& excerpt : excerpts_of(body.text(), parts, long_strings)) {
    auto in_excerpt = scan(excerpt.text(), 0).candidates();
    for (const auto at : scanners_[0]->escapes())
      if (const auto place = excerpt.place(at)) escapes.push_back(*place);
    look_into_encoded(excerpt.text(), 0, in_excerpt);
    for (auto& candidate : in_excerpt)
      if (excerpt.to_body(candidate)) raw.push_back(candidate);
    if (gave_up_) break;
  }
  std::ranges::sort(raw, {}, &Candidate::start);
  std::vector<Candidate> found;
  auto next = raw.begin();
  auto escape = escapes.begin();
  auto long_string = long_strings.begin();
  for (const auto& part : parts) {
    std::vector<Candidate> here, read;
    for (; next != raw.end() && next->start < part.end; ++next) {
      if (next->end <= part.start) continue;
      auto candidate = *next;
      candidate.start = part.number ? part.start : std::max<std::uint64_t>(candidate.start, part.start);
      candidate.end = part.number ? part.end : std::min<std::uint64_t>(candidate.end, part.end);
      here.push_back(candidate);
    }
    std::vector<std::uint64_t> of_part;
    for (; escape != escapes.end() && *escape < part.end; ++escape)
      if (*escape >= part.start) of_part.push_back(*escape);
    const auto between = body.text().substr(part.start, part.end - part.start);
    // What a string says is the text itself and no level of encoding.
    if (is_long(part)) {
      look_behind(*long_string++, part.start, -1, read);
    } else if (part.escaped) {
      const auto decoded = decode_json_string(between);
      look_behind(decoded, part.start, -1, read);
      settle_escaped(part, decoded, here, read);
    } else if (!of_part.empty()) {
      look_into_escapes(between, part.start, of_part, 0, read);
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
