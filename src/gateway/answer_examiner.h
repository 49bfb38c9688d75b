#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/answer_text.h"
#include "gateway/steps.h"

namespace ostiary::gateway {

// *examine* with the detectors of an engine: what answers hold is told, masked where `answer_classes` says
// so, and values of the request are given back for their placeholders. See docs/inspection.md.
class AnswerExaminer final : public Examiner {
 public:
  explicit AnswerExaminer(AnswerRules rules)
      : rules_(std::make_shared<const AnswerRules>(std::move(rules))) {}
  std::unique_ptr<Examination> begin(const Exchange& exchange, AnswerKind kind) const override;

 private:
  std::shared_ptr<const AnswerRules> rules_;
};

}  // namespace ostiary::gateway
