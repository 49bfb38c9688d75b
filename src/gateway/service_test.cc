#include "gateway/service.h"

#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "gateway/impl/test_support.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using Kind = CredentialSource::Kind;

ServiceSettings settings_with(CredentialSource credential = {}) {
  ServiceSettings settings;
  settings.id = "far";
  settings.base_url = "https://api.example.com/v1";
  settings.credential = std::move(credential);
  return settings;
}

std::string credential_of(const CredentialSource& source, const std::string& header = "authorization") {
  auto settings = settings_with(source);
  settings.credential_header = header;
  const auto service = Service::create(std::move(settings));
  if (!service) {
    ADD_FAILURE() << service.error().text();
    return {};
  }
  return std::string((*service)->credential()->reveal());
}

std::string refusal_of(const CredentialSource& source) {
  const auto service = Service::create(settings_with(source));
  return service ? "" : service.error().text();
}

void write(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

TEST(Credential, ComesFromTheEnvironment) {
  ::setenv("OSTIARY_TEST_KEY", "sk-env", 1);
  EXPECT_EQ(credential_of({Kind::environment, "OSTIARY_TEST_KEY"}), "Bearer sk-env");
  EXPECT_EQ(credential_of({Kind::environment, "OSTIARY_TEST_KEY"}, "api-key"), "sk-env");
  ::unsetenv("OSTIARY_TEST_KEY");
  const auto refused = refusal_of({Kind::environment, "OSTIARY_TEST_KEY"});
  EXPECT_NE(refused.find("OSTIARY_TEST_KEY"), std::string::npos);
  EXPECT_NE(refused.find("'far'"), std::string::npos);
}

TEST(Credential, ComesFromTheFirstLineOfAFile) {
  const TestFolder folder;
  write(folder.file("key"), "  sk-file \r\nanother line\n");
  EXPECT_EQ(credential_of({Kind::file, folder.file("key")}), "Bearer sk-file");
  EXPECT_NE(refusal_of({Kind::file, folder.file("none")}).find(folder.file("none")), std::string::npos);
  write(folder.file("key"), "\n");
  EXPECT_NE(refusal_of({Kind::file, folder.file("key")}).find("empty"), std::string::npos);
}

TEST(Credential, ComesFromACommand) {
  EXPECT_EQ(credential_of({Kind::command, "printf 'sk-command\\nrest'"}), "Bearer sk-command");
  EXPECT_NE(refusal_of({Kind::command, "echo sk-hidden; exit 3"}).find("failed"), std::string::npos);
  EXPECT_NE(refusal_of({Kind::command, "true"}).find("empty"), std::string::npos);
}

TEST(Credential, NoneIsNeededWhereThereIsNoneOrTheClientHasIt) {
  EXPECT_EQ(credential_of({Kind::none, ""}), "");
  EXPECT_EQ(credential_of({Kind::client, ""}), "");
}

TEST(Credential, ARefusalNeverShowsIt) {
  const TestFolder folder;
  ::setenv("OSTIARY_TEST_KEY", "sk-hidden\x01value", 1);
  write(folder.file("key"), "sk-hidden value\n");
  for (const auto& source : {CredentialSource{Kind::environment, "OSTIARY_TEST_KEY"},
                             CredentialSource{Kind::file, folder.file("key")},
                             CredentialSource{Kind::command, "cat " + folder.file("key")},
                             CredentialSource{Kind::command, "cat " + folder.file("key") + "; exit 1"}}) {
    const auto refused = refusal_of(source);
    EXPECT_FALSE(refused.empty());
    EXPECT_EQ(refused.find("hidden"), std::string::npos) << refused;
  }
  ::unsetenv("OSTIARY_TEST_KEY");
}

TEST(Credential, IsReadAgainFromFilesAndCommandsOnly) {
  const TestFolder folder;
  write(folder.file("key"), "one");
  const auto service = Service::create(settings_with({Kind::file, folder.file("key")}));
  ASSERT_TRUE(service);
  const auto before = (*service)->credential();
  EXPECT_FALSE((*service)->refresh_credential());
  write(folder.file("key"), "two");
  EXPECT_TRUE((*service)->refresh_credential());
  EXPECT_EQ((*service)->credential()->reveal(), "Bearer two");
  EXPECT_EQ(before->reveal(), "Bearer one");  // whoever is using it keeps it
  write(folder.file("key"), "");
  EXPECT_FALSE((*service)->refresh_credential());
  EXPECT_EQ((*service)->credential()->reveal(), "Bearer two");

  ::setenv("OSTIARY_TEST_KEY", "one", 1);
  const auto fixed = Service::create(settings_with({Kind::environment, "OSTIARY_TEST_KEY"}));
  ::setenv("OSTIARY_TEST_KEY", "two", 1);
  EXPECT_FALSE((*fixed)->refresh_credential());
  ::unsetenv("OSTIARY_TEST_KEY");
}

TEST(Credential, IsReadOnceForAllWhoAskAtOnceAndRestsWhereItDidNotChange) {
  const TestFolder folder;
  write(folder.file("key"), "one");
  const auto service = Service::create(settings_with(
      {Kind::command, "echo x >> " + folder.file("reads") + "; sleep 0.2; cat " + folder.file("key")}));
  ASSERT_TRUE(service) << service.error().text();
  const auto reads = [&] { return read_file(folder.file("reads"), 100)->size() / 2; };
  const auto refresh = [&](int asking) {
    std::vector<std::promise<void>> done(static_cast<std::size_t>(asking));
    for (auto& one : done) (*service)->refresh_soon([&one] { one.set_value(); });
    for (auto& one : done) one.get_future().wait();
  };
  write(folder.file("key"), "two");
  refresh(5);
  EXPECT_EQ((*service)->credential()->reveal(), "Bearer two");
  EXPECT_EQ(reads(), 2u);
  refresh(1);  // unchanged
  EXPECT_EQ(reads(), 3u);
  refresh(5);
  EXPECT_EQ(reads(), 3u);
}

TEST(Service, OffersModelsByNameAliasAndGlob) {
  auto settings = settings_with();
  settings.models = {{"gpt-4o", ""}, {"fast", "gpt-4o-mini"}, {"o?-*", ""}};
  const auto service = Service::create(std::move(settings));
  ASSERT_TRUE(service);
  EXPECT_EQ((*service)->upstream_name("gpt-4o"), "gpt-4o");
  EXPECT_EQ((*service)->upstream_name("fast"), "gpt-4o-mini");
  EXPECT_EQ((*service)->upstream_name("o3-pro"), "o3-pro");
  EXPECT_EQ((*service)->upstream_name("o?-*"), "o?-*");
  EXPECT_EQ((*service)->upstream_name("gpt-4o-mini"), std::nullopt);
  const auto any = Service::create(settings_with());
  EXPECT_EQ((*any)->upstream_name("whatever"), "whatever");
}

TEST(Service, OffersTheEndpointsItIsConfiguredFor) {
  auto settings = settings_with();
  settings.endpoints = {"embeddings"};
  const auto service = Service::create(std::move(settings));
  EXPECT_TRUE((*service)->offers("embeddings"));
  EXPECT_FALSE((*service)->offers("chat/completions"));
  EXPECT_TRUE((*service)->offers("models"));
}

TEST(Service, BuildsTheTargetFromBasePathModelAndQuery) {
  auto settings = settings_with();
  settings.base_url = "https://r.example.com/openai/deployments/{model}/";
  settings.query = {{"api-version", "2024-10-21"}, {"a b", "c&d"}};
  const auto service = Service::create(std::move(settings));
  ASSERT_TRUE(service) << service.error().text();
  EXPECT_EQ((*service)->target("/chat/completions", "", "gpt 4/o"),
            "/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2024-10-21&a%20b=c%26d");
  EXPECT_EQ((*service)->target("/chat/completions", "x=1", "m"),
            "/openai/deployments/m/chat/completions?x=1&api-version=2024-10-21&a%20b=c%26d");
  EXPECT_EQ((*service)->target("/chat/completions", "api-version=1&x=1&api%2Dversion=2&api-version&y", "m"),
            "/openai/deployments/m/chat/completions?x=1&y&api-version=2024-10-21&a%20b=c%26d");
}

TEST(Service, ABadUrlIsRefused) {
  for (const std::string_view url :
       {"", "api.example.com", "ftp://x/v1", "https://user:pw@x/v1", "https://"}) {
    auto settings = settings_with();
    settings.base_url = url;
    EXPECT_FALSE(Service::create(std::move(settings))) << url;
  }
}

TEST(Service, PercentEncodingRoundTripsAndLeavesBadEscapes) {
  EXPECT_EQ(percent_encode("org/name:7b ~"), "org%2Fname%3A7b%20~");
  EXPECT_EQ(percent_decode("org%2Fname%3a7b%20~"), "org/name:7b ~");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%2"), "%2");
  EXPECT_EQ(percent_decode("%zz%2F"), "%zz/");
}

}  // namespace
}  // namespace ostiary::gateway
