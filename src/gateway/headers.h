#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace ostiary::gateway {

// The rule for headers, stated once here and in docs/gate.md.
//
// Towards a service a client's header goes on unless it is
//  - hop-by-hop (RFC 9110 section 7.6.1): Connection and what it names, Keep-Alive, Proxy-*, TE, Trailer,
//    Transfer-Encoding, Upgrade; or Host, Content-Length, Content-Encoding, Expect, Accept-Encoding, which
//    the gate writes itself;
//  - a credential: Authorization, api-key, *-api-key (but the caller's own Authorization where it is passed
//    through), and whatever holds the caller's key of the gate;
//  - ambiguous: a name with '_', which some services read as '-';
//  - identifying: Cookie, User-Agent, Referer, Origin, Forwarded, Via, From, X-Forwarded-*, X-Real-IP,
//  X-Client-IP,
//    True-Client-IP, CF-*, Sec-*, DNT, x-stainless-* (operating system, runtime), OpenAI-Organization and
//    OpenAI-Project (but with the caller's own credential), x-ostiary-*, traceparent, tracestate, baggage,
//    X-Request-ID, X-Correlation-ID;
//  - one that the gate writes itself: Content-Type where there is a body, the service's credential and
//  configured headers.
// Added: Host, Content-Length, Accept-Encoding: identity, User-Agent: ostiary, x-ostiary-id, the service's
// credential and configured headers; traceparent and tracestate where telemetry.traces.propagate is on.
//
// Towards the client a service's header goes on unless it is hop-by-hop, Content-Length, Content-Encoding
// (the body is decoded), Set-Cookie, Strict-Transport-Security, Alt-Svc or x-ostiary-*.
bool drops_request_header(const net::Head& head, std::string_view name, bool own_credential);
bool drops_response_header(const net::Head& head, std::string_view name);

// x-ratelimit-*: of the service's limits, where the gate has its own to tell.
bool is_rate_limit_header(std::string_view name);

// Whether a text holds a gate key of that id (percent-encoded or plain).
bool holds_key(std::string_view text, std::string_view key_id);

// Whether a text holds the first or last 12 characters of a credential (without "Bearer "): a service may
// repeat the one it was sent.
bool repeats_credential(std::string_view text, std::string_view credential);

void append_header(std::string& out, std::string_view name, std::string_view value);

}  // namespace ostiary::gateway
