#include "gateway/answer.h"

#include <zlib.h>

#include <cstring>

#include "base/text.h"

namespace ostiary::gateway {

void read_usage(json::Value usage, ledger::Usage& into) {
  if (!usage.is_object()) return;
  const auto either = [&](std::string_view a, std::string_view b) {
    const auto first = usage[a].as_uint();
    return first ? first : usage[b].as_uint();
  };
  if (const auto n = either("prompt_tokens", "input_tokens")) into.input = n;
  if (const auto n = either("completion_tokens", "output_tokens")) into.output = n;
  const auto details = usage["prompt_tokens_details"] ? usage["prompt_tokens_details"] : usage["input_tokens_details"];
  if (const auto n = details["cached_tokens"].as_uint()) into.cached = n;
}

void StreamWatch::feed(std::string_view bytes) {
  reader_.feed(bytes);
  json::SseEvent event;
  while (reader_.next(event)) read_event(event);
}

void StreamWatch::read_event(const json::SseEvent& event) {
  if (event.data.size() < 16 && text::trim(event.data) == "[DONE]") {
    if (marker_ == EndMarker::done_word) ended_ = true;
    return;
  }
  // Most events are a few words of text: only those that may hold something to keep are parsed.
  const auto holds = [&](std::string_view word) {
    return ::memmem(event.data.data(), event.data.size(), word.data(), word.size()) != nullptr;
  };
  const bool typed = marker_ == EndMarker::response_event;
  if (typed ? !holds("\"response\"") && !holds("\"error\"") : (!holds("\"usage\"") || holds("\"usage\":null")) && !holds("\"error\"")) return;
  if (!json::Document::parse_into(event.data, {.refuse_duplicates = false}, document_)) return;
  const json::Value root = document_.root();
  if (typed) {
    read_response_event(event.type, root);
    return;
  }
  read_usage(root["usage"], usage_);
  if (root["error"].is_object() || root["error"].is_string()) failed_ = true;
}

void StreamWatch::read_response_event(std::string_view type, json::Value root) {
  const std::string named = type.empty() ? root["type"].string_or("") : std::string(type);
  if (named == "error") {
    failed_ = true;
    return;
  }
  const json::Value response = root["response"];
  if (response_id_.empty()) response_id_ = response["id"].string_or("");
  read_usage(response["usage"], usage_);
  if (named == "response.failed") failed_ = true;
  if (named == "response.completed" || named == "response.incomplete" || named == "response.cancelled") ended_ = true;
}

struct Inflater::Impl {
  z_stream stream{};
  bool finished = false;
};

Inflater::Inflater() : impl_(std::make_unique<Impl>()) {}
Inflater::~Inflater() { ::inflateEnd(&impl_->stream); }
bool Inflater::finished() const { return impl_->finished; }

std::unique_ptr<Inflater> Inflater::create(std::string_view coding) {
  if (!text::iequals(coding, "gzip") && !text::iequals(coding, "x-gzip") && !text::iequals(coding, "deflate")) return nullptr;
  std::unique_ptr<Inflater> inflater(new Inflater);
  if (::inflateInit2(&inflater->impl_->stream, 15 + 32) != Z_OK) return nullptr;  // 32: zlib or gzip by its header
  return inflater;
}

Result<> Inflater::feed(std::string_view bytes, std::string& out) {
  auto& z = impl_->stream;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  char buffer[16384];
  do {
    z.next_out = reinterpret_cast<Bytef*>(buffer);
    z.avail_out = sizeof buffer;
    const int result = ::inflate(&z, Z_SYNC_FLUSH);
    out.append(buffer, sizeof buffer - z.avail_out);
    if (result == Z_STREAM_END) impl_->finished = true;
    else if (result == Z_BUF_ERROR) break;  // it wants more input
    else if (result != Z_OK) return fail(Code::corrupt, "the answer's compression is broken");
  } while (!impl_->finished && (z.avail_in > 0 || z.avail_out == 0));
  return {};
}

}  // namespace ostiary::gateway
