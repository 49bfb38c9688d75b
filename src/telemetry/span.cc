#include "telemetry/span.h"

#include <bit>

namespace ostiary::telemetry {

void TrySpan::clear() {
  span = {};
  service = 0;
  begun = ended = 0;
  status = 0;
  model.clear();
  answered_model.clear();
  error.clear();
}

TrySpan& ExchangeSpan::add_try() {
  if (tries_used_ == tries_.size()) tries_.emplace_back();
  TrySpan& next = tries_[tries_used_++];
  next.clear();
  return next;
}

void ExchangeSpan::clear() {
  trace = {};
  span = parent = {};
  state.clear();
  exchange = {};
  at = duration = 0;
  endpoint = outcome = decision = mode = {};
  method.clear();
  model.clear();
  error.clear();
  status = 0;
  stream = false;
  input.reset();
  output.reset();
  cached.reset();
  first_token = 0;
  tries_used_ = 0;
}

SpanRing::SpanRing(std::size_t capacity) : slots_(std::bit_ceil(capacity)) {}

bool SpanRing::push(std::unique_ptr<ExchangeSpan>& span) {
  const auto head = head_.load(std::memory_order_relaxed);
  if (head - tail_.load(std::memory_order_acquire) == slots_.size()) return false;
  slots_[head & (slots_.size() - 1)] = std::move(span);
  head_.store(head + 1, std::memory_order_release);
  return true;
}

std::unique_ptr<ExchangeSpan> SpanRing::pop() {
  const auto tail = tail_.load(std::memory_order_relaxed);
  if (tail == head_.load(std::memory_order_acquire)) return nullptr;
  auto span = std::move(slots_[tail & (slots_.size() - 1)]);
  tail_.store(tail + 1, std::memory_order_release);
  return span;
}

std::unique_ptr<ExchangeSpan> SpanQueue::take() {
  auto span = empty_.pop();
  if (!span) return std::make_unique<ExchangeSpan>();
  span->clear();
  return span;
}

void SpanQueue::put(std::unique_ptr<ExchangeSpan> span) {
  if (filled_.push(span)) return;
  lost_.store(lost_.load(std::memory_order_relaxed) + 1 + span->tries().size(), std::memory_order_relaxed);
}

}  // namespace ostiary::telemetry
