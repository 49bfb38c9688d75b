#include "inspect/impl/open_starts.h"

#include <algorithm>
#include <bit>

namespace ostiary::inspect {

OpenStarts::OpenStarts(const DetectorSet& set) : set_(set), groups_(set.alike_starts().size()) {
  ends_.resize((groups_.size() + kTogether - 1) / kTogether);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const auto& alike = set.alike_starts()[i];
    longest_ = std::max(longest_, kMostBack + alike.longest);
    for (std::size_t byte = 0; byte < 256; ++byte)
      if (!alike.start[byte]) ends_[i / kTogether][byte] |= std::uint64_t{1} << i % kTogether;
  }
}

void OpenStarts::begin(const std::vector<bool>* heeded) {
  heeded_ = heeded;
  upto_.reset();
}

void OpenStarts::find_heeded() {
  heeded_groups_.assign(ends_.size(), 0);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    groups_[i].heeded = std::ranges::any_of(set_.alike_starts()[i].detectors, [this](const auto& alike) {
      return std::ranges::any_of(alike, [this](auto detector) { return heeds(detector); });
    });
    if (groups_[i].heeded) heeded_groups_[i / kTogether] |= std::uint64_t{1} << i % kTogether;
  }
}

std::uint64_t OpenStarts::follow(const KnownText& known, std::uint64_t least) {
  if (!upto_) find_heeded();
  find_runs(known);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const auto& group = groups_[i];
    // Of a keyword that has begun some bytes may stand there.
    const auto most = kMostBack + set_.alike_starts()[i].longest;
    if (!group.heeded || group.start >= least || known.end() - group.start > most) continue;
    if (!group.begun) begin(i, known);
    least = go_on(i, known, least);
  }
  return least;
}

// Goes back over what has come, until each run has an end or goes on from before.
void OpenStarts::find_runs(const KnownText& known) {
  const auto end = known.end();
  const auto from = upto_.value_or(std::max(known.base, end - std::min(end, longest_ + 1)));
  for (std::size_t first = 0; first < groups_.size(); first += kTogether) {
    const auto& ends = ends_[first / kTogether];
    auto open = heeded_groups_[first / kTogether];
    const auto begins_at = [&](std::uint64_t those, std::uint64_t at) {
      for (open &= ~those; those != 0; those &= those - 1) {
        auto& group = groups_[first + static_cast<std::size_t>(std::countr_zero(those))];
        group.start = at;
        group.begun = false;
      }
    };
    for (auto at = end; at > from && open != 0; --at)
      if (const auto those = ends[known.byte(at - 1)] & open; those != 0) begins_at(those, at);
    if (!upto_) begins_at(open, from);
  }
  upto_ = end;
}

void OpenStarts::begin(std::size_t i, const KnownText& known) {
  auto& group = groups_[i];
  group.begun = true;
  group.open.clear();
  const auto start = group.start;
  const auto& all = set_.alike_starts()[i].detectors;
  for (std::size_t number = 0; number < all.size(); ++number) {
    const auto& first = set_.detectors()[all[number].front()];
    if (first.before && first.before->first()[known.byte(start)]) {
      if (std::ranges::any_of(all[number], [this](auto detector) { return heeds(detector); }))
        group.open.push_back({static_cast<std::uint16_t>(number), std::nullopt, first.before->begin()});
    } else if (first.before ? first.before->matches_nothing() : !known.within_word(start)) {
      for (const auto detector : all[number]) begin_value(group, detector, start, known);
    }
  }
}

void OpenStarts::begin_value(Group& group, std::uint16_t detector, std::uint64_t value,
                             const KnownText& known) {
  const auto& expression = set_.detectors()[detector].value;
  if (!heeds(detector) || (value < known.end() && !expression.first()[known.byte(value)])) return;
  group.open.push_back({detector, value, expression.begin()});
}

std::uint64_t OpenStarts::go_on(std::size_t i, const KnownText& known, std::uint64_t least) {
  auto& open = groups_[i].open;
  const auto start = groups_[i].start;
  for (std::size_t at = 0; at < open.size() && least > start;) {
    if (!go_on(open[at], i, known, least)) {
      open[at] = open.back();
      open.pop_back();
    } else if (least > start) {
      ++at;
    } else {
      std::swap(open[at], open.front());  // which will be asked first next time
    }
  }
  return least;
}

// False: nothing can come of it.
bool OpenStarts::go_on(Open& open, std::size_t i, const KnownText& known, std::uint64_t& least) {
  auto& group = groups_[i];
  auto& run = open.run;
  if (open.value) {
    if (run.open()) set_.detectors()[open.number].value.advance(run, known.from(*open.value + run.length));
    // A value that is whole may still wait for the keyword behind it.
    if (!run.open() && !run.matched()) return false;
    least = std::min(least, *open.value);
    return true;
  }
  const auto& alike = set_.alike_starts()[i].detectors[open.number];
  set_.detectors()[alike.front()].before->advance(run, known.from(group.start + run.length));
  const auto value = group.start + static_cast<std::uint64_t>(std::max(run.longest, 0));
  if (run.open()) {
    if (run.matched()) least = std::min(least, value);
    return true;
  }
  if (run.matched())
    for (const auto detector : alike) begin_value(group, detector, value, known);
  return false;
}

}  // namespace ostiary::inspect
