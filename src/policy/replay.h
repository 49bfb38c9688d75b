#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "policy/policy.h"

namespace ostiary::policy {

// An exchange that was decided, as far as it is kept.
struct Past {
  std::string_view id;            // of the exchange
  std::string_view at;            // RFC 3339
  Effect was = Effect::allow;     // what was enforced
  std::string_view service = {};  // where it went; empty: nowhere
  bool approved = false;          // it passed because somebody had answered its question
};

// What would become of decided exchanges under another policy. For one thread; what several threads replayed
// is merged.
class Replay {
 public:
  static constexpr std::size_t kMostExamples = 5;
  static constexpr std::size_t kMostGroups = 1000;

  // Exchanges with the same change for the same reason.
  struct Group {
    Effect was = Effect::allow, now = Effect::allow;
    bool observed = false;           // `now` only if what is observed were enforced
    std::string to;                  // of a reroute
    std::vector<std::string> rules;  // that make `now`, sorted; "default" is the default stance
    std::uint64_t count = 0;
    struct Example {
      std::string id, at;
      auto operator<=>(const Example&) const = default;
    };
    std::vector<Example> examples;  // the latest, oldest first
  };

  // The facts of the same request at another service, as Policy::AtService has them.
  using AtService = std::function<std::optional<Facts>(const Facts& here, std::string_view service)>;

  // Both must outlive it.
  explicit Replay(const Policy& candidate, AtService at_service = {});

  void take(const Past& past, const Facts& facts);
  void merge(const Replay& other);

  // By what changes, the most severe first, then by how many.
  std::vector<Group> groups() const;
  std::uint64_t exchanges() const { return exchanges_; }
  std::uint64_t changed() const { return changed_; }    // in what is enforced
  std::uint64_t left_out() const { return left_out_; }  // changes beyond kMostGroups kinds of them
  // How many decisions rest on a fact that is not kept, by the fact's name, sorted.
  std::vector<std::pair<std::string, std::uint64_t>> missing() const;

 private:
  struct Key {
    Effect was = Effect::allow, now = Effect::allow;
    bool observed = false;
    std::vector<std::uint32_t> rules;  // places in the document; kStance
    std::string to;
    auto operator<=>(const Key&) const = default;
  };
  static constexpr std::uint32_t kStance = ~std::uint32_t{0};

  void note(const Past& past, Effect now, bool observed, std::string to);
  void add(const Key& key, std::uint64_t count, const std::vector<Group::Example>& examples);

  const Policy& candidate_;
  AtService at_service_;
  Verdict verdict_;
  Key key_;  // whose memory is used again
  std::map<Key, Group> groups_;
  std::uint64_t exchanges_ = 0, changed_ = 0, left_out_ = 0;
  std::array<std::uint64_t, kMostFacts> missing_{};
};

}  // namespace ostiary::policy
