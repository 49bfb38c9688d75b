#pragma once

// An answer on its way through an AnswerExaminer, for tests.

#include <fmt/format.h>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "gateway/answer_examiner.h"
#include "gateway/impl/test_support.h"
#include "gateway/setup.h"

namespace ostiary::gateway::testing {

inline std::shared_ptr<const inspect::Engine> engine() {
  static const auto built = *inspect::Engine::builtin();
  return built;
}

// Opens nothing; its check digits are right.
inline const std::string kToken = "gh" + std::string("p_YDHUBz54CG6vJvJOksZ0AMz4OMVXp02bV6A3");
inline const std::string kMask = "‹secret:github-token:1›";

inline std::string request(std::string_view endpoint) {
  const std::string body = R"({"model":"m","stream":true,"messages":[],"input":""})";
  return fmt::format("POST /v1/{} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", endpoint, body.size(),
                     body);
}

// An answer on its way to a client.
class Answer {
 public:
  explicit Answer(std::set<std::string> masked = {"secret"}, std::string_view endpoint = "chat/completions",
                  std::uint64_t hold_ms = 10'000)
      : received_(request(endpoint)), examiner_(AnswerRules::make(engine(), std::move(masked), hold_ms)) {
    received_.x.placeholders = std::make_shared<Placeholders>(received_.x.digest_key);
  }
  // The request held a value that the client gets back.
  Answer& restores(std::string_view value) {
    inspect::Finding finding;
    finding.type = "github-token";
    const auto name = received_.x.placeholders->of(finding, value);
    received_.x.placeholders->keep(name, value);
    return *this;
  }
  std::string feed(std::string_view bytes) {
    if (!examination_) examination_ = examiner_.begin(received_.x, AnswerKind::stream);
    std::string out;
    examination_->feed(std::string(bytes), out);
    all_ += out;
    return out;
  }
  std::string expire() {
    std::string out;
    examination_->expire(out);
    all_ += out;
    return out;
  }
  std::string finish(bool cut = false) {
    std::string out;
    examination_->finish(cut, out);
    all_ += out;
    return out;
  }
  std::string whole(std::string_view body) {
    examination_ = examiner_.begin(received_.x, AnswerKind::whole);
    std::string out;
    examination_->feed(body, out);
    examination_->finish(false, out);
    return out;
  }
  const std::string& all() const { return all_; }
  Examination& examination() { return *examination_; }

 private:
  Received received_;
  AnswerExaminer examiner_;
  std::unique_ptr<Examination> examination_;
  std::string all_;
};

}  // namespace ostiary::gateway::testing
