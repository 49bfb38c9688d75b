#include "app/instruments.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "app/verbs.h"
#include "base/file.h"
#include "base/id.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/http_caller.h"
#include "telemetry/process.h"

namespace ostiary::app {

namespace {

using telemetry::Family;
using telemetry::Kind;

constexpr Family kBuild{.name = "ostiary_build",
                        .kind = Kind::gauge,
                        .help = "Which program this is",
                        .labels = {"version", "commit"},
                        .info = true};
constexpr Family kRecords{
    .name = "ostiary_ledger_records", .kind = Kind::gauge, .help = "Records of the ledger"};
constexpr Family kUnsigned{.name = "ostiary_ledger_unsigned_records",
                           .kind = Kind::gauge,
                           .help = "Records of the ledger that no checkpoint covers yet"};
constexpr Family kGap{.name = "ostiary_ledger_gap_exchanges",
                      .kind = Kind::gauge,
                      .help = "Exchanges that went out unrecorded and await their gap record"};
constexpr Family kUnrecorded{.name = "ostiary_ledger_unrecorded_exchanges",
                             .kind = Kind::counter,
                             .help = "Exchanges that went out while the disk had no room for their records"};
constexpr Family kBreaker{.name = "ostiary_service_breaker_state",
                          .kind = Kind::gauge,
                          .help = "0: the breaker is closed, 1: half open, 2: open",
                          .labels = {"service"}};
constexpr Family kQueued{.name = "ostiary_service_queued",
                         .kind = Kind::gauge,
                         .help = "Exchanges that wait for the service",
                         .labels = {"service"}};
constexpr Family kOutstanding{.name = "ostiary_service_outstanding",
                              .kind = Kind::gauge,
                              .help = "Exchanges that the service was let have and that have not ended",
                              .labels = {"service"}};
constexpr Family kLagRecords{.name = "ostiary_projection_lag_records",
                             .kind = Kind::gauge,
                             .help = "Records of the ledger that the exchange list does not have yet"};
constexpr Family kLagSeconds{.name = "ostiary_projection_lag_seconds",
                             .kind = Kind::gauge,
                             .help = "Time since the exchange list had all that was written then",
                             .unit = "seconds"};
constexpr Family kWitnessed{.name = "ostiary_witness_deliveries",
                            .kind = Kind::counter,
                            .help = "Checkpoints that the witness took",
                            .labels = {"witness"}};
constexpr Family kWitnessFailed{.name = "ostiary_witness_failures",
                                .kind = Kind::counter,
                                .help = "Checkpoints that could not be handed to the witness",
                                .labels = {"witness"}};

double number_of(gateway::Breaker::State state) {
  switch (state) {
    case gateway::Breaker::State::closed:
      return 0;
    case gateway::Breaker::State::half_open:
      return 1;
    case gateway::Breaker::State::open:
      break;
  }
  return 2;
}

void collect_services(const gateway::Shared& shared, telemetry::Samples& samples) {
  const auto setup = shared.setup.get();
  for (const auto& service : setup->services) {
    const auto state = service->state();
    samples.set(kBreaker, {service->id()}, number_of(state.breaker));
    samples.set(kQueued, {service->id()}, state.queued);
    samples.set(kOutstanding, {service->id()}, state.outstanding);
  }
}

// Witnesses of one name, such as two paths of one web server, are shown together.
void collect_witnesses(const Witnesses& witnesses, telemetry::Samples& samples) {
  std::map<std::string, WitnessState> by_name;
  for (const auto& state : witnesses.states()) {
    auto& sum = by_name[state.name];
    sum.delivered += state.delivered;
    sum.failed += state.failed;
  }
  for (const auto& [name, sum] : by_name) {
    samples.set(kWitnessed, {name}, static_cast<double>(sum.delivered));
    samples.set(kWitnessFailed, {name}, static_cast<double>(sum.failed));
  }
}

// Posts batches to a collector.
class HttpSender final : public telemetry::Sender {
 public:
  HttpSender(std::unique_ptr<net::HttpCaller> caller, Secret headers)
      : caller_(std::move(caller)), headers_(std::move(headers)) {}
  Result<Reply> post(std::string_view json) override {
    TRY(auto answer, caller_->post(headers_.reveal(), json));
    const auto seconds = text::parse_uint(answer.retry_after).value_or(0);
    return Reply{answer.status, std::move(answer.body),
                 static_cast<std::uint32_t>(std::min<std::uint64_t>(seconds, 3600))};
  }
  void cancel() override { caller_->cancel(); }

 private:
  std::unique_ptr<net::HttpCaller> caller_;
  Secret headers_;  // lines with CR LF
};

bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kTokens = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
  return !name.empty() && text::lower(name).find_first_not_of(kTokens) == std::string::npos &&
         !value.empty() && std::ranges::all_of(value, [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
         });
}

// The lines that the collector is to get, with ours. No error repeats one of them.
Result<Secret> read_headers(const gateway::CredentialSource& source) {
  std::string given;
  if (source.kind == gateway::CredentialSource::Kind::environment) {
    const char* value = std::getenv(source.value.c_str());
    if (!value || !*value)
      return fail(Code::invalid, "the environment variable " + source.value + " is not set",
                  "telemetry.traces.headers");
    given = value;
  } else if (source.kind == gateway::CredentialSource::Kind::file) {
    TRY(given, read_file(source.value, 64 * 1024));
  }
  std::string lines = "Content-Type: application/json\r\n";
  std::size_t number = 0;
  for (const auto piece : text::split(given, '\n')) {
    ++number;
    const auto line = text::trim(piece);
    if (line.empty()) continue;
    const auto colon = line.find(':');
    const auto name = line.substr(0, std::min(colon, line.size()));
    const auto value =
        colon == std::string_view::npos ? std::string_view() : text::trim(line.substr(colon + 1));
    if (!is_header(name, value))
      return fail(
          Code::invalid, "line " + std::to_string(number) + " is not 'Name: value'",
          source.kind == gateway::CredentialSource::Kind::file ? source.value : "telemetry.traces.headers");
    ((lines += name) += ": ") += value;
    lines += "\r\n";
  }
  return Secret(std::move(lines));
}

Result<std::unique_ptr<telemetry::Exporter>> make_exporter(const TelemetrySettings& settings) {
  net::HttpCaller::Settings to;
  TRY(to.url, net::parse_url(settings.endpoint));
  if (to.url.path.empty()) to.url.path = "/v1/traces";
  to.ca_file = settings.ca_file;
  to.timeout_ms = settings.timeout_ms;
  TRY(auto headers, read_headers(settings.headers));
  TRY(auto caller, net::HttpCaller::create(std::move(to)));
  telemetry::Exporter::Options options;
  options.resource = {std::string(version()), Id::make().text()};
  options.queue = settings.queue;
  return std::make_unique<telemetry::Exporter>(
      std::move(options), std::make_unique<HttpSender>(std::move(caller), std::move(headers)));
}

}  // namespace

Instruments::Instruments(bool metrics) : metrics_(metrics) {
  registry_.collect_with(telemetry::collect_process);
  registry_.collect_with([](telemetry::Samples& samples) { samples.set(kBuild, {version(), commit()}, 1); });
}

Instruments::~Instruments() = default;

Result<std::unique_ptr<Instruments>> Instruments::create(const TelemetrySettings& settings) {
  std::unique_ptr<Instruments> made(new Instruments(settings.metrics));
  if (settings.endpoint.empty()) return made;
  TRY(made->exporter_, make_exporter(settings));
  made->registry_.collect_with(
      [exporter = made->exporter_.get()](telemetry::Samples& samples) { exporter->collect(samples); });
  made->exporter_->start();
  return made;
}

gateway::Instruments Instruments::for_gate() {
  return {registry(), exporter_.get()};
}

void Instruments::watch(const ledger::Ledger& ledger) {
  registry_.collect_with([&ledger](telemetry::Samples& samples) {
    const auto covered = ledger.signed_size(), size = ledger.size();
    samples.set(kRecords, {}, static_cast<double>(size));
    samples.set(kUnsigned, {}, static_cast<double>(size - std::min(size, covered)));
    samples.set(kGap, {}, static_cast<double>(ledger.gap().exchanges));
    samples.set(kUnrecorded, {}, static_cast<double>(ledger.unrecorded()));
  });
}

void Instruments::watch(const gateway::Shared& shared, const Projector& projector,
                        const Witnesses& witnesses) {
  registry_.collect_with([&](telemetry::Samples& samples) {
    collect_services(shared, samples);
    const auto lag = projector.lag();
    samples.set(kLagRecords, {}, static_cast<double>(lag.records));
    samples.set(kLagSeconds, {}, lag.seconds);
    collect_witnesses(witnesses, samples);
  });
}

void Instruments::close(std::uint64_t ms) {
  if (exporter_) exporter_->stop(ms);
}

}  // namespace ostiary::app
