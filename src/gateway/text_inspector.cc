#include "gateway/text_inspector.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kLong = 128 * 1024;  // about a millisecond

// What a thread keeps for its inspections, made anew where a reload brought another engine.
struct Bench {
  std::shared_ptr<const inspect::Engine> engine;
  std::unique_ptr<inspect::Inspecting> inspecting;
};

}  // namespace

bool TextInspector::takes_long(const Exchange& exchange) const {
  return exchange.body.size() >= kLong;
}

void TextInspector::inspect(const Exchange& exchange, inspect::Inspection& found,
                            const std::stop_token&) const {
  if (exchange.body.empty()) return;
  thread_local Bench bench;
  if (bench.engine != engine_) bench = {engine_, std::make_unique<inspect::Inspecting>(*engine_)};
  found = bench.inspecting->inspect(exchange.document);
}

}  // namespace ostiary::gateway
