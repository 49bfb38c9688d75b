#include "gateway/recording.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "base/text.h"
#include "json/canonical.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

using json::Value;

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kMaxAfterMs = 600'000;
// Below this cosine two texts have only everyday words in common.
constexpr double kSimilar = 0.2;

constexpr std::array<std::string_view, 9> kIgnored = {
    "stream",       "stream_options",   "user",           "safety_identifier", "metadata", "store",
    "service_tier", "prompt_cache_key", "encoding_format"};

// English words that say nothing about a subject; those of other languages fade by being frequent.
constexpr std::array<std::string_view, 48> kEveryday = {
    "a",   "about", "an",   "and",   "are",  "as",   "at",   "be",   "by",    "can",   "do",  "does",
    "for", "from",  "give", "how",   "i",    "if",   "in",   "is",   "it",    "me",    "my",  "of",
    "on",  "or",    "our",  "say",   "show", "tell", "that", "the",  "this",  "to",    "us",  "was",
    "we",  "what",  "when", "which", "who",  "why",  "will", "with", "would", "write", "you", "your"};
static_assert(std::ranges::is_sorted(kEveryday));

constexpr std::string_view kDefaultText =
    "This answer comes from a recording, not from a model. The replay service plays back exchanges that were "
    "recorded before, and this recording holds nothing like your request. Configure a service to reach a "
    "model.";

// The texts of a content: a string, or the text parts of a list.
std::string content_text(Value content) {
  if (auto text = content.as_string()) return *text;
  std::string out;
  if (!content.is_array()) return out;
  for (const Value part : content) {
    const auto text = part.is_string() ? part.string_or("") : part["text"].string_or("");
    if (!out.empty() && !text.empty()) out += "\n";
    out += text;
  }
  return out;
}

// The last message of a user, and the role (or type) of the last message.
void read_messages(Value messages, RequestKey& key) {
  if (!messages.is_array()) return;
  for (const Value message : messages) {
    key.last_role = message["role"].string_or(message["type"].string_or(""));
    if (key.last_role == "function_call_output") key.last_role = "tool";
    if (key.last_role == "user") key.user_text = content_text(message["content"]);
  }
}

void read_tools(Value tools, RequestKey& key) {
  if (!tools.is_array()) return;
  for (const Value tool : tools) {
    auto name = tool["function"]["name"].string_or(tool["name"].string_or(""));
    if (!name.empty()) key.tools.push_back(std::move(name));
  }
}

bool asks_for_json(Value request) {
  const auto chat = request["response_format"]["type"].string_or("text");
  const auto response = request["text"]["format"]["type"].string_or("text");
  return chat != "text" || response != "text";
}

std::vector<std::string> called_tools(Value body) {
  std::vector<std::string> out;
  if (const Value choices = body["choices"]; choices.is_array())
    for (const Value choice : choices)
      if (const Value calls = choice["message"]["tool_calls"]; calls.is_array())
        for (const Value call : calls) out.push_back(call["function"]["name"].string_or(""));
  if (const Value output = body["output"]; output.is_array())
    for (const Value item : output)
      if (item["type"].string_or("") == "function_call") out.push_back(item["name"].string_or(""));
  return out;
}

Result<> only_members(Value object, std::span<const std::string_view> allowed, const std::string& place) {
  for (const Value member : object) {
    const auto name = member.key();
    if (std::ranges::find(allowed, name) != allowed.end()) continue;
    const auto meant = text::nearest(name, allowed);
    return fail(Code::invalid, fmt::format("unknown member '{}' of {}{}", name, place,
                                           meant ? fmt::format(": did you mean '{}'?", *meant) : ""));
  }
  return {};
}

Result<std::uint64_t> read_after(Value value) {
  if (!value) return 0;
  const auto ms = value.as_uint();
  if (!ms || *ms > kMaxAfterMs)
    return fail(Code::invalid, "after_ms must be a whole number of milliseconds up to 600000");
  return *ms;
}

Result<std::vector<RecordedEvent>> read_stream(Value stream) {
  static constexpr std::array<std::string_view, 2> allowed = {"after_ms", "data"};
  if (!stream.is_array() || stream.size() == 0) return fail(Code::invalid, "stream must be a list of events");
  std::vector<RecordedEvent> events;
  for (const Value event : stream) {
    if (!event.is_object()) return fail(Code::invalid, "an event must be an object with data");
    TRY_VOID(only_members(event, allowed, "an event"));
    TRY(const auto after, read_after(event["after_ms"]));
    const Value data = event["data"];
    if (data.is_string() && data.string_or("") == "[DONE]") continue;
    if (!data.is_object()) return fail(Code::invalid, "an event's data must be an object, or \"[DONE]\"");
    events.push_back({after, std::string(data.raw())});
  }
  return events;
}

Result<> keep_events(RecordedExchange& exchange, std::vector<RecordedEvent> events) {
  for (auto& event : events) {
    TRY(auto parsed, JsonText::parse(std::move(event.data)));
    exchange.events.push_back(std::move(parsed));
    exchange.event_after_ms.push_back(event.after_ms);
  }
  return {};
}

// Reads an answer and makes the form in which it was not recorded.
Result<> read_response(Value response, RecordedExchange& exchange) {
  static constexpr std::array<std::string_view, 4> allowed = {"status", "after_ms", "body", "stream"};
  if (!response.is_object()) return fail(Code::invalid, "an exchange needs a response");
  TRY_VOID(only_members(response, allowed, "a response"));
  const auto status = response["status"] ? response["status"].as_uint() : 200;
  if (!status || *status < 200 || *status > 599)
    return fail(Code::invalid, "status must be a number from 200 to 599");
  exchange.status = static_cast<std::uint16_t>(*status);
  TRY(exchange.after_ms, read_after(response["after_ms"]));
  if (bool(response["body"]) == bool(response["stream"]))
    return fail(Code::invalid, "a response has either a body or a stream");
  if (const Value body = response["body"]) {
    TRY(exchange.body, JsonText::parse(std::string(body.raw())));
    if (exchange.status < 300)
      TRY_VOID(
          keep_events(exchange, stream_of(exchange.endpoint, exchange.body->document, exchange.after_ms)));
    return {};
  }
  TRY(auto events, read_stream(response["stream"]));
  TRY(auto body, body_of(exchange.endpoint, events));
  TRY(exchange.body, JsonText::parse(std::move(body)));
  exchange.after_ms = 0;
  for (const auto& event : events) exchange.after_ms += event.after_ms;
  return keep_events(exchange, std::move(events));
}

Result<> check_header(std::string_view line) {
  TRY(const auto header, json::Document::parse(line));
  const auto version = header.root()["ostiary-recording"].as_uint();
  if (!version || *version == 0)
    return fail(Code::invalid, "this is no recording: its first line must be {\"ostiary-recording\":1}");
  if (*version > kVersion)
    return fail(Code::newer, "this recording was written by a newer version of the program: update it");
  return {};
}

Error at_line(Error error, const std::string& where, std::size_t line) {
  if (!error.where.empty()) error.message += " (" + error.where + ")";
  error.where = where + ":" + std::to_string(line);
  return error;
}

}  // namespace

Result<std::unique_ptr<JsonText>> JsonText::parse(std::string text) {
  auto out = std::make_unique<JsonText>();
  out->text = std::move(text);
  TRY_VOID(json::Document::parse_into(out->text, {}, out->document));
  return out;
}

std::string canonical_request(Value request) {
  std::string kept = "{";
  if (request.is_object())
    for (const Value member : request) {
      if (std::ranges::find(kIgnored, member.key()) != kIgnored.end()) continue;
      if (kept.size() > 1) kept += ",";
      kept += "\"" + std::string(member.key_raw()) + "\":" + std::string(member.raw());
    }
  kept += "}";
  return json::canonical(kept).value_or(kept);
}

RequestKey RequestKey::of(std::string_view endpoint, Value request) {
  RequestKey key;
  key.canonical = canonical_request(request);
  key.model = request["model"].string_or("");
  key.last_role = "user";
  if (endpoint == "completions") {
    key.user_text = content_text(request["prompt"]);
  } else if (request["input"].is_string()) {
    key.user_text = request["input"].string_or("");
  } else if (endpoint == "embeddings") {
    key.user_text = content_text(request["input"]);
  } else {
    read_messages(endpoint == "responses" ? request["input"] : request["messages"], key);
  }
  read_tools(request["tools"], key);
  key.wants_json = asks_for_json(request);
  return key;
}

std::map<std::string, std::uint32_t> count_words(std::string_view text) {
  std::map<std::string, std::uint32_t> out;
  std::string word;
  const auto end = [&] {
    if (std::ranges::binary_search(kEveryday, std::string_view(word))) word.clear();
    if (word.size() > 3 && word.back() == 's') word.pop_back();  // most plurals
    if (!word.empty()) ++out[word];
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0xe2) {  // typographic quotes, dashes and signs
      end();
      i += 2;
    } else if (c >= 0xe3) {  // a character of three bytes or more: kana, ideographs, signs
      end();
      const std::size_t n = c >= 0xf0 ? 4 : 3;
      word = text.substr(i, n);
      i += n - 1;
      end();
    } else if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) {
      word += static_cast<char>(c);
    } else if (c >= 'A' && c <= 'Z') {
      word += static_cast<char>(c + 32);
    } else {
      end();
    }
  }
  end();
  return out;
}

Result<> Recording::add(std::string line) {
  static constexpr std::array<std::string_view, 5> allowed = {"endpoint", "request", "response", "default",
                                                              "note"};
  TRY(auto parsed, JsonText::parse(std::move(line)));
  const Value root = parsed->root();
  if (!root.is_object()) return fail(Code::invalid, "an exchange must be an object");
  TRY_VOID(only_members(root, allowed, "an exchange"));
  auto exchange = std::make_unique<RecordedExchange>();
  exchange->endpoint = root["endpoint"].string_or("");
  exchange->is_default = root["default"].as_bool().value_or(false);
  if (exchange->endpoint.empty() || exchange->endpoint.starts_with('/'))
    return fail(Code::invalid, "endpoint must be a path behind /v1/, such as chat/completions");
  if (!root["request"].is_object() && !exchange->is_default)
    return fail(Code::invalid, "an exchange needs a request");
  auto key = RequestKey::of(exchange->endpoint, root["request"]);
  exchange->canonical = std::move(key.canonical);
  exchange->model = std::move(key.model);
  exchange->user_text = std::move(key.user_text);
  exchange->last_role = std::move(key.last_role);
  exchange->wants_json = key.wants_json;
  if (root["request"]) {
    TRY(exchange->request, JsonText::parse(std::string(root["request"].raw())));
  }
  TRY_VOID(read_response(root["response"], *exchange));
  exchange->called_tools = called_tools(exchange->body->root());
  exchanges_.push_back(std::move(exchange));
  return {};
}

Result<> Recording::add_builtin_defaults() {
  const auto text = json::quoted(kDefaultText);
  const auto usage = std::string(R"("usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})");
  const std::pair<std::string_view, std::string> bodies[] = {
      {"chat/completions",
       R"({"id":"","object":"chat.completion","created":0,"model":"","choices":[{"index":0,"message":{"role":"assistant","content":)" +
           text + R"(,"refusal":null},"logprobs":null,"finish_reason":"stop"}],)" + usage + "}"},
      {"completions",
       R"({"id":"","object":"text_completion","created":0,"model":"","choices":[{"index":0,"text":)" + text +
           R"(,"logprobs":null,"finish_reason":"stop"}],)" + usage + "}"},
      {"responses",
       R"({"id":"","object":"response","created_at":0,"status":"completed","error":null,"incomplete_details":null,"instructions":null,"metadata":{},"model":"","parallel_tool_calls":true,"temperature":null,"tool_choice":"auto","tools":[],"top_p":null,"output":[{"id":"msg_replay","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":)" +
           text +
           R"(,"annotations":[]}]}],"usage":{"input_tokens":0,"input_tokens_details":{"cached_tokens":0},"output_tokens":0,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":0}})"}};
  for (const auto& [endpoint, body] : bodies)
    TRY_VOID(add(R"({"endpoint":")" + std::string(endpoint) + R"(","default":true,"response":{"body":)" +
                 body + "}}"));
  return {};
}

void Recording::build_indexes() {
  std::set<std::string> models;
  for (std::uint32_t i = 0; i < exchanges_.size(); ++i) {
    const auto& exchange = *exchanges_[i];
    Index& index = indexes_[exchange.endpoint];
    if (!exchange.model.empty()) models.insert(exchange.model);
    if (exchange.is_default) {
      if (!index.fallback) index.fallback = &exchange;
      continue;
    }
    exact_.try_emplace(exchange.endpoint + "\n" + exchange.canonical, i);
    index.members.push_back(i);
  }
  models_.assign(models.begin(), models.end());
  for (auto& [endpoint, index] : indexes_) {
    const auto total = static_cast<double>(index.members.size());
    std::vector<std::map<std::string, std::uint32_t>> words;
    for (const auto member : index.members) {
      words.push_back(count_words(exchanges_[member]->user_text));
      for (const auto& [word, count] : words.back()) index.rarity[word] += 1;
    }
    // ln((N+1)/(n+1/2)): near nothing for a word that stands everywhere.
    for (auto& [word, n] : index.rarity) n = std::log((total + 1) / (n + 0.5));
    for (std::uint32_t place = 0; place < words.size(); ++place) {
      double square = 0;
      for (const auto& [word, count] : words[place]) {
        const double weight = (1 + std::log(count)) * index.rarity[word];
        square += weight * weight;
        index.postings[word].push_back({place, weight});
      }
      index.length.push_back(std::sqrt(square));
    }
  }
}

// The cosine of each member's words with those of the text.
std::vector<double> Recording::similarities(const Index& index, const std::string& text) const {
  std::vector<double> out(index.members.size(), 0);
  const double unknown = std::log((static_cast<double>(index.members.size()) + 1) / 1.5);
  double square = 0;
  for (const auto& [word, count] : count_words(text)) {
    const auto rarity = index.rarity.find(word);
    const double weight = (1 + std::log(count)) * (rarity == index.rarity.end() ? unknown : rarity->second);
    square += weight * weight;
    if (const auto postings = index.postings.find(word); postings != index.postings.end())
      for (const auto& posting : postings->second) out[posting.place] += weight * posting.weight;
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out[i] > 0) out[i] /= std::sqrt(square) * index.length[i];
  return out;
}

Recording::Match Recording::find(std::string_view endpoint, const RequestKey& key) const {
  const auto found = indexes_.find(endpoint);
  if (found == indexes_.end()) return {};
  if (const auto same = exact_.find(std::string(endpoint) + "\n" + key.canonical); same != exact_.end())
    return {exchanges_[same->second].get(), Likeness::exact};
  const Index& index = found->second;
  const auto scores = similarities(index, key.user_text);
  const RecordedExchange* best = nullptr;
  double best_score = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto& candidate = *exchanges_[index.members[i]];
    const auto not_offered = [&](const std::string& tool) {
      return std::ranges::find(key.tools, tool) == key.tools.end();
    };
    if (scores[i] < kSimilar || std::ranges::any_of(candidate.called_tools, not_offered)) continue;
    double score = scores[i];
    if (candidate.last_role != key.last_role) score /= 2;    // a question is not a tool's result
    if (candidate.wants_json != key.wants_json) score /= 2;  // nor prose JSON
    if (candidate.model == key.model) score += 0.01;
    if (score <= best_score) continue;  // of equals the first
    best = &candidate;
    best_score = score;
  }
  if (best) return {best, Likeness::similar};
  return {index.fallback, Likeness::none};
}

Result<std::shared_ptr<const Recording>> Recording::parse(std::string_view text, const std::string& where) {
  auto recording = std::make_shared<Recording>();
  std::size_t number = 0;
  bool header = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty()) continue;
    const auto read = header ? recording->add(std::string(line)) : check_header(line);
    if (!read) return std::unexpected<Error>(at_line(read.error(), where, number));
    header = true;
  }
  if (!header)
    return fail(Code::invalid, "this is no recording: its first line must be {\"ostiary-recording\":1}",
                where);
  TRY_VOID(recording->add_builtin_defaults());
  recording->build_indexes();
  return std::shared_ptr<const Recording>(std::move(recording));
}

}  // namespace ostiary::gateway
