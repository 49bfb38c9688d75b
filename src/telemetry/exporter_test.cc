#include "telemetry/exporter.h"

#include <gtest/gtest.h>

#include "json/document.h"

namespace ostiary::telemetry {
namespace {

using Reply = Sender::Reply;

// A collector of the test's own.
struct Collector {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> got;
  std::deque<Result<Reply>> answers;  // then 200
  bool hangs = false, cancelled = false;

  std::size_t wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(10), [&] { return got.size() >= count; });
    return got.size();
  }
};

class TestSender final : public Sender {
 public:
  explicit TestSender(std::shared_ptr<Collector> collector) : c_(std::move(collector)) {}
  Result<Reply> post(std::string_view json) override {
    std::unique_lock lock(c_->mutex);
    c_->got.emplace_back(json);
    c_->changed.notify_all();
    if (c_->hangs) c_->changed.wait(lock, [&] { return c_->cancelled; });
    if (c_->cancelled) return fail(Code::closed, "cancelled");
    if (c_->answers.empty()) return Reply{200, "{}", 0};
    auto answer = std::move(c_->answers.front());
    c_->answers.pop_front();
    return answer;
  }
  void cancel() override {
    const std::lock_guard lock(c_->mutex);
    c_->cancelled = true;
    c_->changed.notify_all();
  }

 private:
  std::shared_ptr<Collector> c_;
};

class ExporterTest : public testing::Test {
 protected:
  Exporter& exporter() {
    if (!exporter_) {
      Exporter::Options options{.resource = {"1", "i"}};
      options.queue = 64;
      options.batch_spans = 10;
      options.idle_ms = options.busy_ms = 1;
      options.backoff_ms = 1;
      options.most_backoff_ms = 20;
      options.tries = 3;
      exporter_ = std::make_unique<Exporter>(options, std::make_unique<TestSender>(collector));
    }
    return *exporter_;
  }
  static void put(SpanQueue& queue, int count = 1) {
    for (int i = 0; i < count; ++i) {
      auto span = queue.take();
      span->endpoint = "embeddings";
      span->method = "POST";
      queue.put(std::move(span));
    }
  }
  double count(std::string_view result) {
    Registry registry;
    registry.collect_with([this](Samples& samples) { exporter_->collect(samples); });
    for (const auto& snapshot : registry.gather())
      for (const auto& series : snapshot.series)
        if (!series.values.empty() && series.values[0] == result) return series.measured;
    return -1;
  }
  static std::size_t spans_in(const std::string& text) {
    json::Document document;
    if (!json::Document::parse_into(text, {}, document)) return 0;
    std::size_t n = 0;
    for ([[maybe_unused]] const auto span :
         document.root()["resourceSpans"].at(0)["scopeSpans"].at(0)["spans"])
      ++n;
    return n;
  }

  std::shared_ptr<Collector> collector = std::make_shared<Collector>();
  std::unique_ptr<Exporter> exporter_;
};

TEST_F(ExporterTest, SendsWhatTheLoopsPut) {
  auto& one = exporter().add_queue();
  auto& two = exporter().add_queue();
  put(one, 2);
  put(two, 3);
  exporter().start();
  EXPECT_EQ(collector->wait_for(1), 1u);
  exporter().stop(1000);
  EXPECT_EQ(spans_in(collector->got.at(0)), 5u);
  EXPECT_EQ(count("sent"), 5);
}

TEST_F(ExporterTest, WhatIsQueuedAtTheEndIsStillSent) {
  auto& queue = exporter().add_queue();
  exporter().start();
  put(queue, 7);
  exporter().stop(5000);
  EXPECT_EQ(count("sent"), 7);
}

TEST_F(ExporterTest, APassingFailureIsTriedAgainWithTheSameBytes) {
  collector->answers = {fail(Code::io, "refused"), Reply{503, "", 0}, Reply{200, "", 0}};
  put(exporter().add_queue(), 2);
  exporter().start();
  EXPECT_EQ(collector->wait_for(3), 3u);
  exporter().stop(1000);
  EXPECT_EQ(collector->got[0], collector->got[2]);
  EXPECT_EQ(count("sent"), 2);
  EXPECT_EQ(count("failed"), 0);
}

TEST_F(ExporterTest, ABatchIsGivenUpAfterItsTriesAndTheNextGoes) {
  for (int i = 0; i < 3; ++i) collector->answers.push_back(Reply{429, "", 0});
  auto& queue = exporter().add_queue();
  put(queue, 2);
  exporter().start();
  EXPECT_EQ(collector->wait_for(3), 3u);
  put(queue);
  EXPECT_EQ(collector->wait_for(4), 4u);
  exporter().stop(1000);
  EXPECT_EQ(count("failed"), 2);
  EXPECT_EQ(count("sent"), 1);
}

TEST_F(ExporterTest, ARefusedBatchIsNotSentAgain) {
  collector->answers = {Reply{400, "", 0}};
  put(exporter().add_queue(), 4);
  exporter().start();
  EXPECT_EQ(collector->wait_for(1), 1u);
  exporter().stop(1000);
  EXPECT_EQ(collector->got.size(), 1u);
  EXPECT_EQ(count("failed"), 4);
}

TEST_F(ExporterTest, WhatTheCollectorRejectsIsCountedApart) {
  collector->answers = {Reply{200, R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}})", 0}};
  put(exporter().add_queue(), 5);
  exporter().start();
  EXPECT_EQ(collector->wait_for(1), 1u);
  exporter().stop(1000);
  EXPECT_EQ(count("rejected"), 3);
  EXPECT_EQ(count("sent"), 2);
}

TEST_F(ExporterTest, ACollectorThatNeverAnswersCostsSpansAndNothingElse) {
  collector->hangs = true;
  auto& queue = exporter().add_queue();
  put(queue);
  exporter().start();
  EXPECT_EQ(collector->wait_for(1), 1u);
  const auto begun = mono_now();
  put(queue, 100'000);
  EXPECT_LT(mono_now() - begun, 5'000'000'000);
  EXPECT_EQ(count("lost"), 100'000 - 64);
  exporter().stop(50);
  EXPECT_TRUE(collector->cancelled);
  EXPECT_LT(mono_now() - begun, 8'000'000'000);
}

TEST_F(ExporterTest, AServiceKeepsItsNumber) {
  const SpanService a{"a", "p", "h", 1}, b{"b", "p", "h", 1};
  EXPECT_EQ(exporter().service(a), 0u);
  EXPECT_EQ(exporter().service(b), 1u);
  EXPECT_EQ(exporter().service(a), 0u);
}

}  // namespace
}  // namespace ostiary::telemetry
