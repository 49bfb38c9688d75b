#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::telemetry {

enum class Kind : std::uint8_t { counter, gauge, histogram };

// What is known of a metric before anything is measured. Families are constants; the registry keeps their
// address.
struct Family {
  static constexpr std::size_t kMostLabels = 4;

  std::string_view name;  // with its unit, without the _total of a counter: "ostiary_exchanges"
  Kind kind = Kind::counter;
  std::string_view help;                               // a sentence without its stop
  std::array<std::string_view, kMostLabels> labels{};  // names; the first empty one ends them
  std::string_view unit = {};                          // "seconds", "bytes" or empty; the name ends with it
  // Cells hold whole numbers: the value times 10^decimals (6: microseconds shown as seconds).
  unsigned decimals = 0;
  std::span<const std::uint64_t> bounds{};  // of a histogram: upper bounds in the cells' unit, ascending
  bool info = false;                        // a gauge that is 1 for ever: its labels tell something

  std::size_t label_count() const;
  std::size_t cells() const { return kind == Kind::histogram ? bounds.size() + 2 : 1; }
};

// A number of a shard. Only the thread that owns the shard writes it, so that adding is a load and a store;
// any thread may read.
using Cell = std::atomic<std::uint64_t>;

inline void add_to(Cell& cell, std::uint64_t n) {
  cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

// Handles: resolved once, kept, valid as long as their registry. A default one may not be used.
class Counter {
 public:
  Counter() = default;
  explicit Counter(Cell* cell) : cell_(cell) {}
  void add(std::uint64_t n = 1) const { add_to(*cell_, n); }

 private:
  Cell* cell_ = nullptr;
};

// The sum over all shards is what is shown, so that one loop may count down what another counted up.
class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(Cell* cell) : cell_(cell) {}
  void add(std::int64_t n) const { add_to(*cell_, static_cast<std::uint64_t>(n)); }

 private:
  Cell* cell_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  Histogram(Cell* cells, std::span<const std::uint64_t> bounds) : cells_(cells), bounds_(bounds) {}
  void record(std::uint64_t value) const {
    std::size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    add_to(cells_[bucket], 1);
    add_to(cells_[bounds_.size() + 1], value);
  }

 private:
  Cell* cells_ = nullptr;  // one for each bound, one for what is beyond them, the sum
  std::span<const std::uint64_t> bounds_;
};

class Registry;

// The numbers of one thread. Made by a registry, which outlives it. Asking for a handle takes the registry's
// lock and belongs to the same thread; what the handles do takes none.
class Shard {
 public:
  Counter counter(const Family& family, std::initializer_list<std::string_view> values = {});
  Gauge gauge(const Family& family, std::initializer_list<std::string_view> values = {});
  Histogram histogram(const Family& family, std::initializer_list<std::string_view> values = {});

 private:
  friend class Registry;
  static constexpr std::size_t kBlockCells = 512;
  struct alignas(64) Block {
    std::array<Cell, kBlockCells> cells{};
  };
  explicit Shard(Registry& registry) : registry_(registry) {}
  Cell* cells(const Family& family, std::initializer_list<std::string_view> values);
  Cell* at(std::size_t place);                // makes the block
  const Cell* find(std::size_t place) const;  // null: nothing was counted there
  Registry& registry_;
  std::vector<std::unique_ptr<Block>> blocks_;  // never moved or freed while the registry lives
};

// What is shown of a family at one moment.
struct Series {
  std::vector<std::string> values;   // of the labels, in their order
  std::vector<std::uint64_t> cells;  // summed over the shards; of a gauge two's complement
  double measured = 0;               // in place of cells, where a collector gave it
  bool is_measured = false;
};
struct Snapshot {
  const Family* family = nullptr;
  std::vector<Series> series;  // sorted by their values
};

// Takes what collectors measure while a scrape goes on.
class Samples {
 public:
  void set(const Family& family, std::initializer_list<std::string_view> values, double value);

 private:
  friend class Registry;
  std::map<const Family*, std::map<std::vector<std::string>, double>> found_;  // by label values
};

// All metrics of a process. Thread-safe; a Shard is not.
class Registry {
 public:
  // Of one family: whoever makes up label values cannot fill the memory. Further ones share a series whose
  // values are all "other".
  static constexpr std::size_t kMostSeries = 4096;

  Shard& add_shard();
  // Called at each scrape, on its thread, for what is measured rather than counted. May not call the
  // registry; may take short locks of its own.
  void collect_with(std::function<void(Samples&)> collector);
  // Every family that has series, sorted by name.
  std::vector<Snapshot> gather() const;

 private:
  friend class Shard;
  struct Known {
    std::map<std::vector<std::string>, std::size_t> places;  // label values -> first cell
  };
  std::size_t place_of(const Family& family, std::initializer_list<std::string_view> values);
  std::size_t take_place(std::size_t cells);
  mutable std::mutex mutex_;
  std::map<const Family*, Known> families_;
  std::size_t next_place_ = 0;
  std::vector<std::unique_ptr<Shard>> shards_;
  mutable std::mutex collecting_;
  std::vector<std::function<void(Samples&)>> collectors_;
};

}  // namespace ostiary::telemetry
