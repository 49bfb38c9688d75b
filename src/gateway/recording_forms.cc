#include "gateway/recording_forms.h"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>
#include <map>
#include <optional>

#include "json/edit.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

using json::Value;

using Names = std::initializer_list<std::string_view>;

// The members of an object that are not among `known`, each with a leading comma.
std::string others(Value object, Names known) {
  std::string out;
  if (!object.is_object()) return out;
  for (const Value member : object) {
    if (std::ranges::find(known, member.key()) != known.end()) continue;
    out += ",\"" + std::string(member.key_raw()) + "\":" + std::string(member.raw());
  }
  return out;
}

std::string raw_or(Value value, std::string_view otherwise) {
  return std::string(value ? value.raw() : otherwise);
}

// Cuts behind every `bytes` bytes, at a character's end: how arguments of tool calls come.
std::vector<std::string_view> slices(std::string_view text, std::size_t bytes) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    std::size_t n = std::min(bytes, text.size());
    while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) ++n;
    out.push_back(text.substr(0, n));
    text.remove_prefix(n);
  }
  return out;
}

// ---- chat/completions and completions: whole to stream

class ChoiceStream {
 public:
  ChoiceStream(Value body, bool chat, std::vector<std::string>& out) : chat_(chat), out_(out) {
    head_ = std::string(R"({"id":"","object":")") + (chat ? "chat.completion.chunk" : "text_completion") +
            R"(","created":0,"model":"")" +
            others(body, {"id", "object", "created", "model", "choices", "usage"}) + R"(,"choices":[)";
  }

  void add(Value choice, std::uint64_t position) {
    index_ = choice["index"].as_uint().value_or(position);
    logprobs_ = raw_or(choice["logprobs"], "null");
    if (chat_) {
      message(choice["message"]);
    } else {
      const auto text = choice["text"].string_or("");
      for (const auto word : words_with_blanks(text)) emit(R"("text":)" + json::quoted(word), "null");
    }
    emit(chat_ ? R"("delta":{})" : R"("text":"")", raw_or(choice["finish_reason"], "\"stop\""));
  }

  void usage(Value usage) {
    if (usage.is_object()) out_.push_back(head_ + R"(],"usage":)" + std::string(usage.raw()) + "}");
  }

 private:
  void message(Value message) {
    const bool text = message["content"].is_string();
    delta(R"("role":)" + raw_or(message["role"], "\"assistant\"") + R"(,"content":)" +
          (text ? "\"\"" : "null") + others(message, {"role", "content", "refusal", "tool_calls"}));
    for (const std::string_view name : {"content", "refusal"}) {
      const auto value = message[name].string_or("");
      for (const auto word : words_with_blanks(value))
        delta("\"" + std::string(name) + "\":" + json::quoted(word));
    }
    std::size_t i = 0;
    if (message["tool_calls"].is_array())
      for (const Value call : message["tool_calls"]) tool_call(call, i++);
  }

  void tool_call(Value call, std::size_t i) {
    const auto index = R"("tool_calls":[{"index":)" + std::to_string(i);
    const Value function = call["function"];
    delta(index + others(call, {"index", "function"}) + R"(,"function":{"name":)" +
          raw_or(function["name"], "\"\"") + R"(,"arguments":""}}])");
    const auto arguments = function["arguments"].string_or("");
    for (const auto piece : slices(arguments, 16))
      delta(index + R"(,"function":{"arguments":)" + json::quoted(piece) + "}}]");
  }

  void delta(const std::string& members) { emit(R"("delta":{)" + members + "}", "null"); }

  // The recorded log probabilities go with the first piece of the choice.
  void emit(const std::string& content, const std::string& finish) {
    out_.push_back(head_ + R"({"index":)" + std::to_string(index_) + "," + content + R"(,"logprobs":)" +
                   logprobs_ + R"(,"finish_reason":)" + finish + "}]}");
    logprobs_ = "null";
  }

  bool chat_;
  std::vector<std::string>& out_;
  std::string head_;
  std::uint64_t index_ = 0;
  std::string logprobs_;
};

// ---- responses: whole to stream

class ResponseStream {
 public:
  explicit ResponseStream(std::vector<std::string>& out) : out_(out) {}

  void all(const json::Document& body) {
    const Value root = body.root();
    json::Edit begun;
    begun.set(root, "status", "\"in_progress\"");
    begun.set(root, "output", "[]");
    begun.set(root, "usage", "null");
    const auto start = begun.apply(body.text()).value_or("{}");
    emit("response.created", R"("response":)" + start);
    emit("response.in_progress", R"("response":)" + start);
    if (root["output"].is_array())
      for (const Value item : root["output"]) add(item);
    const auto status = root["status"].string_or("completed");
    const bool ends = status == "incomplete" || status == "failed";
    emit("response." + (ends ? status : "completed"), R"("response":)" + std::string(root.raw()));
  }

 private:
  void add(Value item) {
    const auto type = item["type"].string_or("");
    place_ = R"("output_index":)" + std::to_string(output_++);
    id_ = R"("item_id":)" + raw_or(item["id"], "\"\"") + ",";
    std::string begun(item.raw());
    if (type == "message")
      begun = R"({"type":"message","status":"in_progress","content":[])" +
              others(item, {"type", "status", "content"}) + "}";
    else if (type == "function_call")
      begun = R"({"type":"function_call","status":"in_progress","arguments":"")" +
              others(item, {"type", "status", "arguments"}) + "}";
    emit("response.output_item.added", place_ + R"(,"item":)" + begun);
    if (type == "message") content(item["content"]);
    if (type == "function_call") arguments(item);
    emit("response.output_item.done", place_ + R"(,"item":)" + std::string(item.raw()));
  }

  void content(Value parts) {
    if (!parts.is_array()) return;
    std::size_t i = 0;
    for (const Value part : parts) {
      const auto at = id_ + place_ + R"(,"content_index":)" + std::to_string(i++);
      const bool refusal = part["type"].string_or("") == "refusal";
      const std::string name = refusal ? "refusal" : "text";
      const auto text = part[name].string_or("");
      const std::string event = refusal ? "response.refusal" : "response.output_text";
      const std::string logprobs = refusal ? "" : R"(,"logprobs":[])";
      emit("response.content_part.added",
           at + R"(,"part":{"type":)" + raw_or(part["type"], "\"output_text\"") +
               (refusal ? R"(,"refusal":""})" : R"(,"text":"","annotations":[]})"));
      for (const auto word : words_with_blanks(text))
        emit(event + ".delta", fmt::format(R"({},"delta":{}{})", at, json::quoted(word), logprobs));
      emit(event + ".done", fmt::format(R"({},"{}":{}{})", at, name, json::quoted(text), logprobs));
      emit("response.content_part.done", at + R"(,"part":)" + std::string(part.raw()));
    }
  }

  void arguments(Value item) {
    const auto text = item["arguments"].string_or("");
    for (const auto piece : slices(text, 16))
      emit("response.function_call_arguments.delta", id_ + place_ + R"(,"delta":)" + json::quoted(piece));
    emit("response.function_call_arguments.done", id_ + place_ + R"(,"arguments":)" + json::quoted(text));
  }

  void emit(const std::string& type, const std::string& members) {
    out_.push_back(R"({"type":")" + type + R"(","sequence_number":)" + std::to_string(out_.size()) + "," +
                   members + "}");
  }

  std::vector<std::string>& out_;
  std::size_t output_ = 0;
  std::string place_, id_;
};

// ---- stream to whole

struct FoldedCall {
  std::string name, arguments, rest;  // rest: other members, with leading commas
};

struct FoldedChoice {
  std::string role = "\"assistant\"", finish = "null", logprobs;
  std::map<std::string, std::string> texts;   // members that came in pieces
  std::map<std::string, std::string> values;  // members that came whole, raw
  std::map<std::uint64_t, FoldedCall> calls;

  void add_calls(Value calls_in) {
    std::uint64_t position = 0;
    for (const Value piece : calls_in) {
      FoldedCall& call = calls[piece["index"].as_uint().value_or(position)];
      ++position;
      const Value function = piece["function"];
      if (call.name.empty()) call.name = function["name"].string_or("");
      call.arguments += function["arguments"].string_or("");
      if (call.rest.empty()) call.rest = others(piece, {"index", "function"});
    }
  }

  void add_delta(Value delta) {
    if (!delta.is_object()) return;
    for (const Value member : delta) {
      const auto name = member.key();
      if (name == "role")
        role = member.raw();
      else if (name == "tool_calls" && member.is_array())
        add_calls(member);
      else if (member.is_string())
        texts[name] += member.string_or("");
      else if (!member.is_null())
        values[name] = member.raw();
    }
  }

  void add(Value choice, bool chat) {
    if (chat)
      add_delta(choice["delta"]);
    else
      texts["text"] += choice["text"].string_or("");
    if (choice["finish_reason"].is_string()) finish = choice["finish_reason"].raw();
    if (const Value list = choice["logprobs"]["content"]; list.is_array())
      for (const Value token : list) logprobs += (logprobs.empty() ? "" : ",") + std::string(token.raw());
  }

  std::string text(std::uint64_t index, bool chat) const {
    std::string out = R"({"index":)" + std::to_string(index);
    if (chat)
      out += R"(,"message":{)" + message() + "}";
    else
      out += R"(,"text":)" + json::quoted(texts.contains("text") ? texts.at("text") : "");
    out += R"(,"logprobs":)" +
           (logprobs.empty() ? "null" : R"({"content":[)" + logprobs + R"(],"refusal":null})");
    return out + R"(,"finish_reason":)" + finish + "}";
  }

  std::string message() const {
    std::string out = R"("role":)" + role;
    const auto content = texts.find("content");
    const bool has_text = content != texts.end() && (!content->second.empty() || calls.empty());
    out += R"(,"content":)" + (has_text ? json::quoted(content->second) : "null");
    for (const auto& [name, value] : texts)
      if (name != "content") out += "," + json::quoted(name) + ":" + json::quoted(value);
    for (const auto& [name, value] : values) out += "," + json::quoted(name) + ":" + value;
    if (calls.empty()) return out;
    out += R"(,"tool_calls":[)";
    bool first = true;
    for (const auto& [index, call] : calls) {
      auto rest = call.rest;
      if (!rest.empty()) rest.erase(0, 1);
      out += (first ? "{" : ",{") + rest + (rest.empty() ? "" : ",") + R"("function":{"name":)" +
             json::quoted(call.name) + R"(,"arguments":)" + json::quoted(call.arguments) + "}}";
      first = false;
    }
    return out + "]";
  }
};

Result<std::string> fold_choices(const std::vector<json::Document>& events, bool chat) {
  std::map<std::uint64_t, FoldedChoice> choices;
  std::string extra, usage;
  for (const auto& event : events) {
    const Value root = event.root();
    if (!root.is_object()) return fail(Code::invalid, "an event is not an object");
    if (extra.empty()) extra = others(root, {"id", "object", "created", "model", "choices", "usage"});
    if (root["usage"].is_object()) usage = root["usage"].raw();
    if (!root["choices"].is_array()) continue;
    std::uint64_t position = 0;
    for (const Value choice : root["choices"])
      choices[choice["index"].as_uint().value_or(position++)].add(choice, chat);
  }
  std::string out = std::string(R"({"id":"","object":")") + (chat ? "chat.completion" : "text_completion") +
                    R"(","created":0,"model":"")" + extra + R"(,"choices":[)";
  bool first = true;
  for (const auto& [index, choice] : choices) {
    if (!first) out += ",";
    out += choice.text(index, chat);
    first = false;
  }
  out += "]";
  if (!usage.empty()) out += R"(,"usage":)" + usage;
  return out + "}";
}

Result<std::string> fold_responses(const std::vector<json::Document>& events) {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    const auto type = event->root()["type"].string_or("");
    if (type == "response.completed" || type == "response.incomplete" || type == "response.failed")
      if (const Value response = event->root()["response"]; response.is_object())
        return std::string(response.raw());
  }
  return fail(Code::invalid, "the stream has no response.completed, response.incomplete or response.failed");
}

}  // namespace

std::vector<std::string_view> words_with_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto word = std::min(text.find_first_not_of(blanks), text.size());
    const auto gap = std::min(text.find_first_of(blanks, word), text.size());
    const auto next = std::min(text.find_first_not_of(blanks, gap), text.size());
    out.push_back(text.substr(0, next));
    text.remove_prefix(next);
  }
  return out;
}

std::vector<RecordedEvent> stream_of(std::string_view endpoint, const json::Document& body,
                                     std::uint64_t after_ms) {
  std::vector<std::string> data;
  const Value root = body.root();
  if (endpoint == "chat/completions" || endpoint == "completions") {
    ChoiceStream stream(root, endpoint == "chat/completions", data);
    std::uint64_t position = 0;
    if (root["choices"].is_array())
      for (const Value choice : root["choices"]) stream.add(choice, position++);
    stream.usage(root["usage"]);
  } else if (endpoint == "responses") {
    ResponseStream(data).all(body);
  }
  std::vector<RecordedEvent> out;
  std::uint64_t spent = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::uint64_t due = after_ms * (i + 1) / data.size();
    out.push_back({due - spent, std::move(data[i])});
    spent = due;
  }
  return out;
}

Result<std::string> body_of(std::string_view endpoint, const std::vector<RecordedEvent>& events) {
  std::vector<json::Document> documents;
  for (const auto& event : events) {
    TRY(auto document, json::Document::parse(event.data));
    documents.push_back(std::move(document));
  }
  if (endpoint == "chat/completions" || endpoint == "completions")
    return fold_choices(documents, endpoint == "chat/completions");
  if (endpoint == "responses") return fold_responses(documents);
  return fail(Code::invalid, "only chat/completions, completions and responses have streams");
}

}  // namespace ostiary::gateway
