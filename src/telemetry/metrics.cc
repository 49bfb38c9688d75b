#include "telemetry/metrics.h"

#include <algorithm>

namespace ostiary::telemetry {

std::size_t Family::label_count() const {
  return static_cast<std::size_t>(std::ranges::find(labels, std::string_view()) - labels.begin());
}

namespace {
std::vector<std::string> texts(const Family& family, std::initializer_list<std::string_view> values) {
  std::vector<std::string> out(values.begin(), values.end());
  out.resize(family.label_count());
  return out;
}
}  // namespace

Counter Shard::counter(const Family& family, std::initializer_list<std::string_view> values) {
  return Counter(cells(family, values));
}
Gauge Shard::gauge(const Family& family, std::initializer_list<std::string_view> values) {
  return Gauge(cells(family, values));
}
Histogram Shard::histogram(const Family& family, std::initializer_list<std::string_view> values) {
  return {cells(family, values), family.bounds};
}

Cell* Shard::cells(const Family& family, std::initializer_list<std::string_view> values) {
  const std::lock_guard lock(registry_.mutex_);
  return at(registry_.place_of(family, values));
}

Cell* Shard::at(std::size_t place) {
  const std::size_t block = place / kBlockCells;
  if (blocks_.size() <= block) blocks_.resize(block + 1);
  if (!blocks_[block]) blocks_[block] = std::make_unique<Block>();
  return &blocks_[block]->cells[place % kBlockCells];
}

const Cell* Shard::find(std::size_t place) const {
  const std::size_t block = place / kBlockCells;
  if (blocks_.size() <= block || !blocks_[block]) return nullptr;
  return &blocks_[block]->cells[place % kBlockCells];
}

void Samples::set(const Family& family, std::initializer_list<std::string_view> values, double value) {
  auto& found = found_[&family];
  if (found.size() < Registry::kMostSeries) found.try_emplace(texts(family, values), value);
}

Shard& Registry::add_shard() {
  const std::lock_guard lock(mutex_);
  shards_.push_back(std::unique_ptr<Shard>(new Shard(*this)));
  return *shards_.back();
}

void Registry::collect_with(std::function<void(Samples&)> collector) {
  const std::lock_guard lock(collecting_);
  collectors_.push_back(std::move(collector));
}

// The cells of a series stand side by side within one block.
std::size_t Registry::take_place(std::size_t cells) {
  if (next_place_ % Shard::kBlockCells + cells > Shard::kBlockCells)
    next_place_ += Shard::kBlockCells - next_place_ % Shard::kBlockCells;
  const std::size_t place = next_place_;
  next_place_ += cells;
  return place;
}

std::size_t Registry::place_of(const Family& family, std::initializer_list<std::string_view> values) {
  auto& places = families_[&family].places;
  auto wanted = texts(family, values);
  if (const auto known = places.find(wanted); known != places.end()) return known->second;
  if (places.size() >= kMostSeries - 1) {
    wanted.assign(wanted.size(), "other");
    if (const auto known = places.find(wanted); known != places.end()) return known->second;
  }
  return places[std::move(wanted)] = take_place(family.cells());
}

std::vector<Snapshot> Registry::gather() const {
  Samples samples;
  {
    const std::lock_guard lock(collecting_);
    for (const auto& collect : collectors_) collect(samples);
  }
  std::vector<Snapshot> out;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [family, known] : families_) {
      Snapshot snapshot{family, {}};
      for (const auto& [values, place] : known.places) {
        Series series{values, std::vector<std::uint64_t>(family->cells()), 0, false};
        for (const auto& shard : shards_)
          if (const Cell* cells = shard->find(place))
            for (std::size_t i = 0; i < series.cells.size(); ++i)
              series.cells[i] += cells[i].load(std::memory_order_relaxed);
        snapshot.series.push_back(std::move(series));
      }
      out.push_back(std::move(snapshot));
    }
  }
  for (const auto& [family, found] : samples.found_) {
    Snapshot snapshot{family, {}};
    for (const auto& [values, value] : found) snapshot.series.push_back({values, {}, value, true});
    out.push_back(std::move(snapshot));
  }
  std::ranges::sort(out, {}, [](const Snapshot& snapshot) { return snapshot.family->name; });
  return out;
}

}  // namespace ostiary::telemetry
