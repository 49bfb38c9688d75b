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

// The flags of a span say whether its parent is known to be elsewhere (opentelemetry-proto, SpanFlags).
constexpr unsigned kSampled = 1, kHasIsRemote = 0x100, kIsRemote = 0x200;
enum class SpanKind : std::uint8_t { server = 2, client = 3 };

// Writes the members of one span.
class SpanWriter {
 public:
  explicit SpanWriter(std::string& out) : out_(out) {}

  void begin(const TraceId& trace, const SpanId& span, const SpanId& parent, unsigned flags, SpanKind kind) {
    out_ += R"({"traceId":")";
    append_hex(out_, trace);
    out_ += R"(","spanId":")";
    append_hex(out_, span);
    if (parent != SpanId{}) {
      out_ += R"(","parentSpanId":")";
      append_hex(out_, parent);
    }
    out_ += R"(","flags":)";
    json::append_number(out_, std::uint64_t{flags});
    out_ += R"(,"kind":)";
    out_ += kind == SpanKind::server ? '2' : '3';
  }
  void state(std::string_view state) {
    if (!state.empty()) text(",\"traceState\":", state);
  }
  // "OPERATION SUBJECT", or the operation alone.
  void name(std::string_view operation, std::string_view subject) {
    name_.assign(operation);
    if (!subject.empty()) (name_ += ' ') += subject;
    text(",\"name\":", name_);
  }
  void times(std::int64_t begun, std::int64_t ended) {
    number(R"(,"startTimeUnixNano":")", begun);
    number(R"(","endTimeUnixNano":")", std::max(begun, ended));
    out_ += R"(","attributes":[)";
    first_ = true;
  }
  void attribute(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    open(key);
    text("\"stringValue\":", value);
    out_ += "}}";
  }
  void attribute(std::string_view key, std::uint64_t value) {
    open(key);
    number(R"("intValue":")", static_cast<std::int64_t>(value));
    out_ += "\"}}";
  }
  void attribute(std::string_view key, double value) {
    open(key);
    out_ += "\"doubleValue\":";
    json::append_number(out_, value);
    out_ += "}}";
  }
  void flag(std::string_view key) {
    open(key);
    out_ += "\"boolValue\":true}}";
  }
  void end(bool failed) { out_ += failed ? R"(],"status":{"code":2}})" : "]}"; }

 private:
  void open(std::string_view key) {
    if (!std::exchange(first_, false)) out_ += ',';
    ((out_ += R"({"key":")") += key) += R"(","value":{)";
  }
  void text(std::string_view before, std::string_view value) {
    out_ += before;
    json::append_string(out_, value);
  }
  void number(std::string_view before, std::int64_t value) {
    out_ += before;
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  std::string& out_;
  std::string name_;
  bool first_ = true;
};

void append_server(std::string& out, const ExchangeSpan& x, std::span<const SpanService> services) {
  SpanWriter w(out);
  const auto known = std::ranges::find(kMethods, x.method);
  const std::string_view method = known == kMethods.end() ? "_OTHER" : *known;
  std::string route = "/v1/";
  route += x.endpoint;
  w.begin(x.trace, x.span, x.parent, kSampled | kHasIsRemote | (x.parent == SpanId{} ? 0 : kIsRemote),
          SpanKind::server);
  w.state(x.state);
  w.name(method == "_OTHER" ? "HTTP" : method, route);
  w.times(x.at, x.at + x.duration);
  w.attribute("http.request.method", method);
  w.attribute("http.route", route);
  w.attribute("url.scheme", "http");
  if (x.status != 0) w.attribute("http.response.status_code", std::uint64_t{x.status});
  w.attribute("error.type", x.error);
  w.attribute("gen_ai.request.model", x.model);
  w.attribute("ostiary.exchange.id", x.exchange.text());
  w.attribute("ostiary.outcome", x.outcome);
  w.attribute("ostiary.decision", x.decision);
  w.attribute("ostiary.decision.mode", x.mode);
  if (!x.tries().empty() && x.tries().back().service < services.size())
    w.attribute("ostiary.service", services[x.tries().back().service].id);
  w.end(x.status >= 500 || x.outcome == "failed" || x.outcome == "truncated");
}

void append_answer(SpanWriter& w, const ExchangeSpan& x, const TrySpan& t) {
  if (x.input) w.attribute("gen_ai.usage.input_tokens", *x.input);
  if (x.output) w.attribute("gen_ai.usage.output_tokens", *x.output);
  if (x.cached) w.attribute("gen_ai.usage.cache_read.input_tokens", *x.cached);
  if (x.first_token > 0)
    w.attribute("gen_ai.response.time_to_first_chunk", static_cast<double>(x.first_token - t.begun) / 1e9);
}

void append_client(std::string& out, const ExchangeSpan& x, std::size_t index,
                   std::span<const SpanService> services) {
  const TrySpan& t = x.tries()[index];
  const bool last = index + 1 == x.tries().size();
  SpanWriter w(out);
  w.begin(x.trace, t.span, x.span, kSampled | kHasIsRemote, SpanKind::client);
  w.state(x.state);
  const auto operation = word_of(kOperations, x.endpoint, {});
  w.name(operation.empty() ? std::string_view(x.method) : operation, t.model);
  w.times(x.at + t.begun, x.at + t.ended);
  w.attribute("gen_ai.operation.name", operation);
  if (t.service < services.size()) {
    const auto& service = services[t.service];
    const auto provider = provider_name(service.provider);
    w.attribute("gen_ai.provider.name", provider);
    w.attribute("gen_ai.system", provider);
    w.attribute("server.address", service.host);
    if (service.port != 0) w.attribute("server.port", std::uint64_t{service.port});
    w.attribute("ostiary.service", service.id);
  }
  w.attribute("gen_ai.request.model", t.model);
  w.attribute("gen_ai.response.model", t.answered_model);
  if (x.stream) w.flag("gen_ai.request.stream");
  if (last) append_answer(w, x, t);
  if (t.status != 0) w.attribute("http.response.status_code", std::uint64_t{t.status});
  if (index > 0) w.attribute("http.request.resend_count", std::uint64_t{index});
  const bool refused = t.status >= 400;
  w.attribute("error.type", !t.error.empty() ? t.error : refused ? std::to_string(t.status) : std::string());
  w.attribute("ostiary.decision", x.decision);
  w.end(refused || !t.error.empty());
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

void OtlpBatch::add(const ExchangeSpan& exchange, std::span<const SpanService> services) {
  if (spans_ > 0) text_ += ',';
  append_server(text_, exchange, services);
  for (std::size_t i = 0; i < exchange.tries().size(); ++i) {
    text_ += ',';
    append_client(text_, exchange, i, services);
  }
  spans_ += 1 + exchange.tries().size();
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
