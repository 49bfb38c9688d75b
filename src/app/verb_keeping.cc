// ledger erase|hold|retain|rotate: through the gate that runs on the data folder, or on the folder itself
// where none runs.

#include <fmt/format.h>
#include <functional>
#include <memory>
#include <optional>
#include <unistd.h>

#include "app/control_client.h"
#include "app/impl/framed.h"
#include "app/impl/terminal.h"
#include "app/keeping.h"
#include "app/verbs.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "store/data_folder.h"

namespace ostiary::app {

namespace {

constexpr std::int64_t kPatienceSeconds = 3600;  // it may read the whole ledger

// Who asks, as the ledger records it: not the login, which may be the very name that is to be forgotten.
std::string asker() {
  return fmt::format("uid:{}", ::getuid());
}

// Opens the store once a name is asked for: that takes room on the disk, which removing old records, the way
// out of a full one, can do without.
class FolderPeople final : public People {
 public:
  explicit FolderPeople(std::string path) : path_(std::move(path)) {}
  Result<bool> knows(const std::string& subject) override {
    TRY_VOID(open());
    return people_->knows(subject);
  }
  Result<> forget(const std::string& subject) override {
    TRY_VOID(open());
    return people_->forget(subject);
  }
  Result<std::optional<std::string>> find(const std::string& user) override {
    TRY_VOID(open());
    return people_->find(user);
  }

 private:
  Result<> open() {
    if (people_) return {};
    TRY(store_, store::open_sqlite(path_));
    people_.emplace(*store_);
    return {};
  }
  std::string path_;
  std::unique_ptr<store::Store> store_;
  std::optional<StorePeople> people_;
};

Result<std::string> keep_offline(const std::string& data, const KeepingRequest& request) {
  TRY_VOID(store::check_data_folder(data));
  TRY(const auto lock, store::DataLock::acquire(data));
  TRY(const auto ledger, ledger::Ledger::open(data, {}));
  TRY(const auto keeper, ledger::Keeper::open(data, *ledger, {}));
  FolderPeople people(data + "/store.sqlite");
  const auto finished = keeper->finish(people);
  // What was cut off may need room, which on a full disk comes of what is asked now.
  const bool retains = request.path.ends_with("/retain");
  if (!finished && !retains) return std::unexpected(finished.error());
  return keep(request, *keeper, people);
}

Result<std::string> ask(const std::string& data, const KeepingRequest& request) {
  TRY(auto gate, ControlClient::find(data));
  if (!gate) return keep_offline(data, request);
  gate->be_patient(kPatienceSeconds);
  return gate->call(request.method, request.path, request.body);
}

KeepingRequest request_of(std::string_view method, std::string_view what, std::string body = {}) {
  return {std::string(method), std::string(kKeepingPath) + std::string(what), std::move(body)};
}

std::string dates_of(json::Value hold) {
  const auto from = hold["from"].string_or("").substr(0, 10), to = hold["to"].string_or("").substr(0, 10);
  return from.empty() && to.empty() ? "" : from + "…" + to;
}

// What a hold names, for people.
std::vector<std::string> row_of(json::Value hold) {
  return {hold["hold"].string_or(""),
          printable(hold["subject"].string_or("")),
          printable(hold["team"].string_or("")),
          dates_of(hold),
          hold["at"].string_or("").substr(0, 10),
          printable(hold["reason"].string_or(""))};
}

// Prints the answer to `request` whole, or one line of it for people.
Result<int> tell(const CommonOptions& options, const KeepingRequest& request, std::string_view kind,
                 const std::function<std::string(json::Value)>& line) {
  TRY(const auto answer, ask(options.data, request));
  TRY(const auto document, json::Document::parse(answer));
  const bool json = options.format == Format::json;
  TRY_VOID(put(options, json ? framed(kind, document.root()) : line(document.root())));
  return 0;
}

}  // namespace

Result<int> run_ledger_erase(const EraseOptions& options) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("by", asker());
  if (!options.exchange.empty()) w.member("exchange", options.exchange);
  if (!options.subject.empty()) w.member("subject", options.subject);
  if (!options.user.empty()) w.member("user", options.user);
  w.end_object();
  TRY(const auto answer, ask(options.common.data, request_of("POST", "erase", std::move(body))));
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, framed("erasure", root)));
    return 0;
  }
  const auto keys = root["keys"].as_uint().value_or(0);
  const auto subject = root["subject"].string_or("");
  TRY_VOID(put(options.common,
               subject.empty()
                   ? fmt::format("erased the digest key of {}\n", root["exchange"].string_or(""))
                   : fmt::format("erased {}: its name, its keys of the gate, and the digest keys of {} {}\n",
                                 subject, grouped(keys), keys == 1 ? "exchange" : "exchanges")));
  hint(options.common,
       "\nEvery proof stays valid; copies of the folder made before still hold what was erased.");
  return 0;
}

Result<int> run_hold_add(const HoldOptions& options) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("by", asker());
  w.member("from", options.from);
  w.member("reason", options.reason);
  w.member("subject", options.subject);
  w.member("team", options.team);
  w.member("to", options.to);
  w.end_object();
  return tell(options.common, request_of("POST", "hold", std::move(body)), "hold", [](json::Value hold) {
    return fmt::format("hold {} stands: what it covers is neither erased nor removed\n",
                       hold["hold"].string_or(""));
  });
}

Result<int> run_hold_list(const HoldOptions& options) {
  return tell(options.common, request_of("GET", "holds"), "holds", [&](json::Value root) {
    std::vector<std::vector<std::string>> rows;
    if (!options.common.quiet) rows.push_back({"HOLD", "SUBJECT", "TEAM", "DATES", "SINCE", "REASON"});
    for (const auto hold : root["holds"]) rows.push_back(row_of(hold));
    if (root["holds"].size() == 0) hint(options.common, "No hold stands.");
    return root["holds"].size() == 0 ? std::string() : table(rows);
  });
}

Result<int> run_hold_release(const HoldOptions& options) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("by", asker());
  w.member("hold", options.id);
  w.end_object();
  return tell(options.common, request_of("POST", "release", std::move(body)), "hold",
              [](json::Value hold) { return fmt::format("released hold {}\n", hold["hold"].string_or("")); });
}

Result<int> run_ledger_retain(const RetainOptions& options) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  w.member("by", asker());
  w.member("dry_run", !options.now);
  if (!options.older_than.empty()) {
    const auto age = text::parse_duration_ms(options.older_than);
    if (!age || *age == 0)
      return fail(Code::invalid,
                  "--older-than takes a duration, such as 90d; not '" + options.older_than + "'");
    w.member("older_than_ms", *age);
  }
  w.end_object();
  return tell(
      options.common, request_of("POST", "retain", std::move(body)), "retention", [&](json::Value root) {
        std::vector<std::vector<std::string>> rows;
        for (const auto segment : root["segments"]) {
          const auto held = segment["held_by"].string_or("");
          rows.push_back({fmt::format("records {} to {}", segment["first"].raw(),
                                      segment["end"].as_uint().value_or(1) - 1),
                          "newest " + segment["newest"].string_or("").substr(0, 10),
                          human_bytes(segment["bytes"].as_uint().value_or(0)),
                          !held.empty() ? "held by " + held
                          : options.now ? "removed"
                                        : "would go"});
        }
        return table(rows) + fmt::format("{} records from before {} {}\n", root["records"].raw(),
                                         root["before"].string_or("").substr(0, 10),
                                         options.now ? "were removed" : "would be removed; --now does it");
      });
}

Result<int> run_ledger_rotate(const CommonOptions& options) {
  return tell(options, request_of("POST", "rotate"), "rotation", [](json::Value root) {
    return std::string(root["rotated"].as_bool().value_or(false)
                           ? "the segment is closed and another one begun\n"
                           : "the segment has no records yet: nothing to close\n");
  });
}

}  // namespace ostiary::app
