#include "app/instruments.h"

#include <gtest/gtest.h>

#include "app/verbs.h"
#include "base/file.h"
#include "base/testing.h"
#include "telemetry/exposition.h"

namespace ostiary::app {
namespace {

using gateway::CredentialSource;

std::string page(Instruments& instruments) {
  return telemetry::render(*instruments.registry(), telemetry::Format::prometheus);
}

class InstrumentsTest : public ::testing::Test {
 protected:
  testing::TempFolder folder_;
};

TEST_F(InstrumentsTest, SayWhichProgramThisIs) {
  const auto made = Instruments::create({});
  ASSERT_TRUE(made);
  EXPECT_NE(page(**made).find("ostiary_build_info{version=\"" + std::string(version()) + "\""),
            std::string::npos);
  EXPECT_NE(page(**made).find("process_open_fds "), std::string::npos);
  EXPECT_EQ((*made)->for_gate().exporter, nullptr);
}

TEST_F(InstrumentsTest, WithoutMetricsTheGateCountsNothing) {
  TelemetrySettings settings;
  settings.metrics = false;
  const auto made = Instruments::create(settings);
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->registry(), nullptr);
  EXPECT_EQ((*made)->for_gate().registry, nullptr);
}

TEST_F(InstrumentsTest, ShowTheLedgersRecordsAndThoseNotSigned) {
  ledger::Options options;
  options.sync = ledger::Sync::os;
  options.checkpoint_interval_ms = 60'000;
  auto ledger = ledger::Ledger::open(folder_.path(), options);
  ASSERT_TRUE(ledger) << ledger.error().text();
  const auto made = Instruments::create({});
  ASSERT_TRUE(made);
  (*made)->watch(**ledger);
  ASSERT_TRUE((*ledger)->checkpoint_now());
  const auto before = (*ledger)->size();
  ledger::Batch batch;
  for (int i = 0; i < 3; ++i) batch.add(R"({"kind":"change"})");
  ASSERT_TRUE((*ledger)->append(batch));
  EXPECT_NE(page(**made).find("ostiary_ledger_records " + std::to_string(before + 3) + "\n"),
            std::string::npos);
  EXPECT_NE(page(**made).find("ostiary_ledger_unsigned_records 3\n"), std::string::npos);
  ASSERT_TRUE((*ledger)->checkpoint_now());
  EXPECT_NE(page(**made).find("ostiary_ledger_unsigned_records 0\n"), std::string::npos);
}

TEST_F(InstrumentsTest, HeadersForTheCollectorAreReadAndNeverRepeated) {
  TelemetrySettings settings;
  settings.endpoint = "http://127.0.0.1:1";
  settings.headers = {CredentialSource::Kind::file, folder_ / "headers"};
  const auto missing = Instruments::create(settings);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text().find("/headers"), std::string::npos);

  ASSERT_TRUE(write_file_atomic(settings.headers.value, "X-Good: yes\nsecret-without-colon\n"));
  const auto wrong = Instruments::create(settings);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().text().find("line 2"), std::string::npos);
  EXPECT_EQ(wrong.error().text().find("secret"), std::string::npos);

  ASSERT_TRUE(write_file_atomic(settings.headers.value, "Authorization: Bearer s3cret\n\nX-Tenant: a\n"));
  const auto made = Instruments::create(settings);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_NE((*made)->for_gate().exporter, nullptr);
  EXPECT_NE(page(**made).find("ostiary_spans_total{result=\"sent\"} 0\n"), std::string::npos);
}

TEST_F(InstrumentsTest, AVariableThatIsNotSetIsNamed) {
  TelemetrySettings settings;
  settings.endpoint = "http://127.0.0.1:1";
  settings.headers = {CredentialSource::Kind::environment, "OSTIARY_TEST_NOT_SET"};
  const auto made = Instruments::create(settings);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().text().find("OSTIARY_TEST_NOT_SET"), std::string::npos);
}

}  // namespace
}  // namespace ostiary::app
