#include "gateway/answer.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <zlib.h>

#include "base/text.h"
#include "json/skip.h"

namespace ostiary::gateway {

void read_usage(json::Value usage, ledger::Usage& into) {
  if (!usage.is_object()) return;
  const auto either = [&](std::string_view a, std::string_view b) {
    const auto first = usage[a].as_uint();
    return first ? first : usage[b].as_uint();
  };
  if (const auto n = either("prompt_tokens", "input_tokens")) into.input = n;
  if (const auto n = either("completion_tokens", "output_tokens")) into.output = n;
  const auto details =
      usage["prompt_tokens_details"] ? usage["prompt_tokens_details"] : usage["input_tokens_details"];
  const auto read = usage["cache_read_input_tokens"].as_uint();
  if (const auto n = details["cached_tokens"].as_uint())
    into.cached = n;
  else if (const auto beside = either("prompt_cache_hit_tokens", "cached_tokens"))
    into.cached = beside;
  else if (read)
    into.cached = read;
  if (usage["input_tokens"] && !usage["prompt_tokens"] && into.input)
    *into.input += read.value_or(0) + usage["cache_creation_input_tokens"].as_uint().value_or(0);
  if (const auto total = usage["total_tokens"].as_uint(); total && into.input && into.output)
    if (*total > *into.input + *into.output) into.output = *total - *into.input;
  if (into.cached && into.input) into.cached = std::min(*into.cached, *into.input);
}

namespace {
// The text from `word` on, or nothing.
std::string_view from_word(std::string_view text, std::string_view word) {
  const auto* found = static_cast<const char*>(::memmem(text.data(), text.size(), word.data(), word.size()));
  return found ? text.substr(static_cast<std::size_t>(found - text.data())) : std::string_view();
}

// Some services put `"usage":null` into every event but the last.
bool tells_usage(std::string_view data) {
  constexpr std::string_view name = "\"usage\"";
  while (!(data = from_word(data, name)).empty()) {
    data.remove_prefix(name.size());
    if (!data.starts_with(":null")) return true;
  }
  return false;
}
}  // namespace

std::string_view top_member(std::string_view text, std::string_view name) {
  constexpr std::string_view blanks = " \t\r\n";
  const char *p = text.data(), *const end = p + text.size();
  const auto pass = [&](char also) {
    while (p < end && (*p == also || blanks.contains(*p))) ++p;
  };
  pass(' ');
  if (p == end || *p != '{') return {};
  for (++p;;) {
    pass(',');
    if (p == end || *p != '"') return {};
    const char* const begin = p + 1;
    p = json::skip_string(p, end);
    if (!p) return {};
    const std::string_view found(begin, p - 1);
    pass(':');
    const char* const value = p;
    p = json::skip_value(p, end);
    if (!p) return {};
    if (found == name) return {value, p};
  }
}

void StreamWatch::feed(std::string_view bytes) {
  reader_.feed(bytes);
  json::SseEvent event;
  while (reader_.next(event)) read_event(event);
}

void StreamWatch::finish() {
  if (settled() < fed()) feed("\n\n");
}

void StreamWatch::read_event(const json::SseEvent& event) {
  const auto start = std::exchange(last_end_, event.end);
  if (event.data.size() < 16 && text::trim(event.data) == "[DONE]") {
    if (marker_ == EndMarker::done_word) ended_ = true;
    return;
  }
  if (event.type == "error") {
    failed_ = true;
    return;
  }
  seen_.feed(event.data);
  // Most events are a few words of text: only those that may hold something to keep are parsed.
  const auto holds = [&](std::string_view word) { return !from_word(event.data, word).empty(); };
  const bool typed = marker_ == EndMarker::response_event;
  if (!holds("\"error\"") && (typed ? !holds("\"response\"") : !tells_usage(event.data))) return;
  if (!json::Document::parse_into(event.data, {.refuse_duplicates = false}, document_)) return;
  const json::Value root = document_.root();
  if (typed) {
    read_response_event(event.type, root);
    return;
  }
  read_usage(root["usage"], usage_);
  if (root["usage"].is_object() && root["choices"].is_array() && root["choices"].size() == 0)
    usage_event_ = {start, event.end};
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
  if (named == "response.completed" || named == "response.incomplete" || named == "response.cancelled")
    ended_ = true;
}

struct Inflater::Impl {
  z_stream stream{};
  bool finished = false;
};

Inflater::Inflater() : impl_(std::make_unique<Impl>()) {}
Inflater::~Inflater() {
  ::inflateEnd(&impl_->stream);
}
bool Inflater::finished() const {
  return impl_->finished;
}

std::unique_ptr<Inflater> Inflater::create(std::string_view coding) {
  if (!text::iequals(coding, "gzip") && !text::iequals(coding, "x-gzip") && !text::iequals(coding, "deflate"))
    return nullptr;
  std::unique_ptr<Inflater> inflater(new Inflater);
  if (::inflateInit2(&inflater->impl_->stream, 15 + 32) != Z_OK)
    return nullptr;  // 32: zlib or gzip by its header
  return inflater;
}

Result<> Inflater::feed(std::string_view& bytes, std::string& out) {
  auto& z = impl_->stream;
  char buffer[16384];
  std::size_t most = kMostAtOnce;
  while (!impl_->finished && most > 0) {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), 1u << 30));
    const auto offered = z.avail_in;
    z.next_out = reinterpret_cast<Bytef*>(buffer);
    z.avail_out = static_cast<uInt>(std::min(most, sizeof buffer));
    const auto room = z.avail_out;
    const int result = ::inflate(&z, Z_SYNC_FLUSH);
    out.append(buffer, room - z.avail_out);
    most -= room - z.avail_out;
    bytes.remove_prefix(offered - z.avail_in);
    if (result == Z_STREAM_END)
      impl_->finished = true;
    else if (result == Z_BUF_ERROR)
      return {};  // it wants more input
    else if (result != Z_OK)
      return fail(Code::corrupt, "the answer's compression is broken");
  }
  if (impl_->finished) bytes = {};
  return {};
}

}  // namespace ostiary::gateway
