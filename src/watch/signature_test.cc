#include "watch/signature.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace ostiary::watch {
namespace {

// Put together at run time, so that nothing here looks like a secret.
std::string text_of(char c, std::size_t bytes = 32) {
  return std::string("whsec") + "_" + base64(std::string(bytes, c));
}
SigningSecret secret(char c) {
  return *SigningSecret::parse(Secret(text_of(c)));
}

constexpr std::int64_t kNow = 1'800'000'000;

TEST(Signature, IsWhatOpensslMakesOfTheSameMessage) {
  // printf 'msg_1.1800000000.{"a":1}' | openssl dgst -sha256 -hmac $(32 times k) -binary | base64
  EXPECT_EQ(secret('k').sign("msg_1", kNow, R"({"a":1})"), "v1,3fnlygjP4O14zkKHYsGz6PpXy2kY0Z0XwDI1wrobuVk=");
}

TEST(Signature, ASecretIsThePrefixAndTheBase64Of24To64Bytes) {
  EXPECT_TRUE(SigningSecret::parse(Secret(text_of('k', 24))));
  EXPECT_TRUE(SigningSecret::parse(Secret(text_of('k', 64))));
  for (const auto& wrong : {text_of('k', 23), text_of('k', 65), base64(std::string(32, 'k')),
                            std::string("whsec_"), std::string(), text_of('k') + "!"}) {
    const auto parsed = SigningSecret::parse(Secret(wrong));
    ASSERT_FALSE(parsed) << wrong.size();
    EXPECT_EQ(parsed.error().text().find(base64(std::string(20, 'k')).substr(0, 20)), std::string::npos)
        << "a secret is never repeated";
  }
}

TEST(Signature, EitherOfTwoSecretsIsEnoughWhileOneTakesTheOthersPlace) {
  const SigningSecret both[] = {secret('n'), secret('o')}, fresh[] = {secret('n')}, old[] = {secret('o')};
  const auto header = signature_header(both, "msg_1", kNow, "{}");
  EXPECT_NE(header.find(' '), std::string::npos);
  const auto stamp = std::to_string(kNow);
  EXPECT_TRUE(verify_standard(fresh, "msg_1", stamp, header, "{}", kNow * 1000));
  EXPECT_TRUE(verify_standard(old, "msg_1", stamp, header, "{}", kNow * 1000));
  EXPECT_TRUE(
      verify_standard(both, "msg_1", stamp, secret('o').sign("msg_1", kNow, "{}"), "{}", kNow * 1000));
  const SigningSecret other[] = {secret('x')};
  EXPECT_FALSE(verify_standard(other, "msg_1", stamp, header, "{}", kNow * 1000));
}

TEST(Signature, HoldsForThisIdThisTimeAndThisBodyAlone) {
  const SigningSecret ours[] = {secret('k')};
  const auto good = ours[0].sign("msg_1", kNow, "{}");
  const auto stamp = std::to_string(kNow);
  const auto verify = [&](std::string_view id, std::string_view time, std::string_view signature,
                          std::string_view body, WallMs now = kNow * 1000) {
    return verify_standard(ours, id, time, signature, body, now).has_value();
  };
  EXPECT_TRUE(verify("msg_1", stamp, good, "{}"));
  EXPECT_FALSE(verify("msg_2", stamp, good, "{}"));
  EXPECT_FALSE(verify("msg_1", std::to_string(kNow + 1), good, "{}"));
  EXPECT_FALSE(verify("msg_1", stamp, good, "{ }"));
  EXPECT_FALSE(verify("msg_1", stamp, good.substr(0, good.size() - 1), "{}"));
  EXPECT_FALSE(verify("msg_1", stamp, "v1a" + good.substr(2), "{}"));
  for (const auto* none : {"", "v1,", " ", "v1"}) EXPECT_FALSE(verify("msg_1", stamp, none, "{}"));
  EXPECT_FALSE(verify("", stamp, good, "{}"));
  for (const auto* wrong : {"", "now", "-5", "99999999999999999999", "1e9"})
    EXPECT_FALSE(verify("msg_1", wrong, good, "{}")) << wrong;
  EXPECT_TRUE(verify("msg_1", stamp, good, "{}", (kNow + 300) * 1000));
  EXPECT_FALSE(verify("msg_1", stamp, good, "{}", (kNow + 301) * 1000)) << "too old";
  EXPECT_FALSE(verify("msg_1", stamp, good, "{}", (kNow - 301) * 1000)) << "from the future";
}

TEST(Signature, ManySignaturesCostNoMoreThanSome) {
  const SigningSecret ours[] = {secret('k')};
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "v1,x ";
  many += ours[0].sign("msg_1", kNow, "{}");
  EXPECT_FALSE(verify_standard(ours, "msg_1", std::to_string(kNow), many, "{}", kNow * 1000));
}

TEST(Signature, GithubsIsTheHexadecimalHmacOfTheBody) {
  const Secret secrets[] = {Secret("It's a Secret to Everybody")};
  // The example of docs.github.com, "Validating webhook deliveries".
  const std::string good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  EXPECT_TRUE(verify_github(secrets, good, "Hello, World!"));
  EXPECT_FALSE(verify_github(secrets, good, "Hello, World"));
  EXPECT_FALSE(verify_github(secrets, good.substr(7), "Hello, World!"));
  EXPECT_FALSE(verify_github(secrets, "", "Hello, World!"));
  EXPECT_FALSE(verify_github({}, good, "Hello, World!"));
}

TEST(Signature, GitlabsTokenIsTheSecretItself) {
  const Secret secrets[] = {Secret("one"), Secret("other")};
  EXPECT_TRUE(verify_token(secrets, "one"));
  EXPECT_TRUE(verify_token(secrets, "other"));
  for (const auto* wrong : {"", "on", "ones", "One"}) EXPECT_FALSE(verify_token(secrets, wrong)) << wrong;
  EXPECT_FALSE(verify_token({}, ""));
}

}  // namespace
}  // namespace ostiary::watch
