#pragma once

#include <memory>
#include <vector>

#include "gateway/size_limits.h"
#include "gateway/steps.h"
#include "inspect/engine.h"

namespace ostiary::gateway {

// *inspect* with the detectors of an engine: every string and number of the body, the texts of its
// attachments and, where there are limits of it, its size.
class TextInspector final : public Inspector {
 public:
  explicit TextInspector(std::shared_ptr<const inspect::Engine> engine,
                         std::vector<SizeLimit> size_limits = {})
      : engine_(std::move(engine)), size_limits_(std::move(size_limits)) {}
  bool takes_long(const Exchange& exchange) const override;
  void inspect(const Exchange& exchange, inspect::Inspection& found,
               const std::stop_token& stop) const override;

 private:
  std::shared_ptr<const inspect::Engine> engine_;
  std::vector<SizeLimit> size_limits_;
};

}  // namespace ostiary::gateway
