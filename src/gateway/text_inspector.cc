#include "gateway/text_inspector.h"

#include "gateway/attachment_inspection.h"
#include "gateway/attachments.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kLong = 128 * 1024;  // about a millisecond

// What a thread keeps for its inspections, made anew where a reload brought another engine. An engine that
// nobody else has is let go of; what was made for it is not used any more.
struct Bench {
  std::weak_ptr<const inspect::Engine> engine;
  std::unique_ptr<inspect::Inspecting> inspecting;
};

}  // namespace

bool TextInspector::takes_long(const Exchange& exchange) const {
  return exchange.body.size() >= kLong || gateway::takes_long(find_attachments(exchange.document));
}

void TextInspector::inspect(const Exchange& exchange, inspect::Inspection& found,
                            const std::stop_token& stop) const {
  if (exchange.body.empty()) return;
  thread_local Bench bench;
  if (bench.engine.lock() != engine_) bench = {engine_, std::make_unique<inspect::Inspecting>(*engine_)};
  found = bench.inspecting->inspect(exchange.document);
  const auto attachments = find_attachments(exchange.document);
  if (!attachments.empty())
    inspect_attachments(*bench.inspecting, exchange.document, attachments, found, stop);
  if (size_limits_.empty()) return;
  found.size = measure(exchange.document, attachments.size());
  find_sizes(size_limits_, found);
}

}  // namespace ostiary::gateway
