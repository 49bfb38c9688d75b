#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/span.h"

namespace ostiary::telemetry {

// Who sends: the resource of OpenTelemetry.
struct Resource {
  std::string version;   // of the program
  std::string instance;  // service.instance.id: anew with each start
};

// Exchanges as one ExportTraceServiceRequest in OTLP's JSON (opentelemetry-proto 1.x): ids in hexadecimal,
// 64-bit numbers as text. Attributes follow the semantic conventions for HTTP and for generative AI; ours
// start with "ostiary.".
class OtlpBatch {
 public:
  explicit OtlpBatch(const Resource& resource);
  // Where TrySpan::service leads: those known already, and new ones behind them.
  void know(std::span<const SpanService> services);
  void add(const ExchangeSpan& exchange);
  std::size_t spans() const { return spans_; }
  std::size_t bytes() const { return text_.size(); }
  std::string_view finish();  // the document; valid until clear()
  void clear();

 private:
  struct Service {    // attributes of its spans, as text
    std::string all;  // of a try
    std::string name;
  };
  std::vector<Service> services_;
  std::string text_;
  std::size_t begin_ = 0;  // of what a batch adds
  std::size_t spans_ = 0;
};

// The value of gen_ai.provider.name for a provider of the catalogue; one that the conventions do not know
// keeps its own id.
std::string_view provider_name(std::string_view provider);

}  // namespace ostiary::telemetry
