#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "console/schema.h"
#include "json/writer.h"

namespace ostiary::console {

Schema exchange_schema();

inline void write_text(json::Writer& w, std::string_view name, std::string_view text) {  // empty: null
  w.key(name);
  if (text.empty())
    w.null();
  else
    w.string(text);
}

// An exchange as the API shows it: from a row of the exchange table, or from its record.
template <class E>
void append_exchange(std::string& out, const E& x) {
  json::Writer w(out);
  w.begin_object();
  w.member("at", rfc3339(x.at));
  w.member("attempts", x.attempts);
  w.key("decision");
  if (x.effect.empty()) {
    w.null();
  } else {
    w.begin_object();
    w.member("effect", x.effect);
    write_text(w, "mode", x.mode);
    w.end_object();
  }
  write_text(w, "endpoint", x.endpoint);
  write_text(w, "error", x.error);
  w.member("id", x.id.text());
  write_text(w, "key", x.key);
  write_text(w, "model", x.model);
  w.member("outcome", x.outcome);
  write_text(w, "provider", x.provider);
  w.member("request_bytes", x.request_bytes);
  w.member("response_bytes", x.response_bytes);
  write_text(w, "service", x.service);
  w.member("status", x.status);
  w.member("stream", x.stream);
  write_text(w, "subject", x.subject);
  write_text(w, "surface", x.surface);
  write_text(w, "team", x.team);
  w.key("timings");
  w.begin_object();
  w.member_or_null("connected", x.connected);
  w.member_or_null("decided", x.decided);
  w.member_or_null("first_byte", x.first_byte);
  w.member_or_null("total", x.total);
  w.end_object();
  write_text(w, "tool", x.tool);
  w.key("usage");
  w.begin_object();
  w.member_or_null("cached", x.cached);
  w.key("cost");
  if (x.cost_nano)
    w.number(static_cast<double>(*x.cost_nano) / 1e9);
  else
    w.null();
  w.member("estimated", x.estimated);
  w.member_or_null("input", x.input);
  w.member_or_null("output", x.output);
  w.end_object();
  w.end_object();
}

}  // namespace ostiary::console
