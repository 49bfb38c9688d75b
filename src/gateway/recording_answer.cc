#include "gateway/recording_answer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/hash.h"
#include "json/canonical.h"
#include "json/edit.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

using json::Value;

// What tells one answer from another, made from the request.
struct Identity {
  std::string id;       // with the endpoint's prefix
  std::string created;  // seconds since 1970: within 2026
  std::string model;    // JSON
  bool known_shape = false;

  Identity(std::string_view endpoint, const RequestKey& key) {
    const Digest digest = sha256(std::string(endpoint) + "\n" + key.canonical);
    const std::string_view prefix = endpoint == "chat/completions" ? "chatcmpl-"
                                    : endpoint == "completions"    ? "cmpl-"
                                    : endpoint == "responses"      ? "resp_"
                                                                   : "";
    known_shape = !prefix.empty();
    id = json::quoted(std::string(prefix.empty() ? "replay-" : prefix) + hex(digest).substr(0, 32));
    std::uint32_t number = 0;
    std::memcpy(&number, digest.data(), sizeof number);
    created = std::to_string(1'767'225'600 + number % 31'536'000);
    model = json::quoted(key.model);
  }
};

// The text with the identity in the places where its endpoint has it. `more` may add to the same edit.
template <class More>
std::string with_identity(const JsonText& text, std::string_view endpoint, const Identity& identity,
                          More more) {
  json::Edit edit;
  Value target = text.root();
  const bool responses = endpoint == "responses";
  if (responses && target["response"].is_object()) target = target["response"];
  const std::string_view created = responses ? "created_at" : "created";
  const bool event_part =
      target["type"].string_or("").starts_with("response.");  // speaks of a part of a response
  const auto set = [&](std::string_view name, const std::string& json) {
    if (!event_part && (identity.known_shape || target[name])) edit.set(target, name, json);
  };
  if (target.is_object()) {
    set("id", identity.id);
    set(created, identity.created);
    if (identity.model != "\"\"") set("model", identity.model);
    more(edit, target);
  }
  return edit.apply(text.text).value_or(text.text);
}

bool is_usage_event(Value event) {
  return event["choices"].is_array() && event["choices"].size() == 0 && event["usage"].is_object();
}

std::string sse(std::string_view endpoint, const std::string& data) {
  std::string out;
  if (endpoint == "responses") {
    const auto parsed = json::Document::parse(data);
    if (parsed) out = "event: " + parsed->root()["type"].string_or("message") + "\n";
  }
  return out + "data: " + data + "\n\n";
}

// Where the recording knows no usage: a token for every four bytes.
std::string estimated_usage(std::size_t request_bytes, std::size_t answer_bytes) {
  const auto in = (request_bytes + 3) / 4, out = (answer_bytes + 3) / 4;
  return R"({"prompt_tokens":)" + std::to_string(in) + R"(,"completion_tokens":)" + std::to_string(out) +
         R"(,"total_tokens":)" + std::to_string(in + out) + "}";
}

std::vector<RecordedEvent> play_stream(const RecordedExchange& exchange, const Identity& identity,
                                       Value request) {
  const std::string_view endpoint = exchange.endpoint;
  const bool choices = endpoint == "chat/completions" || endpoint == "completions";
  const bool with_usage = choices && request["stream_options"]["include_usage"].as_bool().value_or(false);
  bool usage_sent = false;
  std::vector<RecordedEvent> out;
  for (std::size_t i = 0; i < exchange.events.size(); ++i) {
    const JsonText& event = *exchange.events[i];
    if (choices && is_usage_event(event.root())) {
      if (!with_usage) continue;
      usage_sent = true;
    }
    const auto data = with_identity(event, endpoint, identity, [&](json::Edit& edit, Value root) {
      if (with_usage && !root["usage"]) edit.set(root, "usage", "null");
    });
    out.push_back({exchange.event_after_ms[i], sse(endpoint, data)});
  }
  if (with_usage && !usage_sent) {
    const Value recorded = exchange.body->root()["usage"];
    const std::string usage = recorded.is_object()
                                  ? std::string(recorded.raw())
                                  : estimated_usage(request.raw().size(), exchange.body->text.size());
    out.push_back(
        {0, sse(endpoint, R"({"id":)" + identity.id + R"(,"object":")" +
                              (endpoint == "completions" ? "text_completion" : "chat.completion.chunk") +
                              R"(","created":)" + identity.created + R"(,"model":)" + identity.model +
                              R"(,"choices":[],"usage":)" + usage + "}")});
  }
  if (choices) out.push_back({0, "data: [DONE]\n\n"});
  return out;
}

// ---- embeddings

std::vector<double> read_vector(Value embedding) {
  std::vector<double> out;
  if (embedding.is_array()) {
    for (const Value number : embedding) out.push_back(number.as_number().value_or(0));
  } else if (const auto text = embedding.as_string()) {
    const auto bytes = unbase64(*text).value_or("");
    for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, bytes.data() + i, 4);
      out.push_back(std::bit_cast<float>(bits));
    }
  }
  return out;
}

std::string write_vector(const std::vector<double>& vector, bool as_base64) {
  std::string out;
  if (as_base64) {
    for (const double number : vector) {
      const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
      out.append(reinterpret_cast<const char*>(&bits), 4);
    }
    return json::quoted(base64(out));
  }
  out = "[";
  for (const double number : vector) {
    if (out.size() > 1) out += ",";
    json::append_number(out, number);
  }
  return out + "]";
}

void normalize(std::vector<double>& vector) {
  double square = 0;
  for (const double x : vector) square += x * x;
  if (square > 0)
    for (double& x : vector) x = std::round(x / std::sqrt(square) * 1e6) / 1e6;
}

// For a text that was not recorded: its words hashed into the dimensions, so that texts with words in common
// still stand near each other.
std::vector<double> hashed_vector(std::string_view text, std::size_t dimensions) {
  std::vector<double> out(dimensions, 0);
  for (const auto& [word, count] : count_words(text)) {
    const Digest digest = sha256(word);
    for (std::size_t k = 0; k < 4; ++k) {
      const std::size_t place =
          (digest[2 * k] | static_cast<std::size_t>(digest[2 * k + 1]) << 8) % dimensions;
      out[place] += digest[16 + k] & 1 ? count : -static_cast<double>(count);
    }
  }
  if (std::ranges::all_of(out, [](double x) { return x == 0; })) out[0] = 1;
  normalize(out);
  return out;
}

// The inputs of a request or recording: a text, a list of texts, a list of tokens, or a list of such lists.
std::vector<std::string> inputs_of(Value request) {
  const Value input = request["input"];
  if (input.is_array() && input.size() > 0 && (input.at(0).is_string() || input.at(0).is_array())) {
    std::vector<std::string> out;
    for (const Value one : input) out.push_back(one.is_string() ? one.string_or("") : json::canonical(one));
    return out;
  }
  return {input.is_string() ? input.string_or("") : input ? json::canonical(input) : ""};
}

RecordedAnswer play_embeddings(const Recording& recording, const RequestKey& key, const Identity& identity,
                               Value request) {
  RecordedAnswer answer;
  const auto wanted = inputs_of(request);
  const bool as_base64 = request["encoding_format"].string_or("float") == "base64";
  std::size_t dimensions = 16, tokens = 0, found = 0;
  std::map<std::string, std::vector<double>> known;
  for (const auto& exchange : recording.exchanges()) {
    if (exchange->endpoint != "embeddings" || exchange->status >= 300 || !exchange->request) continue;
    const auto texts = inputs_of(exchange->request->root());
    const Value data = exchange->body->root()["data"];
    for (std::size_t i = 0; i < texts.size() && data.at(i); ++i) {
      auto vector = read_vector(data.at(i)["embedding"]);
      if (vector.empty()) continue;
      if (known.empty() || exchange->model == key.model) dimensions = vector.size();
      if (exchange->model == key.model)
        known.insert_or_assign(texts[i], std::move(vector));
      else
        known.try_emplace(texts[i], std::move(vector));
    }
  }
  const auto asked = request["dimensions"].as_uint();
  if (asked && (*asked == 0 || *asked > 65'536))
    return recorded_error(400, "invalid_value", "dimensions must be from 1 to 65536");
  std::string data;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto recorded = known.find(wanted[i]);
    const bool hit = recorded != known.end() && !recorded->second.empty();
    auto vector = hit ? recorded->second : hashed_vector(wanted[i], asked ? *asked : dimensions);
    found += hit;
    if (asked && *asked < vector.size()) {
      vector.resize(*asked);
      normalize(vector);
    }
    tokens += (wanted[i].size() + 3) / 4;
    data += (i ? "," : "") + std::string(R"({"object":"embedding","index":)") + std::to_string(i) +
            R"(,"embedding":)" + write_vector(vector, as_base64) + "}";
  }
  answer.likeness = found == wanted.size() ? Likeness::exact : found ? Likeness::similar : Likeness::none;
  answer.body = R"({"object":"list","data":[)" + data + R"(],"model":)" + identity.model +
                R"(,"usage":{"prompt_tokens":)" + std::to_string(tokens) + R"(,"total_tokens":)" +
                std::to_string(tokens) + "}}";
  return answer;
}

// ---- models

std::string model_object(const std::string& name) {
  return R"({"id":)" + json::quoted(name) + R"(,"object":"model","created":1767225600,"owned_by":"replay"})";
}

RecordedAnswer list_models(const Recording& recording, std::string_view name) {
  RecordedAnswer answer;
  answer.likeness = Likeness::exact;
  const auto& models = recording.models();
  if (!name.empty()) {
    const auto model = std::ranges::find(models, name);
    if (model == models.end())
      return recorded_error(404, "model_not_found", "the recording holds no such model");
    answer.body = model_object(*model);
    return answer;
  }
  for (const auto& model : models) answer.body += (answer.body.empty() ? "" : ",") + model_object(model);
  answer.body = R"({"object":"list","data":[)" + answer.body + "]}";
  return answer;
}

}  // namespace

RecordedAnswer recorded_error(std::uint16_t status, std::string_view code, std::string_view message) {
  RecordedAnswer answer;
  answer.status = status;
  answer.body = R"({"error":{"message":)" + json::quoted(message) +
                R"(,"type":"invalid_request_error","param":null,"code":)" + json::quoted(code) + "}}";
  return answer;
}

RecordedAnswer answer_from(const Recording& recording, std::string_view method, std::string_view path,
                           std::string_view body) {
  if (method == "GET" && path == "models") return list_models(recording, {});
  if (method == "GET" && path.starts_with("models/")) return list_models(recording, path.substr(7));
  if (method != "POST")
    return recorded_error(404, "not_found", "a recording keeps no state: only POST and models are answered");
  const auto parsed = json::Document::parse(body);
  if (!parsed || !parsed->root().is_object())
    return recorded_error(400, "invalid_json", "the request is not a JSON object");
  const Value request = parsed->root();
  const auto key = RequestKey::of(path, request);
  const Identity identity(path, key);
  const auto match = recording.find(path, key);
  if (path == "embeddings" && match.likeness != Likeness::exact)
    return play_embeddings(recording, key, identity, request);
  if (!match.exchange)
    return recorded_error(404, "not_recorded", "this recording holds nothing for that endpoint");
  const RecordedExchange& exchange = *match.exchange;
  if (path == "embeddings" && exchange.status < 300)
    return play_embeddings(recording, key, identity, request);
  RecordedAnswer answer;
  answer.status = exchange.status;
  answer.likeness = match.likeness;
  if (request["stream"].as_bool().value_or(false) && !exchange.events.empty()) {
    answer.stream = true;
    answer.events = play_stream(exchange, identity, request);
    return answer;
  }
  answer.after_ms = exchange.after_ms;
  answer.body = exchange.status >= 300
                    ? exchange.body->text
                    : with_identity(*exchange.body, path, identity, [](json::Edit&, Value) {});
  return answer;
}

}  // namespace ostiary::gateway
