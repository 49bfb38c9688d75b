#include "telemetry/exporter.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "json/document.h"

namespace ostiary::telemetry {

namespace {

// Of a batch. What is written, copied and sent at once should stay within the processor's second cache, which
// a gate with one core shares with it.
constexpr std::size_t kMostBytes = 96u << 10;
constexpr MonoNs kQuiet = 60'000'000'000;  // between two complaints in the log

constexpr Family kSpans{
    .name = "ostiary_spans",
    .kind = Kind::counter,
    .help =
        "Spans by what became of them: sent, rejected by the collector, failed (could not be sent) or lost "
        "(more than the queue holds)",
    .labels = {"result"}};

constexpr Family kLeftOut{
    .name = "ostiary_traces_left_out",
    .kind = Kind::counter,
    .help = "Exchanges without spans because telemetry.traces.max_per_second was reached"};

// OTLP: these answers, and none at all, mean that the same may be sent again.
bool is_passing(std::uint16_t status) {
  return status == 429 || (status >= 502 && status <= 504);
}

// partialSuccess.rejectedSpans of an answer, as text or number.
std::uint64_t rejected_spans(std::string_view body) {
  json::Document document;
  if (!json::Document::parse_into(body, {.refuse_duplicates = false}, document)) return 0;
  const auto count = document.root()["partialSuccess"]["rejectedSpans"];
  if (const auto number = count.as_uint()) return *number;
  std::uint64_t value = 0;
  for (const char c : count.string_or("")) {
    if (c < '0' || c > '9' || value > 1'000'000'000) return 0;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

}  // namespace

Exporter::Exporter(Options options, std::unique_ptr<Sender> sender)
    : options_(std::move(options)), sender_(std::move(sender)), batch_(options_.resource) {}

Exporter::~Exporter() {
  stop(0);
}

SpanQueue& Exporter::add_queue() {
  const std::lock_guard lock(mutex_);
  queues_.push_back(std::make_unique<SpanQueue>(options_.queue));
  return *queues_.back();
}

std::uint32_t Exporter::service(const SpanService& service) {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(services_, service);
  const auto number = static_cast<std::uint32_t>(known - services_.begin());
  if (known == services_.end()) services_.push_back(service);
  return number;
}

void Exporter::collect(Samples& samples) const {
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& queue : queues_) lost += queue->lost();
  }
  samples.set(kSpans, {"sent"}, static_cast<double>(sent_.load()));
  samples.set(kSpans, {"rejected"}, static_cast<double>(rejected_.load()));
  samples.set(kSpans, {"failed"}, static_cast<double>(failed_.load()));
  samples.set(kSpans, {"lost"}, static_cast<double>(lost));
  samples.set(kLeftOut, {}, static_cast<double>(left_out_.load()));
}

bool Exporter::allows(MonoNs now, std::uint32_t per_second) {
  constexpr MonoNs second = 1'000'000'000, burst = second / 10;
  if (per_second == 0 || allowance_.take(now, second / per_second, burst)) return true;
  left_out_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void Exporter::start() {
  thread_ = std::thread([this] { run(); });
}

void Exporter::stop(std::uint64_t ms) {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return ended_; });
  }
  sender_->cancel();
  thread_.join();
}

// True: the time has passed; false: it is to stop.
bool Exporter::wait(std::uint64_t ms) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

void Exporter::run() {
  bool goes_on = true;
  for (bool busy = false; goes_on;) {
    goes_on = wait(busy ? options_.busy_ms : options_.idle_ms);
    busy = false;
    while (fill()) {
      busy = busy || is_full();
      send();
    }
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

// Makes a batch of what waits, a few exchanges of each loop in turn. False: nothing waits.
bool Exporter::fill() {
  std::vector<SpanQueue*> queues;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& queue : queues_) queues.push_back(queue.get());
    batch_.know(services_);
  }
  batch_.clear();
  constexpr int kInTurn = 32;
  for (bool found = true; found && !is_full();) {
    found = false;
    for (auto* queue : queues) {
      for (int i = 0; i < kInTurn; ++i) {
        auto exchange = queue->next();
        if (!exchange) break;
        found = true;
        batch_.add(*exchange);
        queue->give_back(std::move(exchange));
      }
    }
  }
  return batch_.spans() > 0;
}

bool Exporter::is_full() const {
  return batch_.spans() >= options_.batch_spans || batch_.bytes() >= kMostBytes;
}

void Exporter::send() {
  const auto document = batch_.finish();
  std::uint64_t backoff = options_.backoff_ms;
  for (std::uint32_t tried = 1;; ++tried) {
    const auto reply = sender_->post(document);
    if (settle(reply)) return;
    const std::string why =
        reply ? "it answered with status " + std::to_string(reply->status) : reply.error().text();
    if (tried >= options_.tries) return give_up(why);
    const auto pause = std::max<std::uint64_t>(backoff, std::uint64_t{retry_after_s_} * 1000);
    if (!wait(std::min<std::uint64_t>(pause, options_.most_backoff_ms))) return give_up(why);
    backoff = std::min<std::uint64_t>(backoff * 2, options_.most_backoff_ms);
  }
}

// True: there is nothing more to do about this batch.
bool Exporter::settle(const Result<Sender::Reply>& reply) {
  retry_after_s_ = reply ? reply->retry_after_s : 0;
  if (!reply || is_passing(reply->status)) return false;
  if (reply->status / 100 != 2) {
    give_up("it answered with status " + std::to_string(reply->status));
    return true;
  }
  const auto rejected = std::min<std::uint64_t>(rejected_spans(reply->body), batch_.spans());
  rejected_ += rejected;
  sent_ += batch_.spans() - rejected;
  return true;
}

void Exporter::give_up(std::string_view why) {
  failed_ += batch_.spans();
  const auto now = mono_now();
  if (complained_at_ != 0 && now - complained_at_ < kQuiet) return;
  complained_at_ = now;
  log::warn("spans cannot be sent to the collector of telemetry.traces.endpoint: " + std::string(why) + "; " +
            std::to_string(failed_.load()) + " are lost so far");
}

}  // namespace ostiary::telemetry
