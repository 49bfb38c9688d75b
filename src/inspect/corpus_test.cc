// How the detectors do on the labelled texts of tests/corpus/inspect. OSTIARY_CORPUS_SHOW=secret (or another
// class) prints each text in which that class was missed or wrongly found.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>

#include "inspect/engine.h"
#include "inspect/impl/labelled.h"

namespace ostiary::inspect {
namespace {

struct Score {
  std::size_t labels = 0, found = 0;    // recall
  std::size_t findings = 0, right = 0;  // precision
  double recall() const { return labels == 0 ? 1 : static_cast<double>(found) / static_cast<double>(labels); }
  double precision() const {
    return findings == 0 ? 1 : static_cast<double>(right) / static_cast<double>(findings);
  }
};

class Corpus {
 public:
  Corpus() : engine_(*Engine::builtin()), inspecting_(*engine_) {
    if (const auto* shown = std::getenv("OSTIARY_CORPUS_SHOW")) show_ = shown;
  }
  void read();
  void judge(const LabelledText& text);
  std::map<std::string, Score> scores;
  std::size_t texts = 0, negatives = 0;

 private:
  void show(const LabelledText& text, std::string_view what, std::string_view detector, std::uint64_t start,
            std::uint64_t end) const;
  std::shared_ptr<const Engine> engine_;
  Inspecting inspecting_;
  std::string show_;
};

void Corpus::show(const LabelledText& text, std::string_view what, std::string_view detector,
                  std::uint64_t start, std::uint64_t end) const {
  const auto from = text.text.rfind('\n', start == 0 ? 0 : start - 1) + 1;
  const auto line_end = std::min(text.text.find('\n', end), text.text.size());
  fmt::print("{} {} [{}] «{}» in: {}\n", what, text.id, detector,
             text.text.substr(start, end - start).substr(0, 100),
             text.text.substr(start == 0 ? 0 : from, line_end - from).substr(0, 220));
}

void Corpus::judge(const LabelledText& text) {
  ++texts;
  negatives += text.labels.empty();
  const auto seen = inspecting_.inspect(text.text);
  const auto overlaps = [](const Finding& f, const Label& l) {
    return f.location.start < l.end && l.start < f.location.end;
  };
  for (const auto& label : text.labels) {
    if (label.optional) continue;
    auto& score = scores[label.klass];
    ++score.labels;
    const bool found = std::ranges::any_of(seen.findings, [&](const Finding& f) {
      return f.confidence >= Confidence::medium && overlaps(f, label) && name(f.klass) == label.klass;
    });
    score.found += found;
    if (!found && show_ == label.klass) show(text, "MISSED", label.type, label.start, label.end);
  }
  for (const auto& finding : seen.findings) {
    if (finding.confidence < Confidence::medium) continue;
    const std::string klass = name(finding.klass);
    const bool optional =
        std::ranges::any_of(text.labels, [&](const Label& l) { return l.optional && overlaps(finding, l); });
    const bool right = std::ranges::any_of(
        text.labels, [&](const Label& l) { return l.klass == klass && !l.optional && overlaps(finding, l); });
    if (optional && !right) continue;
    ++scores[klass].findings;
    scores[klass].right += right;
    if (!right && show_ == klass)
      show(text, "WRONG ", finding.detector, finding.location.start, finding.location.end);
  }
}

void Corpus::read() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(OSTIARY_SOURCE_DIR "/tests/corpus/inspect"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  std::ranges::sort(files);
  for (const auto& file : files) {
    const auto all = read_labelled_file(file);
    ASSERT_TRUE(all) << all.error().text();
    for (const auto& text : *all) judge(text);
  }
}

TEST(Corpus, PrecisionAndRecallDoNotFall) {
  Corpus corpus;
  corpus.read();
  fmt::print("inspection of {} labelled texts, {} of them hard negatives:\n", corpus.texts, corpus.negatives);
  for (const auto& [klass, s] : corpus.scores)
    fmt::print("  {:<9} recall {:.3f} ({} of {}), precision {:.3f} ({} of {})\n", klass, s.recall(), s.found,
               s.labels, s.precision(), s.right, s.findings);
  EXPECT_GE(corpus.texts, 600U);
  EXPECT_GE(corpus.negatives * 3, corpus.texts);
  const auto at_least = [&](const char* klass, double recall, double precision) {
    EXPECT_GE(corpus.scores[klass].recall(), recall) << klass;
    EXPECT_GE(corpus.scores[klass].precision(), precision) << klass;
  };
  at_least("secret", 0.97, 0.97);
  at_least("personal", 0.95, 0.95);
  at_least("marker", 0.95, 0.95);
}

}  // namespace
}  // namespace ostiary::inspect
