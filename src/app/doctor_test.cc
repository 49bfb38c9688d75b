#include "app/doctor.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/testing.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "net/bind.h"

namespace ostiary::app {
namespace {

using State = Check::State;

struct Doctor : ::testing::Test {
  Doctor() {
    patient.config.data = folder / "data";
    patient.config.gate.listen = {"127.0.0.1:0"};
    patient.now = wall_now();
  }
  // The worst that a check found.
  State after(void (*check)(const Patient&, std::vector<Check>&)) {
    found.clear();
    check(patient, found);
    EXPECT_FALSE(found.empty());
    return std::ranges::max(found, {}, &Check::state).state;
  }
  gateway::ServiceSettings& service(const std::string& url) {
    auto& added = patient.config.services.emplace_back();
    added.id = "s";
    added.base_url = url;
    return added;
  }
  testing::TempFolder folder;
  Patient patient;
  std::vector<Check> found;
};

TEST_F(Doctor, AClockBehindTheLedgerIsFound) {
  {
    const auto ledger = ledger::Ledger::open(patient.config.data, {});
    ASSERT_TRUE(ledger);
    std::string line;
    ledger::append_change(line, patient.now + 3'600'000, "test", "x");
    ledger::Batch batch;
    batch.add(line);
    ASSERT_TRUE((*ledger)->append(batch));
  }
  EXPECT_EQ(after(check_clock), State::problem);
  patient.now += 7'200'000;
  EXPECT_NE(after(check_clock), State::problem);
  patient.now = 1000;
  EXPECT_EQ(after(check_clock), State::problem) << "1970";
}

TEST_F(Doctor, AnOpenDataFolderAndAReadableSigningKeyAreFound) {
  EXPECT_EQ(after(check_permissions), State::ok);
  std::filesystem::create_directories(patient.config.data + "/ledger");
  ::chmod(patient.config.data.c_str(), 0755);
  EXPECT_EQ(after(check_permissions), State::warning);
  ::chmod(patient.config.data.c_str(), 0700);
  EXPECT_EQ(after(check_permissions), State::ok);
  ASSERT_TRUE(write_file_atomic(patient.config.data + "/ledger/signing-key", "x", 0644));
  EXPECT_EQ(after(check_permissions), State::problem);
}

TEST_F(Doctor, AHostThatNobodyKnowsIsFound) {
  service("http://localhost:1/v1");
  EXPECT_EQ(after(check_names), State::ok);
  service("http://no-such-host.invalid/v1");
  EXPECT_EQ(after(check_names), State::problem);
  EXPECT_NE(found.back().message.find("no-such-host.invalid"), std::string::npos);
}

TEST_F(Doctor, AMissingAuthorityAndAServiceThatDoesNotAnswerAreFound) {
  service("https://localhost:1/v1").ca_file = folder / "missing.pem";
  EXPECT_EQ(after(check_certificates), State::problem);
  patient.config.services.clear();
  service("http://127.0.0.1:1/v1");
  EXPECT_EQ(after(check_certificates), State::ok) << "nothing is called unless asked";
  patient.connect = true;
  EXPECT_EQ(after(check_certificates), State::problem);
}

TEST_F(Doctor, AServiceWithoutItsCredentialIsFound) {
  EXPECT_EQ(after(check_credentials), State::warning) << "no service at all";
  auto& with = service("http://127.0.0.1:1/v1");
  EXPECT_EQ(after(check_credentials), State::ok);
  with.credential = {gateway::CredentialSource::Kind::environment, "OSTIARY_TEST_NOT_SET"};
  EXPECT_EQ(after(check_credentials), State::problem);
  ASSERT_TRUE(write_file_atomic(folder / "key", "secret\n", 0644));
  with.credential = {gateway::CredentialSource::Kind::file, folder / "key"};
  EXPECT_EQ(after(check_credentials), State::warning) << "others may read it";
}

TEST_F(Doctor, APortInUseIsFound) {
  EXPECT_EQ(after(check_port), State::ok);
  const auto taken = net::Bound::open({"127.0.0.1", 0, false}, {});
  ASSERT_TRUE(taken);
  patient.config.gate.listen = {net::to_text(taken->address())};
  EXPECT_EQ(after(check_port), State::problem);
}

TEST_F(Doctor, LimitsAreComparedWithTheConfiguration) {
  patient.config.gate.max_connections = 1;
  EXPECT_EQ(after(check_limits), State::ok);
  patient.config.gate.max_connections = 2'000'000'000;
  EXPECT_EQ(after(check_limits), State::warning);
}

TEST_F(Doctor, ANewerDataFolderIsFound) {
  std::filesystem::create_directories(patient.config.data);
  EXPECT_EQ(after(check_version), State::ok);
  ASSERT_TRUE(write_file_atomic(patient.config.data + "/VERSION", "ostiary-data 99\n"));
  EXPECT_EQ(after(check_version), State::problem);
}

TEST_F(Doctor, AMisspeltDataClassIsAProblemUnlessNothingIsInspected) {
  patient.config.class_names = {{"answer_classes", "secrt", "ostiary.yaml:3:18"}};
  EXPECT_EQ(after(check_rules), State::problem);
  patient.config.class_names[0].name = "secret";
  EXPECT_EQ(after(check_rules), State::ok);
  patient.config.gate.inspect = false;
  EXPECT_EQ(after(check_rules), State::skipped);
}

TEST_F(Doctor, EveryCheckSaysSomethingAndEveryFaultHowToMendIt) {
  service("http://no-such-host.invalid/v1").credential = {gateway::CredentialSource::Kind::environment,
                                                          "OSTIARY_TEST_NOT_SET"};
  std::vector<std::string> names;
  for (const auto& check : examine(patient)) {
    if (std::ranges::find(names, check.name) == names.end()) names.push_back(check.name);
    EXPECT_EQ(check.fix.empty(), check.state <= State::skipped) << check.name;
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"clock", "permissions", "dns", "certificates", "credentials", "port",
                                      "disk", "limits", "documents", "inspection", "drift", "version"}));
}

}  // namespace
}  // namespace ostiary::app
