#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/argument_text.h"
#include "gateway/placeholders.h"
#include "gateway/restoring.h"
#include "inspect/stream.h"

namespace ostiary::gateway {

// What is done with answers, by configuration. Immutable.
struct AnswerRules {
  std::shared_ptr<const inspect::Engine> engine;
  std::set<std::string> masked;                   // data classes that answers do not show
  std::shared_ptr<const std::vector<bool>> held;  // the detectors that find them
  std::uint64_t hold_ms = 0;                      // the longest that something is held back

  static AnswerRules make(std::shared_ptr<const inspect::Engine> engine, std::set<std::string> masked,
                          std::uint64_t hold_ms);
};

// What one exchange's answer is looked at with, and what was found in it.
class AnswerMasks {
 public:
  static constexpr std::size_t kMostFindings = 2000;  // that are told of one answer

  AnswerMasks(std::shared_ptr<const AnswerRules> rules, std::shared_ptr<Placeholders> placeholders)
      : rules_(std::move(rules)), placeholders_(std::move(placeholders)) {}

  const AnswerRules& rules() const { return *rules_; }
  Placeholders& placeholders() { return *placeholders_; }
  bool masks() const { return !rules_->masked.empty(); }
  // The answer is another than the service's: something is masked or given back.
  bool changes() const { return masks() || !placeholders_->kept().empty(); }
  bool masks(const inspect::Finding& finding) const {
    return finding.confidence >= inspect::Confidence::medium && rules_->masked.contains(finding.data_class);
  }
  void note(inspect::Finding finding, std::string_view pointer);
  // Where the findings from number `from` on stand.
  void place(std::size_t from, std::string_view pointer);
  std::string unfinished(std::string_view text, std::string_view pointer);  // the placeholder for it
  const std::vector<inspect::Finding>& findings() const { return findings_; }
  // Something was not looked at to its end. With a class to be masked that ends the answer.
  void give_up() { gave_up_ = true; }
  bool gave_up() const { return gave_up_; }

  // Of this thread; it is kept for the next answer where it can be.
  std::unique_ptr<inspect::StreamInspecting> take_inspecting();
  void give_inspecting(std::unique_ptr<inspect::StreamInspecting> inspecting);
  inspect::Inspecting& inspecting();  // the thread's, for whole bodies

 private:
  std::shared_ptr<const AnswerRules> rules_;
  std::shared_ptr<Placeholders> placeholders_;
  std::vector<inspect::Finding> findings_;
  bool gave_up_ = false;
};

// Findings in pieces of a text that were told when the pieces were looked at by themselves.
class Told {
 public:
  void add(const inspect::Finding& finding, std::string_view value) {
    if (told_.size() < AnswerMasks::kMostFindings) told_.insert(key(finding, value));
  }
  bool has(const inspect::Finding& finding, std::string_view value) const {
    return !told_.empty() && told_.contains(key(finding, value));
  }

 private:
  static std::size_t key(const inspect::Finding& finding, std::string_view value) {
    return std::hash<std::string_view>{}(value) ^ (std::hash<std::string>{}(finding.detector) << 1);
  }
  std::set<std::size_t> told_;
};

// One text of an answer, which comes in pieces: what of it may go out, masked and with values given back.
class AnswerText {
 public:
  // `json`: the text is JSON within a string and stays valid. `pointer`: what findings in it are told to
  // stand in.
  // `restores`: values are given back, too.
  AnswerText(AnswerMasks& masks, bool json, std::string pointer, bool restores = true);
  ~AnswerText();
  AnswerText(const AnswerText&) = delete;
  AnswerText& operator=(const AnswerText&) = delete;

  // It is a piece of a text: what is found is noted there as told.
  void tell(Told& told) { tells_ = &told; }
  // What the pieces told of is not told again.
  void heed(const Told& told) { heeds_ = &told; }

  // `last`: nothing of the text follows, so that nothing of it is held.
  void feed(std::string_view text, bool last, std::string& out);
  // Text that has gone out already: what follows is looked at together with it.
  void pass_over(std::string_view text);
  // What is held comes out masked.
  void expire(std::string& out);
  bool holds() const { return (!passes_ && inspecting_->holds()) || restoring_.holds(); }
  std::uint64_t out() const { return inspecting_->out(); }  // how much of it is settled, in bytes

 private:
  void take(std::string_view part, bool last, std::string& out);
  void drain(std::string& out);
  void give(const inspect::StreamInspecting::Span& span, std::string& out);
  void note(const inspect::Finding& finding, const inspect::StreamInspecting::Span& span);
  void plain(std::string_view text, std::string& out);
  void masked(std::string_view text, std::string_view placeholder, std::string& out);

  AnswerMasks& masks_;
  bool json_;
  std::string pointer_;
  std::string held_;     // what came and has not come out, kept while nothing is masked
  bool mute_ = false;    // nothing comes out, and nothing is told
  bool passes_ = false;  // the inspection gave up, and nothing is masked
  std::unique_ptr<inspect::StreamInspecting> inspecting_;
  Restoring restoring_;
  ArgumentText arguments_;
  Told* tells_ = nullptr;
  const Told* heeds_ = nullptr;
  std::uint64_t masked_to_ = 0;  // what stands before it was masked, back to the last plain byte
};

}  // namespace ostiary::gateway
