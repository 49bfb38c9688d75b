#pragma once

#include <memory>

#include "gateway/steps.h"
#include "inspect/engine.h"

namespace ostiary::gateway {

// *inspect* with the detectors of an engine: every string and number of the body.
class TextInspector final : public Inspector {
 public:
  explicit TextInspector(std::shared_ptr<const inspect::Engine> engine) : engine_(std::move(engine)) {}
  bool takes_long(const Exchange& exchange) const override;
  void inspect(const Exchange& exchange, inspect::Inspection& found,
               const std::stop_token& stop) const override;

 private:
  std::shared_ptr<const inspect::Engine> engine_;
};

}  // namespace ostiary::gateway
