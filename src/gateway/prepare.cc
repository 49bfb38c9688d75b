#include "gateway/prepare.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "gateway/charge.h"
#include "gateway/headers.h"
#include "gateway/setup.h"
#include "json/edit.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

// A number that is masked becomes a string.
std::string in_its_place(const Exchange& x, const inspect::Finding& finding, const std::string& placeholder) {
  const auto& nodes = x.document.nodes();
  const auto behind = std::ranges::upper_bound(nodes, finding.location.start, {}, &json::Node::start);
  const bool in_number = behind != nodes.begin() && (behind - 1)->type == json::Type::number &&
                         finding.location.start < (behind - 1)->end;
  return in_number ? json::quoted(placeholder) : placeholder;
}

// Bytes of the body that become one placeholder.
struct Masked {
  const inspect::Finding* finding = nullptr;  // the first of those that overlap
  std::uint64_t start = 0, end = 0;
  bool restored = false;  // in the answer
};

bool is_restored(const Exchange& x, const std::string& klass) {
  if (!x.setup) return false;
  const auto& classes = x.setup->settings.restore;
  return std::ranges::find(classes, klass) != classes.end();
}

// Each masked value becomes ‹class:type:n›, the same value the same n within the exchange. Findings that
// overlap become one.
Result<> mask(Exchange& x, json::Edit& edit) {
  if (!x.inspection.partial.empty())
    return fail(Code::denied, "the request was not inspected to its end, so that it cannot be masked");
  std::vector<std::string> masked;
  std::vector<Masked> spans;
  for (const auto& finding : x.inspection.findings) {
    const auto& klass = finding.data_class;
    if (finding.confidence < inspect::Confidence::medium) continue;  // gave the text no class
    if (std::ranges::find(x.decision.redact_classes, klass) == x.decision.redact_classes.end()) continue;
    if (!finding.location.within.empty() || finding.klass == inspect::Class::opaque)
      return fail(Code::denied, "data of the class '" + klass + "' stands in the attachment at " +
                                    finding.location.pointer + ", where nothing can be masked: leave it out");
    const auto start = finding.location.start, end = finding.location.end;
    if (start >= end || end > x.body.size())
      return fail(Code::denied, "a finding that must be masked has no place in the body");
    masked.push_back(klass);
    if (!spans.empty() && start < spans.back().end) {
      spans.back().end = std::max(spans.back().end, end);
      spans.back().restored = spans.back().restored && is_restored(x, klass);
    } else {
      spans.push_back({&finding, start, end, is_restored(x, klass)});
    }
  }
  if (!x.placeholders) x.placeholders = std::make_shared<Placeholders>(x.digest_key);
  for (const auto& [finding, start, end, restored] : spans) {
    const Secret value(json::decode_string(x.body.substr(start, end - start)));
    const auto placeholder = x.placeholders->of(*finding, value.reveal());
    if (restored) x.placeholders->keep(placeholder, value.reveal());
    edit.replace_bytes(static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end),
                       in_its_place(x, *finding, placeholder));
  }
  for (const auto& klass : x.decision.redact_classes)
    if (std::ranges::find(masked, klass) == masked.end())
      return fail(Code::denied,
                  "data of the class '" + klass + "' must be masked and its place is not known");
  return {};
}

}  // namespace

namespace {

// Has a stream of a completion report its usage, which services do only where they are asked to. What else
// the client says of its stream stays.
void ask_for_usage(const Exchange& x, json::Edit& edit) {
  const auto root = x.document.root();
  const auto options = root["stream_options"];
  if (!options || options.is_null())
    edit.set(root, "stream_options", R"({"include_usage":true})");
  else
    edit.set(options, "include_usage", "true");
}

// A limit needs it, and the client does not have it told by itself.
bool must_ask_for_usage(const Exchange& x) {
  if (!x.stream || x.asked.endpoint.marker != EndMarker::done_word || !needs_usage(x)) return false;
  const auto options = x.document.root()["stream_options"];
  return (!options || options.is_null() || options.is_object()) && options["include_usage"].as_bool() != true;
}

}  // namespace

Result<> prepare_body(Exchange& x) {
  x.forwarded.clear();
  if (x.placeholders) x.placeholders->begin_request();
  x.has_forwarded_digest = false;
  json::Edit edit;
  if (x.decision.enforced() == policy::Effect::redact ||
      (x.decision.mode == policy::Mode::enforce && !x.decision.redact_classes.empty()))
    TRY_VOID(mask(x, edit));
  if (!x.model.empty() && x.upstream_model != x.model)
    edit.replace(x.document.root()["model"], json::quoted(x.upstream_model));
  x.usage_asked = must_ask_for_usage(x);
  if (x.usage_asked) ask_for_usage(x, edit);
  if (edit.empty()) return {};
  TRY(auto edited, edit.apply(x.body));
  // What does not read is never sent, whatever was found where.
  if (!x.decision.redact_classes.empty() && !json::Document::parse(edited, {.refuse_duplicates = false}))
    return fail(Code::denied, "what must be masked cannot be taken out of the request as it is written");
  x.forwarded = std::move(edited);
  x.forwarded_digest = hmac_sha256(x.digest_key, x.forwarded);
  x.has_forwarded_digest = true;
  return {};
}

namespace {
// The gate writes this header itself: two of a name would leave the choice to the service.
bool writes_itself(const ServiceSettings& s, bool with_credential, bool with_body, std::string_view name) {
  if (with_body && text::iequals(name, "content-type")) return true;
  if (with_credential && text::iequals(name, s.credential_header)) return true;
  return std::ranges::any_of(s.headers,
                             [&](const auto& header) { return text::iequals(header.first, name); });
}
}  // namespace

void name_target(Exchange& x) {
  x.target = x.service->target(x.asked.path, x.query, x.upstream_model);
  HmacSha256 hash(x.digest_key);
  hash.update(x.head.method);
  hash.update(" ");
  hash.update(x.target);
  x.target_digest = hash.finish();
  x.has_target_digest = true;
}

std::string request_head(const Exchange& x, const Secret& credential) {
  const auto& service = *x.service;
  const auto& s = service.settings();
  std::string out;
  out.reserve(1024);
  out += x.head.method;
  out += ' ';
  out += x.target;
  out += " HTTP/1.1\r\nHost: ";
  out += service.url().authority();
  out += "\r\n";
  const bool own = x.caller.own_credential && s.credential.kind == CredentialSource::Kind::client;
  const std::string_view key = x.caller.key ? std::string_view(x.caller.key->id) : std::string_view();
  for (const auto& h : x.head.headers)
    if (!drops_request_header(x.head, h.name, own) &&
        !writes_itself(s, !credential.empty(), x.asked.endpoint.has_body, h.name) && !holds_key(h.value, key))
      append_header(out, h.name, h.value);
  if (!credential.empty()) append_header(out, s.credential_header, credential.reveal());
  for (const auto& [name, value] : s.headers) append_header(out, name, value);
  append_trace_headers(out, x);
  if (x.asked.endpoint.has_body) out += "Content-Type: application/json\r\n";
  out += "Accept-Encoding: identity\r\nUser-Agent: ostiary";
  if (x.id != Id{}) {
    out += "\r\nx-ostiary-id: ";
    x.id.append_to(out);
  }
  if (x.asked.endpoint.has_body) {
    out += "\r\nContent-Length: ";
    char number[20];
    out.append(number, std::to_chars(number, number + sizeof number, x.body_to_send().size()).ptr);
  }
  out += "\r\n\r\n";
  return out;
}

}  // namespace ostiary::gateway
