#include "gateway/token_count.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace ostiary::gateway {

namespace {

constexpr std::uint64_t kPerMessage = 4;     // its role and what stands around it
constexpr std::uint64_t kAttachment = 1000;  // a picture, a sound, a file
constexpr std::uint64_t kPerRequest = 3;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// Data rather than text: a data URL, or so long a run without a blank that it can only be one.
bool is_data(std::string_view text) {
  constexpr std::size_t kLongest = 2048;
  return text.starts_with("data:") ||
         (text.size() > kLongest &&
          text.substr(0, kLongest).find_first_of(" \\<>{}") == std::string_view::npos &&
          std::ranges::none_of(text.substr(0, kLongest),
                               [](char c) { return static_cast<signed char>(c) < 0; }));
}

// Of what stands between the quotes of a string.
std::uint64_t of_string(std::string_view quoted) {
  const auto raw = quoted.substr(1, quoted.size() - 2);
  if (is_data(raw)) return kAttachment;
  if (raw.contains("\\u")) return inspect::estimate_tokens(json::decode_string(raw));
  return inspect::estimate_tokens(raw);
}

// The texts of messages, prompts and inputs; a number is a token that the client has made.
std::uint64_t of_texts(const json::Document& document, json::Value part) {
  const auto& nodes = document.nodes();
  std::uint64_t total = 0;
  for (auto i = part.index(); i < part.node().next; ++i) {
    const json::Value value(&document, i);
    if (value.is_string()) {
      const auto key = value.key_raw();
      if (key != "role" && key != "type") total += of_string(value.raw());
    } else if (value.is(json::Type::number)) {
      ++total;
    } else if (value.is_object() && nodes[nodes[i].parent].parent == 0) {
      total += kPerMessage;  // an element of the list
    }
  }
  return total;
}

}  // namespace

std::uint64_t estimate_input(const json::Document& request) {
  std::uint64_t total = kPerRequest;
  for (const json::Value member : request.root()) {
    const auto key = member.key_raw();
    if (is_one_of(key, {"messages", "input", "prompt", "instructions", "system"}))
      total += of_texts(request, member);
    else if (is_one_of(key, {"tools", "functions", "response_format", "text"}) && !member.is_string())
      total += inspect::estimate_tokens(member.raw());
  }
  return total;
}

std::uint64_t answers_asked(json::Value request) {
  constexpr std::uint64_t kMost = 1024;
  return std::clamp<std::uint64_t>(
      std::max(request["n"].as_uint().value_or(1), request["best_of"].as_uint().value_or(1)), 1, kMost);
}

std::optional<std::uint64_t> stated_output(json::Value request) {
  constexpr std::uint64_t kMost = 1'000'000'000;
  for (const auto* name : {"max_completion_tokens", "max_tokens", "max_output_tokens"})
    if (const auto most = request[name].as_uint()) return std::min(*most, kMost) * answers_asked(request);
  return std::nullopt;
}

// Every string that `member` names. Quotes within strings are escaped, so that `"member":` is a member.
bool OutputCount::feed_member(std::string_view json, std::string_view member) {
  bool found = false;
  for (;;) {
    const auto* at =
        static_cast<const char*>(::memmem(json.data(), json.size(), member.data(), member.size()));
    if (!at) return found;
    json.remove_prefix(static_cast<std::size_t>(at - json.data()) + member.size());
    if (json.starts_with(' ')) json.remove_prefix(1);
    if (!json.starts_with('"')) continue;
    json.remove_prefix(1);
    std::size_t end = 0;
    while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
    end = std::min(end, json.size());
    estimate_.feed(json.substr(0, end));
    json.remove_prefix(end);
    found = true;
  }
}

void OutputCount::feed(std::string_view json) {
  if (endpoint_ == "embeddings") return;
  if (endpoint_ == "completions") {
    feed_member(json, R"("text":)");
  } else if (endpoint_ == "responses") {
    if (!feed_member(json, R"("delta":)") && !json.contains(R"("type":"response.)")) {
      feed_member(json, R"("text":)");
      feed_member(json, R"("arguments":)");
    }
  } else {
    // `content":` stands in reasoning_content too.
    if (!feed_member(json, R"(content":)")) feed_member(json, R"("reasoning":)");
    feed_member(json, R"("arguments":)");
  }
}

}  // namespace ostiary::gateway
