#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/endpoint.h"
#include "gateway/token_count.h"
#include "json/document.h"
#include "json/sse.h"
#include "ledger/record.h"

namespace ostiary::gateway {

// Takes the token counts out of an answer's `usage` object, whichever names it uses: prompt_tokens or
// input_tokens, completion_tokens or output_tokens; cached ones as cached_tokens (in its details or beside
// them), prompt_cache_hit_tokens (DeepSeek) or cache_read_input_tokens (Anthropic, where input_tokens leaves
// out what was read from the cache or written to it). Cached tokens come out as part of the input, and never
// more. What total_tokens has beyond the two is output: thinking that some services count apart. A later
// report replaces an earlier one.
void read_usage(json::Value usage, ledger::Usage& into);

// The bytes of a member's value of the JSON object that `text` is; nothing where it has no such member, or is
// none. Members within its values do not count, whatever they are called: an answer may repeat what the
// caller wrote. Costs one pass over the bytes before, so that an answer of any size can be asked; the text is
// not validated. Names are compared as they stand, without undoing escapes.
std::string_view top_member(std::string_view text, std::string_view name);

// Watches a stream of server-sent events go by: where events end, whether its end marker has come, what it
// reports. Holds no more than one unfinished event.
class StreamWatch {
 public:
  // `endpoint`: how text stands in its events.
  StreamWatch(EndMarker marker, std::string_view endpoint) : marker_(marker), seen_(endpoint) {}
  void feed(std::string_view bytes);
  // The stream ended as its framing says: a last event counts without its empty line.
  void finish();
  std::uint64_t settled() const { return reader_.settled(); }  // offset behind the last finished event
  std::uint64_t fed() const { return reader_.fed(); }
  // The stream has said all it had to: its end marker, or an error of its own.
  bool told_end() const { return ended_ || failed_; }
  // It may end here: it has said so, or has no way to say it.
  bool ended() const { return told_end() || marker_ == EndMarker::none; }
  bool failed() const { return failed_; }  // the service reported an error within the stream
  const ledger::Usage& usage() const { return usage_; }
  const std::string& response_id() const { return response_id_; }
  std::uint64_t seen_output() const { return seen_.tokens(); }  // about how many tokens of text went by
  // The event that only reports usage (`choices` is empty): where it stands in the stream, from the end of
  // the event before it to its own. Both 0: none came.
  struct Range {
    std::uint64_t start = 0, end = 0;
  };
  const Range& usage_event() const { return usage_event_; }

 private:
  void read_event(const json::SseEvent& event);
  void read_response_event(std::string_view type, json::Value root);
  EndMarker marker_;
  json::SseReader reader_;
  json::Document document_;
  bool ended_ = false, failed_ = false;
  ledger::Usage usage_;
  std::string response_id_;
  OutputCount seen_;
  Range usage_event_;
  std::uint64_t last_end_ = 0;  // of the event before
};

// Undoes a gzip or deflate content coding (RFC 9110 section 8.4.1) piece by piece.
class Inflater {
 public:
  // `coding`: a Content-Encoding value. Null for one that is not understood.
  static std::unique_ptr<Inflater> create(std::string_view coding);
  ~Inflater();
  static constexpr std::size_t kMostAtOnce = 256 * 1024;
  // Takes from the front of `bytes` and appends what it unpacks to, at most kMostAtOnce: little can unpack to
  // very much. Call until it appends nothing. What follows the end of the coding is passed over.
  Result<> feed(std::string_view& bytes, std::string& out);
  bool finished() const;

 private:
  Inflater();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::gateway
