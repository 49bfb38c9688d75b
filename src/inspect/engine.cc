#include "inspect/engine.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <span>
#include <tuple>

#include "base/hash.h"
#include "inspect/impl/lines.h"
#include "inspect/impl/marks.h"
#include "inspect/impl/own_findings.h"

namespace ostiary::inspect {

namespace {

constexpr std::size_t kMostEscaped = 4096;
constexpr std::size_t kMostTogether = 64 * 1024;  // of a line with many escapes
constexpr std::size_t kMostQuoted = 32 * 1024;    // of quoted-printable that is read at once

bool better(const Candidate& a, const Candidate& b) {
  if (a.confidence != b.confidence) return a.confidence > b.confidence;
  if (a.end - a.start != b.end - b.start) return a.end - a.start > b.end - b.start;
  if (a.start != b.start) return a.start < b.start;
  if (a.own != b.own) return a.own;  // says more of the same
  return a.detector < b.detector;
}

// Runs that are lines of one encoding become one.
std::vector<Scanner::Encoded> joined_lines(std::string_view text, const std::vector<Scanner::Encoded>& runs) {
  std::vector<Scanner::Encoded> out;
  for (const auto& run : runs) {
    if (!out.empty() && out.back().end < run.start) {
      const auto between = text.substr(out.back().end, run.start - out.back().end);
      const bool blank = between.size() <= 40 && between.find('\n') != std::string_view::npos &&
                         between.find_first_not_of(" \t\r\n") == std::string_view::npos;
      // Looked for within the run, so that a text of one line is not walked over for each.
      const auto before = text.substr(out.back().start, out.back().end - out.back().start);
      if (blank && before.size() - (before.rfind('\n') + 1) >= kLongLine) {
        out.back().end = run.end;
        continue;
      }
    }
    out.push_back(run);
  }
  return out;
}

bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

// Where the line begins, or what is near of a long one. Looks at no other line, whichever ends they have.
std::size_t line_start(std::string_view text, std::size_t at) {
  auto start = at;
  while (start > 0 && at - start < kMostEscaped && !ends_line(text[start - 1])) --start;
  return start;
}

// Where it ends, at most `most` bytes on.
std::size_t line_end(std::string_view text, std::size_t at, std::size_t most) {
  const auto behind = text.substr(at, most);
  return at + static_cast<std::size_t>(std::ranges::find_if(behind, ends_line) - behind.begin());
}

// Whether the line that goes on in the next at its end is as long as those of quoted-printable; where it
// begins.
std::optional<std::size_t> long_line_to(std::string_view text, std::size_t soft_break) {
  constexpr std::size_t least_line = 40, most_line = 80;
  const auto from = soft_break - std::min(soft_break, most_line + 1);
  const auto before = text.substr(from, soft_break - from);
  const auto line = from + before.rfind('\n') + 1;
  if (before.rfind('\n') == std::string_view::npos && from > 0) return std::nullopt;
  if (soft_break - line < least_line || soft_break - line > most_line || before.back() == '=')
    return std::nullopt;
  return line;
}

// Where quoted-printable may begin at or behind `from`, the text's size: nowhere. `said` and `breaks` lose
// what stands before.
std::size_t quoted_printable_from(std::string_view text, std::size_t from,
                                  std::span<const std::uint64_t>& said,
                                  std::span<const std::uint64_t>& breaks) {
  while (!said.empty() && said.front() < from) said = said.subspan(1);
  const auto at = said.empty() ? text.size() : said.front();
  for (; !breaks.empty() && breaks.front() < at; breaks = breaks.subspan(1))
    if (const auto line = long_line_to(text, breaks.front()); line && breaks.front() > from)
      return std::max(*line, from);
  return at;
}

// Tells the same value at the same kind of place again and gives nobody the value: of the value's hash it has
// 24 bits, of the text before it on its line the rest.
std::string fingerprint(const Detector& detector, std::string_view value, std::string_view line) {
  const auto of_value = sha256(fmt::format("{}\n{}", detector.spec.type, value));
  const auto of_place = sha256(fmt::format("{}\n{}", detector.spec.type, line));
  return hex(std::span(of_value).first(3)) + hex(std::span(of_place).first(5));
}

std::string_view before_on_line(std::string_view text, std::size_t at) {
  constexpr std::size_t most = 64;
  const auto before = text.substr(at < most ? 0 : at - most, std::min(at, most));
  return before.substr(before.rfind('\n') + 1);
}

}  // namespace

void resolve(std::vector<Candidate>& candidates) {
  std::ranges::sort(candidates, better);
  std::vector<Candidate> kept;
  std::set<std::pair<std::uint64_t, std::uint64_t>> taken;  // by end
  for (const auto& c : candidates) {
    const auto next = taken.upper_bound({c.start, std::numeric_limits<std::uint64_t>::max()});
    if (next != taken.end() && next->second < c.end) continue;
    taken.emplace(c.end, c.start);
    kept.push_back(c);
  }
  std::ranges::sort(kept, {}, &Candidate::start);
  candidates = std::move(kept);
}

std::string masked(std::string_view value) {
  constexpr std::size_t most = 4, share = 8;
  auto shown = std::min(most, value.size() / share);
  while (shown > 0 && (static_cast<unsigned char>(value[shown]) & 0xc0) == 0x80) --shown;
  std::string out;
  for (const char c : value.substr(0, shown)) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return fmt::format("{}… ({} bytes)", out, value.size());
}

Inspecting::Inspecting(const Engine& engine) : engine_(engine) {}

void Inspecting::look_behind(const Decoded& decoded, std::uint64_t at, int depth,
                             std::vector<Candidate>& found) {
  const auto told = traces_.size();
  const auto within = look(decoded.text(), depth + 1);
  for (auto trace = traces_.begin() + static_cast<std::ptrdiff_t>(told); trace != traces_.end(); ++trace) {
    const auto span = decoded.original(trace->start, trace->end);
    trace->start = at + span.start;
    trace->end = at + span.end;
  }
  for (auto inner : within) {
    const auto span = decoded.original(inner.start, inner.end);
    inner.start = at + span.start;
    inner.end = at + span.end;
    found.push_back(inner);
  }
}

Scanner& Inspecting::scan(std::string_view text, int depth) {
  while (scanners_.size() <= static_cast<std::size_t>(depth))
    scanners_.push_back(std::make_unique<Scanner>(engine_.detectors()));
  auto& scanner = *scanners_[static_cast<std::size_t>(depth)];
  scanner.begin(steps_left_);
  std::vector<Trace> traces;
  scanner.observe(explaining_ ? &traces : nullptr);
  scanner.scan(text, 0, true);
  traces_.insert(traces_.end(), traces.begin(), traces.end());
  steps_left_ -= std::min(steps_left_, scanner.steps());
  gave_up_ = gave_up_ || scanner.gave_up();
  return scanner;
}

// Runs of base64 and of hexadecimal digits that the scanner of that depth has met.
void Inspecting::look_into_encoded(std::string_view text, int depth, std::vector<Candidate>& found) {
  const auto& scanner = *scanners_[static_cast<std::size_t>(depth)];
  for (const auto& run : joined_lines(text, scanner.base64_runs())) {
    const auto encoded = text.substr(run.start, run.end - run.start);
    auto decoded = decode_hex(encoded);
    if (!decoded) decoded = decode_base64(encoded);
    if (decoded) look_behind(*decoded, run.start, depth, found);
    if (gave_up_) return;
  }
}

void Inspecting::look_into_quoted_printable(std::string_view text, int depth, std::vector<Candidate>& found) {
  // The scanner that knows them is used for what is decoded.
  const auto& scanner = *scanners_[static_cast<std::size_t>(depth)];
  if (scanner.soft_breaks().empty() && scanner.quoted_printable().empty()) return;
  const auto all_said = scanner.quoted_printable(), all_breaks = scanner.soft_breaks();
  std::span<const std::uint64_t> said(all_said), breaks(all_breaks);
  for (std::size_t at = 0; !gave_up_;) {
    at = quoted_printable_from(text, at, said, breaks);
    if (at >= text.size()) return;
    const auto part = text.substr(at, kMostQuoted);
    if (const auto decoded = decode_quoted_printable(part)) look_behind(*decoded, at, depth, found);
    at += part.size();
  }
}

// `escapes`: offsets of a text in which `part` begins at `base`, those of the part.
void Inspecting::look_into_escapes(std::string_view part, std::uint64_t base,
                                   const std::vector<std::uint64_t>& escapes, int depth,
                                   std::vector<Candidate>& found) {
  // The scanner that knows them is used for what is decoded.
  const auto all = escapes;
  for (std::size_t i = 0; i < all.size() && !gave_up_;) {
    // What may be one value. Escapes that stand near each other are undone together, each once.
    const auto first = all[i] - base, start = line_start(part, first);
    const auto line = line_end(part, first, kMostTogether);
    auto end = std::min(line, first + kMostEscaped);
    for (++i; i < all.size() && all[i] - base < end; ++i) end = std::min(line, all[i] - base + kMostEscaped);
    if (const auto decoded = decode_escapes(part.substr(start, end - start)))
      look_behind(*decoded, base + start, depth, found);
  }
}

std::vector<Candidate> Inspecting::look(std::string_view text, int depth) {
  const auto& scanner = scan(text, depth);
  auto found = scanner.candidates();
  if (depth >= kDepth || gave_up_) return found;
  look_into_encoded(text, depth, found);
  look_into_escapes(text, 0, scanner.escapes(), depth, found);
  look_into_quoted_printable(text, depth, found);
  return found;
}

// A text in UTF-16 is looked at as what it says, too.
std::vector<Candidate> Inspecting::look_at_all(std::string_view text) {
  if (text.substr(0, 4).find('\0') == std::string_view::npos && !text.starts_with("\xff\xfe") &&
      !text.starts_with("\xfe\xff"))
    return look(text, 0);
  const auto decoded = decode_utf16(text);
  if (!decoded) return look(text, 0);
  // A mark may stand before a text that is none.
  auto found = look(text, 0);
  look_behind(*decoded, 0, -1, found);
  return found;
}

bool Inspecting::look_into_run(std::string_view run, std::uint64_t at, int depth,
                               std::vector<Candidate>& found) {
  begin(run.size());
  auto decoded = decode_hex(run);
  if (!decoded) decoded = decode_base64(run);
  if (decoded) look_behind(*decoded, at, depth, found);
  return !gave_up_;
}

Finding finding_of(const Engine& engine, const Candidate& c, std::string_view text) {
  const auto& d = engine.detectors().detectors()[c.detector];
  const auto value = text.substr(c.start, c.end - c.start);
  Finding finding;
  finding.detector = d.spec.id;
  finding.type = d.spec.type;
  finding.data_class = d.spec.data_class;
  finding.klass = d.klass;
  finding.confidence = c.confidence;
  finding.checksum = c.checksum;
  finding.location.start = c.start, finding.location.end = c.end;
  finding.fingerprint = fingerprint(d, value, before_on_line(text, c.start));
  finding.preview = masked(value);
  return finding;
}

Inspection Inspecting::inspection_of(std::vector<Finding> findings) const {
  Inspection out;
  std::set<std::string> classes;
  for (const auto& finding : findings)
    if (finding.confidence >= Confidence::medium) classes.insert(finding.data_class);
  out.classes.assign(classes.begin(), classes.end());
  out.findings = std::move(findings);
  if (gave_up_) out.partial.push_back("the text is built so that inspecting it would take too long");
  return out;
}

// A whole inspection has one budget, whatever stands encoded in its text.
void Inspecting::begin(std::size_t bytes) {
  gave_up_ = false;
  allowed_.clear();
  if (!engine_.allow().empty()) now_ = wall_now();
  steps_left_ = Scanner::budget(bytes);
}

const Detector& Inspecting::detector_of(const Candidate& candidate) const {
  return engine_.detectors().detectors()[candidate.detector];
}

AllowRules::Place Inspecting::place_of(const Candidate& c, std::string_view text) const {
  return {detector_of(c).spec.id, text, c.start, file_,
          member_at_ ? member_at_(c.start) : std::string_view()};
}

std::vector<Candidate> Inspecting::take_allowed(std::vector<Candidate>& candidates, std::string_view text) {
  std::vector<Candidate> out;
  if (engine_.allow().empty()) return out;
  std::erase_if(candidates, [&](const Candidate& c) {
    if (!engine_.allow().of_place(place_of(c, text), now_)) return false;
    out.push_back(c);
    return true;
  });
  resolve(out);
  return out;
}

void Inspecting::allow(const Candidate& c, std::string_view text, Finding finding) {
  allowed_.push_back({std::move(finding), engine_.allow().of_place(place_of(c, text), now_)});
}

// By a rule that names the value or the finding.
bool Inspecting::is_allowed(const Candidate& c, std::string_view text, const Finding& finding) {
  if (engine_.allow().empty()) return false;
  const auto* rule = engine_.allow().of_value(place_of(c, text), text.substr(c.start, c.end - c.start),
                                              finding.fingerprint, now_);
  if (rule) allowed_.push_back({finding, rule});
  return rule != nullptr;
}

Inspection Inspecting::inspect(std::string_view text, std::string_view file) {
  begin(text.size());
  file_ = file;
  member_at_ = {};
  auto candidates = look_at_all(text);
  const auto accepted = take_allowed(candidates, text);
  const auto all = candidates;
  resolve(candidates);
  std::vector<Finding> findings;
  Lines lines(text), other_lines(text);
  for (const auto& candidate : candidates) {
    auto finding = finding_of(engine_, candidate, text);
    lines.place(finding.location);
    if (!is_allowed(candidate, text, finding)) findings.push_back(std::move(finding));
  }
  for (const auto& candidate : accepted) {
    auto finding = finding_of(engine_, candidate, text);
    other_lines.place(finding.location);
    allow(candidate, text, std::move(finding));
  }
  std::ranges::sort(allowed_, {}, [](const Allowed& a) {
    return std::tuple(a.finding.location.start, a.finding.location.end, std::string_view(a.finding.detector));
  });
  auto inspection = inspection_of(std::move(findings));
  inspection.classes = classes_of(all);
  if (engine_.own_code() != nullptr) add_own_code(text, inspection);
  return inspection;
}

void Inspecting::add_own_code(std::string_view text, Inspection& inspection) const {
  std::set<std::string> classes(inspection.classes.begin(), inspection.classes.end());
  Lines lines(text);
  for (auto& finding : own_findings(*engine_.own_code(), text)) {
    lines.place(finding.location);
    if (finding.confidence >= Confidence::medium) classes.insert(finding.data_class);
    inspection.findings.push_back(std::move(finding));
  }
  std::ranges::stable_sort(inspection.findings, {}, [](const Finding& f) { return f.location.start; });
  inspection.classes.assign(classes.begin(), classes.end());
}

// None is hidden by a surer finding of another; what overlaps something accepted gives none.
std::vector<std::string> Inspecting::classes_of(const std::vector<Candidate>& candidates) const {
  std::vector<std::uint64_t> furthest;  // end of the accepted ones so far
  for (const auto& [finding, rule] : allowed_)
    furthest.push_back(std::max(furthest.empty() ? 0 : furthest.back(), finding.location.end));
  const auto accepted = [&](const Candidate& c) {
    const auto behind = std::ranges::lower_bound(allowed_, c.end, {},
                                                 [](const Allowed& a) { return a.finding.location.start; });
    return behind != allowed_.begin() &&
           furthest[static_cast<std::size_t>(behind - allowed_.begin()) - 1] > c.start;
  };
  std::set<std::string> classes;
  for (const auto& c : candidates)
    if (c.confidence >= Confidence::medium && !accepted(c)) classes.insert(detector_of(c).spec.data_class);
  return {classes.begin(), classes.end()};
}

}  // namespace ostiary::inspect
