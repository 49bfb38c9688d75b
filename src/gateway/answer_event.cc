#include "gateway/answer_event.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>

namespace ostiary::gateway {

namespace {

// A string that is shorter says nothing that is a finding, or a placeholder.
constexpr std::size_t kLeastText = 8;

// Members of which no value is a text: names, words of the protocol, what is encrypted.
constexpr std::array<std::string_view, 22> kNoText = {"call_id",
                                                      "encrypted_content",
                                                      "event",
                                                      "finish_reason",
                                                      "id",
                                                      "item_id",
                                                      "model",
                                                      "native_finish_reason",
                                                      "obfuscation",
                                                      "object",
                                                      "previous_response_id",
                                                      "provider",
                                                      "response_id",
                                                      "role",
                                                      "service_tier",
                                                      "signature",
                                                      "status",
                                                      "stop_reason",
                                                      "system_fingerprint",
                                                      "tool_call_id",
                                                      "tool_use_id",
                                                      "type"};

bool no_text(std::string_view name) {
  return std::ranges::find(kNoText, name) != kNoText.end();
}

// Members whose value is what a model gives to a tool: their own members are called as the tool wants it.
bool holds_values(std::string_view name) {
  constexpr std::array<std::string_view, 5> names = {"action", "args", "arguments", "input", "parameters"};
  return std::ranges::find(names, name) != names.end();
}

// A member that says why an event is the last one; it is null or empty in those before.
bool tells_end(std::string_view name) {
  constexpr std::array<std::string_view, 4> names = {"done_reason", "finishReason", "finish_reason",
                                                     "stop_reason"};
  return std::ranges::find(names, name) != names.end();
}

// The last event of a stream of a shape that nobody knows.
bool is_last(const json::Document& document) {
  for (const std::string_view name :
       {"done", "final", "finished", "is_end", "is_final", "is_finished", "stop"})
    if (document.root()[name].as_bool() == true) return true;
  const auto& nodes = document.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const json::Value value(&document, i);
    if (value.is_string() && value.raw().size() > 2 && tells_end(value.key_raw())) return true;
  }
  return false;
}

// Every string of these events comes once, but for their `delta`.
bool is_known(std::string_view type) {
  constexpr std::array<std::string_view, 7> names = {
      "content_block_delta", "content_block_start", "content_block_stop", "error",
      "message_delta",       "message_start",       "message_stop"};
  return type.starts_with("response.") || std::ranges::find(names, type) != names.end();
}

// Names the place of each node by a number, so that it costs the same however long the path is.
class Places {
 public:
  Places(const json::Document& document, std::string_view type)
      : document_(document), places_{std::hash<std::string_view>{}(type)} {}
  // To be asked for each node, in order.
  std::uint64_t of(std::uint32_t index) {
    const auto& nodes = document_.nodes();
    if (index == 0) return places_[0];
    while (nodes[containers_.back().index].next <= index) containers_.pop_back(), places_.pop_back();
    auto& within = containers_.back();
    const auto& node = nodes[index];
    const auto step = node.key_end > 0 ? std::hash<std::string_view>{}(document_.text().substr(
                                             node.key_start, node.key_end - node.key_start))
                                       : within.position++;
    constexpr std::uint64_t spread = 0x9e3779b97f4a7c15;
    auto place = (places_.back() ^ (step + spread + (places_.back() << 6) + (places_.back() >> 2))) * spread;
    place ^= place >> 32;
    if (node.type == json::Type::array || node.type == json::Type::object) {
      containers_.push_back({index, 0});
      places_.push_back(place);
    }
    return place;
  }

 private:
  struct Container {
    std::uint32_t index = 0;
    std::uint64_t position = 0;  // of the next element
  };
  const json::Document& document_;
  std::vector<Container> containers_{{}};
  std::vector<std::uint64_t> places_;  // of each container
};

std::string number_or(json::Value value, std::size_t otherwise) {
  return std::to_string(value.as_uint().value_or(otherwise));
}

}  // namespace

bool holds_json(std::string_view name) {
  return name == "arguments" || name == "partial_json";
}

void AnswerEvent::read_delta(json::Value delta, const std::string& channel, bool values) {
  std::size_t position = 0;
  for (const json::Value member : delta) {
    const auto name =
        delta.is_array() ? number_or(member["index"], position++) : std::string(member.key_raw());
    if (member.is_object() || member.is_array())
      read_delta(member, channel + name + "/", values || holds_values(name));
    else if (member.is_string() && (values || (!no_text(name) && name != "name")))
      pieces.push_back({member, channel + name, holds_json(name)});
    else if (member.is_string() && name != "type")
      once.push_back(member);
  }
}

void AnswerEvent::read_choice(json::Value choice, std::size_t position) {
  const auto channel = "choices/" + number_or(choice["index"], position) + "/";
  if (const auto delta = choice["delta"]; delta.is_object()) {
    read_delta(delta, channel);
    if (const auto message = choice["message"]; message && !message.is_null()) grown.push_back(message);
  }
  if (const auto text = choice["text"]; text.is_string()) pieces.push_back({text, channel + "text", false});
  const auto reasoning = channel + "reasoning";
  const bool answers = std::ranges::any_of(pieces, [&](const Piece& piece) {
    return piece.channel.starts_with(channel) && !piece.channel.starts_with(reasoning) &&
           piece.value.raw().size() > 2;
  });
  if (answers) ended.push_back(reasoning);  // what comes before an answer is over with it
  if (const auto why = choice["finish_reason"]; why.is_string()) {
    endings.push_back(why);
    ended.push_back(channel);
  }
}

// Events that say what they are: of responses, and of others that stream parts by number.
void AnswerEvent::read_typed(json::Value root, std::string_view type) {
  const auto delta = root["delta"];
  std::string place;
  if (root["output_index"]) place = "output/" + number_or(root["output_index"], 0) + "/";
  if (root["index"]) place = "parts/" + number_or(root["index"], 0) + "/";
  if (delta.is_object()) return read_delta(delta, place);
  if (delta.is_string()) {
    if (type.ends_with(".delta")) type.remove_suffix(6);
    auto channel = place + std::string(type);
    for (const std::string_view index : {"content_index", "summary_index"})
      if (root[index]) channel += "/" + number_or(root[index], 0);
    pieces.push_back({delta, std::move(channel), type.contains("arguments")});
    return;
  }
  constexpr std::array<std::string_view, 6> all = {"response.completed", "response.incomplete",
                                                   "response.failed",    "response.cancelled",
                                                   "message_stop",       "error"};
  if (std::ranges::find(all, type) != all.end())
    ended.emplace_back();
  else if (type.ends_with(".done") || type == "content_block_stop")
    ended.push_back(place);
}

// Whatever else is a string; what stands in `logprobs` repeats texts beside it.
void AnswerEvent::add_rest(const json::Document& document) {
  const auto& nodes = document.nodes();
  const auto text = document.text();
  auto piece = pieces.begin();
  std::uint32_t values_until = 0;  // the nodes before it are a tool's arguments
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    const auto name = node.key_end > 0 ? text.substr(node.key_start + 1, node.key_end - node.key_start - 2)
                                       : std::string_view();
    if (std::ranges::find(grown, i, &json::Value::index) != grown.end()) {
      i = node.next - 1;
      continue;
    }
    if (node.type != json::Type::string && holds_values(name))
      values_until = std::max(values_until, node.next);
    const bool value = i < values_until;
    if (name == "logprobs" && !value && node.type != json::Type::null) {
      repeats.emplace_back(&document, i);
      i = node.next - 1;
      continue;
    }
    if (node.type != json::Type::string) continue;
    while (piece != pieces.end() && piece->value.index() < i) ++piece;
    if (piece != pieces.end() && piece->value.index() == i) continue;
    if (node.end > node.start + 2 && (value || !no_text(name))) whole.emplace_back(&document, i);
  }
}

// Which of the strings that are left may go on in the next event.
void AnswerEvent::tell_others(const json::Document& document, std::string_view type) {
  std::vector<json::Value> own;
  Places places(document, type);
  std::uint32_t next = 0;
  std::vector<std::uint32_t> told_once;
  for (const json::Value value : once) told_once.push_back(value.index());
  std::ranges::sort(told_once);
  for (const json::Value value : whole) {
    const auto name = value.key_raw();
    const bool named =
        name.ends_with("_id") || name.ends_with("Id") || std::ranges::binary_search(told_once, value.index());
    std::uint64_t place = 0;
    for (; next <= value.index(); ++next) place = places.of(next);
    if (named)
      own.push_back(value);
    else
      other.push_back({value, fmt::format("?{:016x}", place), holds_json(value.key_raw())});
  }
  whole = std::move(own);
}

void AnswerEvent::read(const json::Document& document, std::string_view event_type) {
  clear();
  const auto root = document.root();
  std::size_t position = 0;
  for (const json::Value choice : root["choices"]) read_choice(choice, position++);
  const auto type = root["type"].is_string() ? root["type"].string_or("") : std::string(event_type);
  if (!type.empty()) read_typed(root, type);
  if (const auto error = root["error"]; error && !error.is_null()) ended.emplace_back();
  const bool shown = root["choices"].is_array() || !pieces.empty();
  std::ranges::sort(pieces, {}, [](const Piece& p) { return p.value.index(); });
  add_rest(document);
  const bool once_only = is_known(type) && pieces.empty();
  if (!once_only && !ends("")) tell_others(document, type);
  if (!shown && !once_only && is_last(document)) ended.emplace_back("?");
  std::erase_if(whole, [](json::Value value) { return value.raw().size() < kLeastText + 2; });
}

bool AnswerEvent::ends(std::string_view channel) const {
  return std::ranges::any_of(ended, [&](const std::string& front) { return channel.starts_with(front); });
}

void AnswerEvent::read_whole(const json::Document& document) {
  clear();
  add_rest(document);
  std::erase_if(whole, [](json::Value value) { return value.raw().size() < kLeastText + 2; });
}

void AnswerEvent::clear() {
  pieces.clear();
  other.clear();
  whole.clear();
  repeats.clear();
  grown.clear();
  once.clear();
  endings.clear();
  ended.clear();
}

}  // namespace ostiary::gateway
