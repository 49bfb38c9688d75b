#include "license/impl/candidates.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace ostiary::license {

namespace {

constexpr std::size_t kMostHits = 6'000'000, kMostPlaces = 16, kMostCompared = 4'000;
constexpr double kLeastSimilar = 0.9;       // of a text whose words are compared
constexpr double kLeastFingerprint = 0.97;  // of the shingles of a fingerprint

struct Hit {
  std::uint32_t at;
  std::uint16_t entry, position;
};

// A place where a text of the index may stand.
struct Place {
  std::size_t entry = 0;
  std::vector<Anchor> anchors;
};

class Search {
 public:
  Search(const Index& index, std::span<const Word> words) : index_(index), words_(words) {}

  Standings run() {
    collect();
    sort_by_entry();
    for (std::size_t entry = 0; entry + 1 < begins_.size(); ++entry) {
      const auto hits = std::span(hits_).subspan(begins_[entry], begins_[entry + 1] - begins_[entry]);
      if (hits.size() < least(entry)) continue;
      if (index_.entries()[entry].kind == TextKind::fingerprint)
        fingerprint(entry, hits);
      else
        places(entry, hits);
    }
    compare();
    choose();
    return std::move(out_);
  }

 private:
  // How many shingles must agree before a text is looked at.
  std::size_t least(std::size_t entry) const {
    const auto& one = index_.entries()[entry];
    if (one.kind == TextKind::fingerprint) return static_cast<std::size_t>(one.shingles * kLeastFingerprint);
    return std::max<std::size_t>(1, one.shingles * (one.words > 100 ? 55U : 35U) / 100);
  }

  void collect() {
    counts_.assign(index_.entries().size() + 1, 0);
    if (words_.size() < kShingle) return;
    for (std::size_t i = 0; i + kShingle <= words_.size(); ++i) {
      const auto hash = shingle([&](std::size_t k) { return words_[i + k].hash; });
      for (const auto& posting : index_.find(hash)) {
        unsorted_.push_back({static_cast<std::uint32_t>(i), posting.text, posting.position});
        ++counts_[posting.text];
      }
      if (unsorted_.size() > kMostHits) {
        out_.cut = true;
        return;
      }
    }
  }

  void sort_by_entry() {
    begins_.assign(counts_.size(), 0);
    for (std::size_t i = 0; i + 1 < counts_.size(); ++i) begins_[i + 1] = begins_[i] + counts_[i];
    hits_.resize(unsorted_.size());
    auto next = begins_;
    for (const auto& hit : unsorted_) hits_[next[hit.entry]++] = hit;
  }

  // Shingles of a fingerprint have no order: they stand somewhere between the first and the last.
  void fingerprint(std::size_t entry, std::span<const Hit> hits) {
    const auto& one = index_.entries()[entry];
    std::vector<std::uint32_t> first(one.shingles, UINT32_MAX);
    std::size_t distinct = 0;
    for (const auto& hit : hits)
      if (hit.position < first.size() && first[hit.position] == UINT32_MAX)
        first[hit.position] = hit.at, ++distinct;
    const auto share = static_cast<double>(distinct) / one.shingles;
    if (share < kLeastFingerprint) return;
    std::erase(first, UINT32_MAX);
    const auto [low, high] = std::ranges::minmax(first);
    // How much of what lies between is the text's.
    std::size_t kept = 0;
    for (std::size_t i = low; i <= high; ++i)
      kept += in_fingerprint(shingle([&](std::size_t k) { return words_[i + k].hash; }));
    const auto precision =
        static_cast<double>(std::min(distinct, kept)) / static_cast<double>(std::max<std::size_t>(kept, 1));
    if (precision < 0.8) return;
    const auto extent = high - low + kShingle;
    standings_.push_back(
        {.entry = entry,
         .first = low,
         .end = high + kShingle,
         .matched = static_cast<std::size_t>(static_cast<double>(extent) * share * precision),
         .cost = static_cast<std::size_t>(static_cast<double>(extent) * (1 - share * precision)),
         .score = share * precision});
  }

  // Hits whose distance between the two numbers is about the same belong to one place.
  void places(std::size_t entry, std::span<const Hit> hits) {
    const auto length = index_.entries()[entry].token_count;
    const std::int64_t slack = 48 + length / 6;
    std::vector<bool> used(hits.size(), false);
    for (std::size_t place = 0; place < kMostPlaces; ++place) {
      const auto distance = common_distance(hits, used, slack);
      if (!distance) return;
      Place out{.entry = entry, .anchors = {}};
      for (std::size_t i = 0; i < hits.size(); ++i) {
        const auto own = std::int64_t{hits[i].at} - hits[i].position;
        if (used[i] || own < *distance - slack || own > *distance + slack) continue;
        used[i] = true;
        out.anchors.push_back({hits[i].at, hits[i].position});
      }
      out.anchors = rising(std::move(out.anchors));
      if (out.anchors.size() < least(entry)) return;
      places_.push_back(std::move(out));
    }
  }

  // The most anchors that rise in both numbers (longest increasing subsequence).
  static std::vector<Anchor> rising(std::vector<Anchor> all) {
    std::ranges::sort(all, [](const Anchor& a, const Anchor& b) {
      return a.at != b.at ? a.at < b.at : a.position > b.position;
    });
    std::vector<std::size_t> ends, before(all.size(), SIZE_MAX);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto place =
          std::ranges::lower_bound(ends, all[i].position, {}, [&](std::size_t k) { return all[k].position; });
      if (place != ends.begin()) before[i] = *(place - 1);
      if (place == ends.end())
        ends.push_back(i);
      else
        *place = i;
    }
    std::vector<Anchor> out;
    for (auto i = ends.empty() ? SIZE_MAX : ends.back(); i != SIZE_MAX; i = before[i]) out.push_back(all[i]);
    std::ranges::reverse(out);
    return out;
  }

  static std::optional<std::int64_t> common_distance(std::span<const Hit> hits, const std::vector<bool>& used,
                                                     std::int64_t slack) {
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < hits.size(); ++i)
      if (!used[i]) all.push_back(std::int64_t{hits[i].at} - hits[i].position);
    if (all.empty()) return std::nullopt;
    std::ranges::sort(all);
    std::size_t best = 0, low = 0;
    std::int64_t middle = all.front();
    for (std::size_t high = 0; high < all.size(); ++high) {
      while (all[high] - all[low] > slack) ++low;
      if (high - low + 1 > best) best = high - low + 1, middle = all[low + (high - low) / 2];
    }
    return middle;
  }

  void compare() {
    const auto words = [&](const Place& one) {
      const auto& entry = index_.entries()[one.entry];
      return one.anchors.size() * entry.token_count / entry.shingles;
    };
    std::ranges::sort(places_, [&](const Place& a, const Place& b) {
      if (words(a) != words(b)) return words(a) > words(b);
      return std::pair(a.entry, a.anchors.front().at) < std::pair(b.entry, b.anchors.front().at);
    });
    if (places_.size() > kMostCompared) places_.resize(kMostCompared), out_.cut = true;
    for (const auto& place : places_) {
      const auto& entry = index_.entries()[place.entry];
      // Behind a text that stands there word by word nothing shorter needs to be compared.
      if (is_covered(place, entry)) continue;
      const auto aligned = best_alignment(entry, place.anchors);
      if (aligned.vetoed || aligned.similarity() < kLeastSimilar || aligned.matched < kShingle) continue;
      standings_.push_back(
          {place.entry, aligned.first, aligned.end, aligned.matched, aligned.cost(), aligned.similarity()});
    }
  }

  // A mention of the licence's name before its text may be taken for its title: what begins later may agree
  // better.
  Alignment best_alignment(const Entry& entry, std::span<const Anchor> anchors) const {
    const auto worth = [](const Alignment& one) {
      return one.vetoed ? INT64_MIN
                        : static_cast<std::int64_t>(one.matched) - 3 * static_cast<std::int64_t>(one.cost());
    };
    const auto distance = [](const Anchor& one) { return std::int64_t{one.at} - one.position; };
    auto best = align(index_, entry, words_, anchors);
    for (std::size_t drop = 1; drop <= 3 && drop < anchors.size() && (best.cost() > 0 || best.vetoed);
         ++drop) {
      if (distance(anchors[drop - 1]) == distance(anchors[drop])) continue;
      const auto later = align(index_, entry, words_, anchors.subspan(drop));
      if (worth(later) > worth(best)) best = later;
    }
    return best;
  }

  bool is_covered(const Place& place, const Entry& entry) const {
    // As many words as can agree, if what agrees between the shingles does too.
    const auto most = std::min<std::size_t>(entry.token_count,
                                            entry.token_count * (place.anchors.size() + 2) / entry.shingles);
    return std::ranges::any_of(standings_, [&](const Standing& one) {
      return one.first <= place.anchors.front().at && place.anchors.back().at + kShingle <= one.end &&
             one.matched >= most + 3 * one.cost;
    });
  }

  // The best of those that claim the same words: most that agree, differences weighing thrice.
  void choose() {
    const auto worth = [](const Standing& one) {
      return static_cast<std::int64_t>(one.matched) - 3 * static_cast<std::int64_t>(one.cost);
    };
    std::ranges::sort(standings_, [&](const Standing& a, const Standing& b) {
      if (worth(a) != worth(b)) return worth(a) > worth(b);
      const auto &one = index_.entries()[a.entry], &other = index_.entries()[b.entry];
      if (one.kind != other.kind) return one.kind < other.kind;
      if (index_.id(one).size() != index_.id(other).size())
        return index_.id(one).size() < index_.id(other).size();
      return std::pair(a.first, a.entry) < std::pair(b.first, b.entry);
    });
    for (const auto& one : standings_) {
      const bool taken = std::ranges::any_of(out_.found, [&](const Standing& other) {
        const auto shared = std::min(one.end, other.end) > std::max(one.first, other.first)
                                ? std::min(one.end, other.end) - std::max(one.first, other.first)
                                : 0;
        return shared * 3 > std::min(one.end - one.first, other.end - other.first);
      });
      if (!taken) out_.found.push_back(shorter_name(one));
    }
    std::ranges::sort(out_.found, {}, &Standing::first);
  }

  // A licence and its variant may have one text but for a notice that both show (MPL-2.0, Exhibit B): the
  // licence of the shorter name is meant.
  Standing shorter_name(const Standing& one) const {
    const auto id = index_.id(index_.entries()[one.entry]);
    for (const auto& other : standings_) {
      const auto shorter = index_.id(index_.entries()[other.entry]);
      if (shorter.size() < id.size() && id.starts_with(shorter) && id[shorter.size()] == '-' &&
          other.first < one.end && one.first < other.end && other.cost <= one.cost + 8 &&
          other.matched * 100 >= one.matched * 97)
        return other;
    }
    return one;
  }

  const Index& index_;
  std::span<const Word> words_;
  std::vector<std::size_t> counts_, begins_;
  std::vector<Hit> unsorted_, hits_;
  std::vector<Place> places_;
  std::vector<Standing> standings_;
  Standings out_;
};

}  // namespace

Standings standing_in(const Index& index, std::span<const Word> words) {
  return Search(index, words).run();
}

}  // namespace ostiary::license
