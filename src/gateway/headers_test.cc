#include "gateway/headers.h"

#include <gtest/gtest.h>

#include "net/http.h"

namespace ostiary::gateway {
namespace {

// `Connection` as the parser reads it; its views refer to `bytes`.
std::string with_connection(std::string_view first_line, std::string_view connection) {
  return std::string(first_line) + "\r\nHost: x\r\nContent-Length: 0\r\n" +
         (connection.empty() ? "" : "Connection: " + std::string(connection) + "\r\n") + "\r\n";
}

bool goes_on(std::string_view name, bool own_credential = false, std::string_view connection = {}) {
  const auto bytes = with_connection("GET / HTTP/1.1", connection);
  net::Head head;
  net::HeadError wrong;
  EXPECT_EQ(net::HeadParser(65536).request(bytes, head, wrong), net::Parse::done) << wrong.message;
  return !drops_request_header(head, name, own_credential);
}

bool comes_back(std::string_view name, std::string_view connection = {}) {
  const auto bytes = with_connection("HTTP/1.1 200 OK", connection);
  net::Head head;
  net::HeadError wrong;
  EXPECT_EQ(net::HeadParser(65536).response(bytes, head, wrong), net::Parse::done) << wrong.message;
  return !drops_response_header(head, name);
}

TEST(Headers, HopByHopHeadersEndHere) {
  for (const std::string_view name :
       {"Connection", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Expect"}) {
    EXPECT_FALSE(goes_on(name)) << name;
    EXPECT_FALSE(comes_back(name)) << name;
  }
  EXPECT_FALSE(goes_on("Accept-Encoding"));
  EXPECT_FALSE(goes_on("Content-Encoding"));
}

TEST(Headers, WhatConnectionNamesEndsHereToo) {
  EXPECT_TRUE(goes_on("X-Hop"));
  for (const std::string_view connection : {"x-hop", "close, x-hop", "keep-alive,X-Hop , other"}) {
    EXPECT_FALSE(goes_on("X-Hop", false, connection)) << connection;
    EXPECT_FALSE(comes_back("x-hop", connection)) << connection;
  }
  EXPECT_TRUE(goes_on("X-Hop", false, "keep-alive"));
}

TEST(Headers, CredentialsNeverReachAService) {
  for (const std::string_view name :
       {"Authorization", "authorization", "X-Api-Key", "api-key", "x-ostiary-key", "X-Goog-Api-Key"})
    EXPECT_FALSE(goes_on(name)) << name;
}

TEST(Headers, TheCallersOwnCredentialPassesWhereItIsMeantTo) {
  EXPECT_TRUE(goes_on("Authorization", true));
  EXPECT_TRUE(goes_on("OpenAI-Organization", true));
  EXPECT_TRUE(goes_on("OpenAI-Project", true));
  for (const std::string_view name : {"X-Api-Key", "api-key", "x-ostiary-key", "Cookie"})
    EXPECT_FALSE(goes_on(name, true)) << name;
}

TEST(Headers, WhatIdentifiesTheCallerStaysHere) {
  for (const std::string_view name : {"Cookie",
                                      "User-Agent",
                                      "Referer",
                                      "Origin",
                                      "Forwarded",
                                      "Via",
                                      "From",
                                      "X-Forwarded-For",
                                      "X-Forwarded-Host",
                                      "X-Real-IP",
                                      "X-Client-IP",
                                      "True-Client-IP",
                                      "CF-Connecting-IP",
                                      "Sec-Fetch-Mode",
                                      "DNT",
                                      "X-Stainless-OS",
                                      "OpenAI-Organization",
                                      "OpenAI-Project",
                                      "x-ostiary-id",
                                      "traceparent",
                                      "tracestate",
                                      "baggage",
                                      "X-Request-ID",
                                      "X-Correlation-ID"})
    EXPECT_FALSE(goes_on(name)) << name;
}

TEST(Headers, ANameThatReadsAsAnotherEndsHere) {
  for (const std::string_view name : {"X_Api_Key", "Transfer_Encoding", "x_custom"})
    EXPECT_FALSE(goes_on(name)) << name;
}

TEST(Headers, TheCallersKeyIsFoundWhereverItStands) {
  EXPECT_TRUE(holds_key("ost_AbCdEf12_secret", "AbCdEf12"));
  EXPECT_TRUE(holds_key("a=1&k=ost_x&ost_AbCdEf12_secret", "AbCdEf12"));
  EXPECT_TRUE(holds_key("k=%6fst%5FAbCdEf12%5fsecret", "AbCdEf12"));
  EXPECT_FALSE(holds_key("ost_AbCdEf13_secret", "AbCdEf12"));
  EXPECT_FALSE(holds_key("ost_AbCdEf12", "AbCdEf12"));
  EXPECT_FALSE(holds_key("", "AbCdEf12"));
}

TEST(Headers, ARepeatedCredentialIsSeenByItsFirstOrLastCharacters) {
  constexpr std::string_view key = "Bearer sk-0123456789abcdefghijklmnop";
  EXPECT_TRUE(repeats_credential("Incorrect API key provided: sk-0123456789abcdefghijklmnop.", key));
  EXPECT_TRUE(repeats_credential("key sk-012345678*****", key));
  EXPECT_TRUE(repeats_credential("key *****efghijklmnop", key));
  EXPECT_FALSE(repeats_credential("key sk-0123********mnop", key));
  EXPECT_FALSE(repeats_credential("anything", ""));
  EXPECT_FALSE(repeats_credential("the model of ollama", "ollama"));
}

TEST(Headers, EverythingElseGoesOn) {
  for (const std::string_view name :
       {"Accept", "OpenAI-Beta", "Idempotency-Key", "X-Custom", "Content-Type", "Cache-Control", "Secret"})
    EXPECT_TRUE(goes_on(name)) << name;
}

TEST(Headers, AnAnswersHeadersComeBackButForThoseOfTheConnectionAndSite) {
  for (const std::string_view name :
       {"Content-Encoding", "Set-Cookie", "Strict-Transport-Security", "Alt-Svc", "X-Ostiary-Id"})
    EXPECT_FALSE(comes_back(name)) << name;
  for (const std::string_view name : {"Content-Type", "X-Request-Id", "OpenAI-Processing-Ms",
                                      "X-RateLimit-Remaining-Tokens", "Retry-After", "Cache-Control"})
    EXPECT_TRUE(comes_back(name)) << name;
}

}  // namespace
}  // namespace ostiary::gateway
