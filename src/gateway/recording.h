#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "gateway/recording_forms.h"
#include "json/document.h"

namespace ostiary::gateway {

// A JSON text with its document; stays where it is.
struct JsonText {
  std::string text;
  json::Document document;

  static Result<std::unique_ptr<JsonText>> parse(std::string text);
  json::Value root() const { return document.root(); }
};

// One recorded exchange, in both forms where its endpoint has streams.
struct RecordedExchange {
  std::string endpoint;
  std::string canonical;  // of the request, see canonical_request()
  std::string model;      // of the request
  std::string user_text;
  std::string last_role;
  std::vector<std::string> called_tools;  // functions that the answer calls
  bool wants_json = false;                // the request asks for structured output
  bool is_default = false;                // for requests that resemble nothing
  std::uint16_t status = 200;
  std::uint64_t after_ms = 0;  // of the whole answer
  std::unique_ptr<JsonText> request, body;
  std::vector<std::uint64_t> event_after_ms;
  std::vector<std::unique_ptr<JsonText>> events;
};

// What a request is matched by.
struct RequestKey {
  std::string canonical, model, user_text, last_role;
  std::vector<std::string> tools;  // that the request offers
  bool wants_json = false;

  static RequestKey of(std::string_view endpoint, json::Value request);
};

enum class Likeness : std::uint8_t { exact, similar, none };

// A file of recorded exchanges (docs/recordings.md), indexed. Immutable, thread-safe.
class Recording {
 public:
  // `where` names the text in errors ("file:line"). Errors: invalid, newer.
  static Result<std::shared_ptr<const Recording>> parse(std::string_view text, const std::string& where);

  const std::vector<std::string>& models() const { return models_; }  // sorted
  const std::vector<std::unique_ptr<RecordedExchange>>& exchanges() const { return exchanges_; }

  struct Match {
    const RecordedExchange* exchange = nullptr;  // null: nothing at all for this endpoint
    Likeness likeness = Likeness::none;
  };
  // The exchange of the same endpoint with the same canonical request; else the one whose last user text has
  // most in common with that of the request, weighted by how rare a word is in the recording; else the
  // default.
  Match find(std::string_view endpoint, const RequestKey& key) const;

 private:
  struct Posting {
    std::uint32_t place;  // in Index::members
    double weight;
  };
  struct Index {
    std::vector<std::uint32_t> members;  // in exchanges_
    std::vector<double> length;          // of each member's vector
    std::unordered_map<std::string, std::vector<Posting>> postings;
    std::unordered_map<std::string, double> rarity;
    const RecordedExchange* fallback = nullptr;
  };
  Result<> add(std::string line);
  Result<> add_builtin_defaults();
  void build_indexes();
  std::vector<double> similarities(const Index& index, const std::string& text) const;

  std::vector<std::unique_ptr<RecordedExchange>> exchanges_;
  std::unordered_map<std::string, std::uint32_t> exact_;  // endpoint + "\n" + canonical
  std::map<std::string, Index, std::less<>> indexes_;     // by endpoint
  std::vector<std::string> models_;
};

// The request's RFC 8785 form without the members that do not change what is asked: stream, stream_options,
// user, safety_identifier, metadata, store, service_tier, prompt_cache_key, encoding_format.
std::string canonical_request(json::Value request);

// Lower-case words with how often each stands in the text, without everyday ones; a character of scripts that
// write no blanks is a word.
std::map<std::string, std::uint32_t> count_words(std::string_view text);

}  // namespace ostiary::gateway
