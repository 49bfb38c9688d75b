#include <cpr/cpr.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

using nlohmann::json;

constexpr const char* kHost = "https://api.anthropic.com";

int main(int argc, char** argv) {
  const json body{{"model", "claude-3-5-haiku-20241022"},
                  {"max_tokens", 300},
                  {"messages", json::array({{{"role", "user"}, {"content", argc > 1 ? argv[1] : ""}}})}};
  const auto reply = cpr::Post(cpr::Url{std::string(kHost) + "/v1/messages"}, cpr::Body{body.dump()},
                               cpr::Header{{"x-api-key", std::getenv("KEY")},
                                           {"anthropic-version", "2023-06-01"},
                                           {"content-type", "application/json"}});
  std::cout << json::parse(reply.text)["content"][0]["text"].get<std::string>() << '\n';
}
