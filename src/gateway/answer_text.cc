#include "gateway/answer_text.h"

#include <algorithm>
#include <utility>

namespace ostiary::gateway {

namespace {

constexpr std::size_t kMostKept = 8;

// What a thread keeps for its answers, made anew where a reload brought another engine. It does not keep the
// engine: what is idle is not used, nor asked anything, once that is gone.
struct Bench {
  std::weak_ptr<const inspect::Engine> engine;
  std::vector<std::unique_ptr<inspect::StreamInspecting>> idle;
  std::unique_ptr<inspect::Inspecting> inspecting;

  void set_up_for(const std::shared_ptr<const inspect::Engine>& wanted) {
    if (engine.lock() == wanted) return;
    idle.clear();
    inspecting.reset();
    engine = wanted;
  }
};
thread_local Bench bench;

// Bytes of a text that become one placeholder.
struct Masked {
  const inspect::Finding* finding = nullptr;
  std::uint64_t start = 0, end = 0;
};

}  // namespace

AnswerRules AnswerRules::make(std::shared_ptr<const inspect::Engine> engine, std::set<std::string> masked,
                              std::uint64_t hold_ms) {
  AnswerRules rules{std::move(engine), std::move(masked), nullptr, hold_ms};
  const std::vector<std::string> classes(rules.masked.begin(), rules.masked.end());
  rules.held = std::make_shared<const std::vector<bool>>(inspect::detectors_of(*rules.engine, classes));
  return rules;
}

void AnswerMasks::note(inspect::Finding finding, std::string_view pointer) {
  if (findings_.size() == kMostFindings) return give_up();
  finding.location.file = "answer";
  finding.location.pointer = pointer;
  findings_.push_back(std::move(finding));
}

void AnswerMasks::place(std::size_t from, std::string_view pointer) {
  for (; from < findings_.size(); ++from) findings_[from].location.pointer = pointer;
}

std::string AnswerMasks::unfinished(std::string_view text, std::string_view pointer) {
  inspect::Finding finding;
  finding.detector = finding.type = "unfinished";
  finding.data_class = "opaque";
  finding.klass = inspect::Class::opaque;
  finding.preview = "… (" + std::to_string(text.size()) + " bytes)";
  auto placeholder = placeholders_->of(finding, text);
  note(std::move(finding), pointer);
  return placeholder;
}

std::unique_ptr<inspect::StreamInspecting> AnswerMasks::take_inspecting() {
  bench.set_up_for(rules_->engine);
  std::unique_ptr<inspect::StreamInspecting> inspecting;
  if (bench.idle.empty()) {
    inspecting = std::make_unique<inspect::StreamInspecting>(*rules_->engine);
  } else {
    inspecting = std::move(bench.idle.back());
    bench.idle.pop_back();
  }
  inspecting->begin(rules_->held);
  return inspecting;
}

void AnswerMasks::give_inspecting(std::unique_ptr<inspect::StreamInspecting> inspecting) {
  if (bench.engine.lock() != rules_->engine || bench.idle.size() == kMostKept) return;
  inspecting->begin();  // forgets the text
  bench.idle.push_back(std::move(inspecting));
}

inspect::Inspecting& AnswerMasks::inspecting() {
  bench.set_up_for(rules_->engine);
  if (!bench.inspecting) bench.inspecting = std::make_unique<inspect::Inspecting>(*rules_->engine);
  return *bench.inspecting;
}

AnswerText::AnswerText(AnswerMasks& masks, bool json, std::string pointer, bool restores)
    : masks_(masks), json_(json), pointer_(std::move(pointer)), inspecting_(masks.take_inspecting()) {
  if (restores) restoring_.begin(masks.placeholders(), json);
}

AnswerText::~AnswerText() {
  masks_.give_inspecting(std::move(inspecting_));
}

void AnswerText::feed(std::string_view text, bool last, std::string& out) {
  constexpr std::size_t at_once = 64 * 1024;
  do {
    const auto part = text.substr(0, at_once);
    text.remove_prefix(part.size());
    take(part, last && text.empty(), out);
  } while (!text.empty());
  if (!last) return;
  if (restoring_.holds()) {
    std::string rest;
    restoring_.finish(rest);
    json_ ? arguments_.plain(rest, out) : void(out += rest);
  }
  if (json_) arguments_.finish(out);
}

// Without a class to be masked a text goes on that cannot be looked at to its end.
void AnswerText::take(std::string_view part, bool last, std::string& out) {
  if (passes_) return plain(part, out);
  if (!masks_.masks()) held_ += part;
  inspecting_->feed(part, last);
  drain(out);
  if (masks_.masks() || !inspecting_->gave_up()) return;
  passes_ = true;
  plain(std::exchange(held_, {}), out);
}

void AnswerText::expire(std::string& out) {
  inspecting_->expire();
  drain(out);
  if (!restoring_.holds()) return;
  std::string rest;
  restoring_.finish(rest);
  json_ ? arguments_.plain(rest, out) : void(out += rest);
}

void AnswerText::pass_over(std::string_view text) {
  std::string unused;
  mute_ = true;
  take(text, false, unused);
  inspecting_->expire();
  drain(unused);
  mute_ = false;
}

void AnswerText::drain(std::string& out) {
  inspect::StreamInspecting::Span span;
  while (inspecting_->next(span)) {
    if (!mute_) give(span, out);
    if (!masks_.masks()) held_.erase(0, span.end - span.start);
  }
  if (inspecting_->gave_up()) masks_.give_up();
}

void AnswerText::plain(std::string_view text, std::string& out) {
  if (text.empty()) return;
  if (!json_) return restoring_.feed(text, out);
  if (restoring_.idle()) return arguments_.plain(text, out);
  std::string given;
  restoring_.feed(text, given);
  arguments_.plain(given, out);
}

void AnswerText::masked(std::string_view text, std::string_view placeholder, std::string& out) {
  if (restoring_.holds()) {
    std::string rest;
    restoring_.finish(rest);
    json_ ? arguments_.plain(rest, out) : void(out += rest);
  }
  if (json_)
    arguments_.masked(text, placeholder, out);
  else
    out += placeholder;
}

void AnswerText::note(const inspect::Finding& finding, const inspect::StreamInspecting::Span& span) {
  const auto [start, end] = std::pair(finding.location.start, finding.location.end);
  const bool in_sight = start >= span.start && end <= span.end && (tells_ != nullptr || heeds_ != nullptr);
  const auto value = in_sight ? span.text.substr(start - span.start, end - start) : std::string_view();
  if (in_sight && heeds_ != nullptr && heeds_->has(finding, value)) return;
  if (in_sight && tells_ != nullptr) tells_->add(finding, value);
  masks_.note(finding, pointer_);
}

void AnswerText::give(const inspect::StreamInspecting::Span& span, std::string& out) {
  if (span.unread) {
    masked(span.text, masks_.unfinished(span.text, pointer_), out);
    masked_to_ = span.end;
    return;
  }
  std::vector<Masked> parts;
  for (const auto& finding : span.findings) {
    note(finding, span);
    if (!masks_.masks(finding)) continue;
    const auto start = finding.location.start, end = finding.location.end;
    if (!parts.empty() && start < parts.back().end)
      parts.back().end = std::max(parts.back().end, end);
    else
      parts.push_back({&finding, start, end});
  }
  auto at = span.start;
  for (const auto& part : parts) {
    const auto from = std::max(part.start, at), to = std::min(std::max(part.end, at), span.end);
    plain(span.text.substr(at - span.start, from - at), out);
    const auto value = span.text.substr(from - span.start, to - from);
    // Where its beginning was held too long, a placeholder stands for that already.
    const bool told = part.start < span.start && masked_to_ == span.start && masked_to_ > 0;
    if (!(told || (from == to && part.start < at)))
      masked(value, masks_.placeholders().of(*part.finding, value), out);
    else if (!value.empty())
      masked(value, {}, out);
    masked_to_ = at = to;
  }
  plain(span.text.substr(at - span.start), out);
}

}  // namespace ostiary::gateway
