#include "inspect/stream.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "inspect/impl/piecewise.h"

namespace ostiary::inspect {

namespace {

constexpr std::uint64_t kBefore = 64;  // of the text that a fingerprint is made from

bool goes_on_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::vector<bool> detectors_of(const Engine& engine, std::span<const std::string> classes) {
  std::vector<bool> out;
  for (const auto& detector : engine.detectors().detectors())
    out.push_back(std::ranges::find(classes, detector.spec.data_class) != classes.end());
  return out;
}

StreamInspecting::StreamInspecting(const Engine& engine, Overlap overlap)
    : engine_(engine),
      overlap_(overlap),
      whole_(engine),
      text_(std::make_unique<Piecewise>(engine, whole_, 0)) {}

StreamInspecting::~StreamInspecting() = default;

void StreamInspecting::begin(std::shared_ptr<const std::vector<bool>> held) {
  held_ = std::move(held);
  text_->begin(held_.get());
  open_.clear();
  out_ = told_ = expired_ = 0;
  count_ = 0;
  last_ = false;
}

bool StreamInspecting::gave_up() const {
  return text_->gave_up() || count_ > kMostFindings;
}

bool StreamInspecting::holds() const {
  return out_ < text_->end();
}

void StreamInspecting::feed(std::string_view bytes, bool last) {
  last_ = last;
  const auto first = open_.empty() ? out_ : std::min(out_, open_.front().start);
  text_->keep(first > kBefore ? first - kBefore : 0);
  text_->feed(bytes, last);
  take();
  if (!last && text_->end() - std::max(text_->settled(), out_) > kMostHeld) expire();
}

void StreamInspecting::take() {
  auto found = text_->take();
  if (found.empty()) return;
  std::erase_if(found, [&](const Candidate& c) { return c.end <= told_; });
  open_.insert(open_.end(), found.begin(), found.end());
  const auto order = [](const Candidate& c) {
    return std::tuple(c.start, c.end, c.detector, c.confidence, c.checksum);
  };
  std::ranges::sort(open_, {}, order);
  const auto same = std::ranges::unique(open_, {}, order);
  open_.erase(same.begin(), same.end());
}

void StreamInspecting::expire() {
  expired_ = std::max(expired_, whole_to(text_->end()));
}

// The end of the last whole character at or before `at`.
std::uint64_t StreamInspecting::whole_to(std::uint64_t at) const {
  constexpr std::uint64_t most = 3;
  const auto byte = [&](std::uint64_t place) {
    return static_cast<unsigned char>(text_->text(place, place + 1).front());
  };
  if (at < text_->end()) {
    auto to = at;
    while (to > out_ && at - to < most && (byte(to) & 0xc0) == 0x80) --to;
    return to;
  }
  for (std::uint64_t back = 1; !last_ && back <= most && at >= out_ + back; ++back) {
    const auto c = byte(at - back);
    if ((c & 0xc0) == 0x80) continue;
    const std::uint64_t size = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return size > back ? at - back : at;
  }
  return at;
}

void StreamInspecting::give(Span& span, std::uint64_t start, std::uint64_t stop) {
  span.start = start, span.end = stop;
  span.text = text_->text(start, stop);
  out_ = stop;
}

std::vector<Finding> StreamInspecting::findings_of(std::vector<Candidate> cluster) {
  const auto base = text_->known_from();
  const auto known = text_->text(base, text_->end());
  const auto& allow = engine_.allow();
  const auto now = allow.empty() ? WallMs{0} : wall_now();
  const auto place = [&](const Candidate& c) {
    return AllowRules::Place{
        engine_.detectors().detectors()[c.detector].spec.id, known, c.start - base, {}, {}};
  };
  std::erase_if(cluster, [&](const Candidate& c) { return allow.of_place(place(c), now); });
  std::map<std::string_view, std::vector<Candidate>> groups;
  for (const auto& c : cluster)
    groups[overlap_ == Overlap::one
               ? std::string_view()
               : std::string_view(engine_.detectors().detectors()[c.detector].spec.data_class)]
        .push_back(c);
  std::vector<Candidate> kept;
  for (auto& [name, group] : groups) {
    resolve(group);
    kept.insert(kept.end(), group.begin(), group.end());
  }
  std::ranges::sort(kept, {}, [](const Candidate& c) { return std::tuple(c.start, c.end, c.detector); });
  std::vector<Finding> findings;
  for (auto c : kept) {
    const auto at = place(c);
    c.start -= base, c.end -= base;
    auto finding = finding_of(engine_, c, known);
    if (allow.of_value(at, known.substr(c.start, c.end - c.start), finding.fingerprint, now)) continue;
    findings.push_back(std::move(finding));
    findings.back().location.start += base;
    findings.back().location.end += base;
  }
  count_ += findings.size();
  return findings;
}

// The findings that overlap the first one, once no other will.
bool StreamInspecting::take_cluster(Span& span) {
  const auto settled = text_->settled();
  auto start = open_.front().start, stop = open_.front().end;
  std::size_t size = 1;
  for (; size < open_.size() && open_[size].start < stop; ++size) stop = std::max(stop, open_[size].end);
  if (stop > settled) return false;
  span.findings = findings_of({open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(size)});
  open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(size));
  told_ = stop;
  span.begun = start < out_;
  while (stop < text_->end() && goes_on_character(text_->text(stop, stop + 1).front())) ++stop;
  give(span, out_, std::max(stop, out_));  // with the front of a character that it cuts
  return true;
}

bool StreamInspecting::next_settled(Span& span) {
  const auto settled = text_->settled();
  if (!open_.empty() && open_.front().start < settled) {
    const auto start = whole_to(open_.front().start);
    if (start <= out_) return take_cluster(span);
    give(span, out_, start);
    return true;
  }
  const auto to = whole_to(settled);
  if (to <= out_) return false;
  give(span, out_, to);
  return true;
}

bool StreamInspecting::next(Span& span) {
  span = {};
  if (gave_up()) return false;
  if (next_settled(span)) return true;
  if (expired_ <= out_) return false;
  give(span, out_, expired_);
  span.unread = true;
  return true;
}

}  // namespace ostiary::inspect
