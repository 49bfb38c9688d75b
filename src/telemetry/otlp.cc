#include "telemetry/otlp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/hash.h"
#include "json/writer.h"

namespace ostiary::telemetry {

namespace {

using Word = std::pair<std::string_view, std::string_view>;

constexpr std::array<Word, 4> kProviders = {
    {{"google", "gcp.gemini"}, {"microsoft", "azure.ai.openai"}, {"mistral", "mistral_ai"}, {"xai", "x_ai"}}};
// What gen_ai.operation.name calls an endpoint. The others do not ask a model.
constexpr std::array<Word, 5> kOperations = {{{"chat/completions", "chat"},
                                              {"completions", "text_completion"},
                                              {"embeddings", "embeddings"},
                                              {"messages", "chat"},
                                              {"responses", "chat"}}};
constexpr std::array<std::string_view, 9> kMethods = {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS",
                                                      "PATCH",   "POST",   "PUT", "TRACE"};

std::string_view word_of(std::span<const Word> words, std::string_view key, std::string_view otherwise) {
  const auto found = std::ranges::find(words, key, &Word::first);
  return found == words.end() ? otherwise : found->second;
}

// A text of the program itself as a template argument.
template <std::size_t Size>
struct Text {
  consteval Text(const char (&text)[Size]) {
    std::copy_n(text, Size, bytes);
  }  // NOLINT(google-explicit-constructor)
  constexpr std::string_view view() const { return {bytes, Size - 1}; }
  char bytes[Size];
};

// What stands before the value of an attribute, made when the program is compiled: a span is a dozen of these
// and little else.
template <Text key, Text type>
constexpr auto kOpen = [] {
  constexpr std::array<std::string_view, 5> parts = {R"({"key":")", key.view(), R"(","value":{")",
                                                     type.view(), R"(":)"};
  std::array<char, parts[0].size() + parts[1].size() + parts[2].size() + parts[3].size() + parts[4].size()>
      all{};
  auto* to = all.data();
  for (const auto part : parts) to = std::ranges::copy(part, to).out;
  return all;
}();

void append_digits(std::string& out, std::int64_t value) {
  std::array<char, 24> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

// An attribute and a comma.
template <Text key>
void append_text(std::string& out, std::string_view value) {
  if (value.empty()) return;
  constexpr auto& open = kOpen<key, "stringValue">;
  out.append(open.data(), open.size());
  json::append_string(out, value);
  out += "}},";
}
// Of a value that is plain ASCII without quotes and backslashes: a word of ours, an id.
template <Text key>
void append_word(std::string& out, std::string_view value) {
  if (value.empty()) return;
  constexpr auto& open = kOpen<key, "stringValue">;
  out.append(open.data(), open.size());
  ((out += '"') += value) += R"("}},)";
}
template <Text key>
void append_count(std::string& out, std::uint64_t value) {
  constexpr auto& open = kOpen<key, "intValue">;
  out.append(open.data(), open.size());
  out += '"';
  append_digits(out, static_cast<std::int64_t>(value));
  out += R"("}},)";
}
template <Text key>
void append_seconds(std::string& out, std::int64_t nanoseconds) {
  constexpr auto& open = kOpen<key, "doubleValue">;
  out.append(open.data(), open.size());
  json::append_number(out, static_cast<double>(nanoseconds) / 1e9);
  out += "}},";
}

void append_ids(std::string& out, const TraceId& trace, const SpanId& span, const SpanId& parent) {
  out += R"({"traceId":")";
  append_hex(out, trace);
  out += R"(","spanId":")";
  append_hex(out, span);
  if (parent != SpanId{}) {
    out += R"(","parentSpanId":")";
    append_hex(out, parent);
  }
}

void append_state(std::string& out, std::string_view state) {
  if (state.empty()) return;
  out += R"(,"traceState":)";
  json::append_string(out, state);
}

// "OPERATION SUBJECT", or the operation alone.
void append_name(std::string& out, std::string_view operation, std::string_view subject) {
  out += R"(,"name":)";
  json::append_string(out, operation);
  if (subject.empty()) return;
  const auto between = out.size() - 1;
  out.pop_back();
  json::append_string(out, subject);
  out[between] = ' ';
}

// The times, and all up to the first attribute.
void append_times(std::string& out, std::int64_t begun, std::int64_t ended) {
  out += R"(,"startTimeUnixNano":")";
  append_digits(out, begun);
  out += R"(","endTimeUnixNano":")";
  append_digits(out, std::max(begun, ended));
  out += R"(","attributes":[)";
}

void append_end(std::string& out, bool failed) {
  if (out.back() == ',') out.pop_back();
  out += failed ? R"(],"status":{"code":2}})" : "]}";
}

void append_server(std::string& out, const ExchangeSpan& x, std::string_view service) {
  const auto* known = std::ranges::find(kMethods, x.method);
  const std::string_view method = known == kMethods.end() ? "_OTHER" : *known;
  append_ids(out, x.trace, x.span, x.parent);
  // The flags of a span say whether its parent is known to be elsewhere (opentelemetry-proto, SpanFlags):
  // sampled, and has-is-remote; and is-remote.
  out += x.parent == SpanId{} ? R"(","flags":257,"kind":2)" : R"(","flags":769,"kind":2)";
  append_state(out, x.state);
  out += R"(,"name":")";
  (((out += known == kMethods.end() ? "HTTP" : method) += " /v1/") += x.endpoint) += '"';
  append_times(out, x.at, x.at + x.duration);
  append_word<"http.request.method">(out, method);
  out +=
      R"({"key":"url.scheme","value":{"stringValue":"http"}},{"key":"http.route","value":{"stringValue":"/v1/)";
  (out += x.endpoint) += R"("}},)";
  if (x.status != 0) append_count<"http.response.status_code">(out, x.status);
  append_word<"error.type">(out, x.error);
  append_text<"gen_ai.request.model">(out, x.model);
  out += R"({"key":"ostiary.exchange.id","value":{"stringValue":")";
  x.exchange.append_to(out);
  out += R"("}},)";
  append_word<"ostiary.outcome">(out, x.outcome);
  append_word<"ostiary.decision">(out, x.decision);
  append_word<"ostiary.decision.mode">(out, x.mode);
  out += service;
  append_end(out, x.status >= 500 || x.outcome == "failed" || x.outcome == "truncated");
}

void append_answer(std::string& out, const ExchangeSpan& x, const TrySpan& t) {
  if (x.input) append_count<"gen_ai.usage.input_tokens">(out, *x.input);
  if (x.output) append_count<"gen_ai.usage.output_tokens">(out, *x.output);
  if (x.cached) append_count<"gen_ai.usage.cache_read.input_tokens">(out, *x.cached);
  if (x.first_token > 0) append_seconds<"gen_ai.response.time_to_first_chunk">(out, x.first_token - t.begun);
}

void append_client(std::string& out, const ExchangeSpan& x, std::size_t index, std::string_view service) {
  const TrySpan& t = x.tries()[index];
  append_ids(out, x.trace, t.span, x.span);
  out += R"(","flags":257,"kind":3)";
  append_state(out, x.state);
  const auto operation = word_of(kOperations, x.endpoint, {});
  append_name(out, operation.empty() ? std::string_view(x.method) : operation, t.model);
  append_times(out, x.at + t.begun, x.at + t.ended);
  append_word<"gen_ai.operation.name">(out, operation);
  out += service;
  append_text<"gen_ai.request.model">(out, t.model);
  append_text<"gen_ai.response.model">(out, t.answered_model);
  if (x.stream) out += R"({"key":"gen_ai.request.stream","value":{"boolValue":true}},)";
  if (index + 1 == x.tries().size()) append_answer(out, x, t);
  if (t.status != 0) append_count<"http.response.status_code">(out, t.status);
  if (index > 0) append_count<"http.request.resend_count">(out, index);
  const bool refused = t.status >= 400;
  append_word<"error.type">(out, !t.error.empty() ? t.error
                                 : refused        ? std::to_string(t.status)
                                                  : std::string());
  append_word<"ostiary.decision">(out, x.decision);
  append_end(out, refused || !t.error.empty());
}

}  // namespace

std::string_view provider_name(std::string_view provider) {
  return word_of(kProviders, provider, provider);
}

OtlpBatch::OtlpBatch(const Resource& resource) {
  text_ = R"({"resourceSpans":[{"resource":{"attributes":[)"
          R"({"key":"service.name","value":{"stringValue":"ostiary"}},)"
          R"({"key":"service.version","value":{"stringValue":)";
  json::append_string(text_, resource.version);
  text_ += R"(}},{"key":"service.instance.id","value":{"stringValue":)";
  json::append_string(text_, resource.instance);
  text_ += R"(}}]},"scopeSpans":[{"scope":{"name":"ostiary.gate","version":)";
  json::append_string(text_, resource.version);
  text_ += R"(},"spans":[)";
  begin_ = text_.size();
}

void OtlpBatch::know(std::span<const SpanService> services) {
  for (const auto& service : services.subspan(services_.size())) {
    auto& known = services_.emplace_back();
    append_text<"ostiary.service">(known.name, service.id);
    const auto provider = provider_name(service.provider);
    append_text<"gen_ai.provider.name">(known.all, provider);
    append_text<"gen_ai.system">(known.all, provider);
    append_text<"server.address">(known.all, service.host);
    if (service.port != 0) append_count<"server.port">(known.all, service.port);
    known.all += known.name;
  }
}

void OtlpBatch::add(const ExchangeSpan& exchange) {
  static const Service kUnknown;
  const auto of = [this](const TrySpan& t) -> const Service& {
    return t.service < services_.size() ? services_[t.service] : kUnknown;
  };
  const auto tries = exchange.tries();
  if (spans_ > 0) text_ += ',';
  append_server(text_, exchange, tries.empty() ? std::string_view() : of(tries.back()).name);
  for (std::size_t i = 0; i < tries.size(); ++i) {
    text_ += ',';
    append_client(text_, exchange, i, of(tries[i]).all);
  }
  spans_ += 1 + tries.size();
}

std::string_view OtlpBatch::finish() {
  text_ += "]}]}]}";
  return text_;
}

void OtlpBatch::clear() {
  text_.resize(begin_);
  spans_ = 0;
}

}  // namespace ostiary::telemetry
