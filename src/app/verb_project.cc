// ledger project: the exchange table, made from the ledger while no gate runs.

#include <fmt/format.h>

#include "app/impl/terminal.h"
#include "app/ledger_projection.h"
#include "app/verbs.h"
#include "json/writer.h"
#include "store/data_folder.h"
#include "store/store.h"

namespace ostiary::app {

namespace {

std::string json_of(std::uint64_t records, std::uint64_t projected) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("kind", "ledger-projection");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.member("projected", projected);
  w.member("records", records);
  w.end_object();
  return out + '\n';
}

}  // namespace

Result<int> run_ledger_project(const ProjectOptions& options) {
  const auto& data = options.common.data;
  TRY_VOID(store::check_data_folder(data));
  TRY(const auto lock, store::DataLock::acquire(data));
  TRY(const auto records, ledger::count_records(data));
  const auto started = mono_now();
  TRY(const auto projection, LedgerProjection::open(data, options.rebuild));
  const auto before = projection->position();
  {
    Progress progress("projecting", options.common);
    for (bool more = true; more;) {
      TRY(more, projection->step(records));
      progress.show(projection->position() - before, records - before);
    }
  }
  TRY_VOID(projection->forget_removed());
  const auto projected = projection->position() - before;
  const auto seconds = static_cast<double>(mono_now() - started) / 1e9;
  const bool json = options.common.format == Format::json;
  TRY_VOID(put(options.common,
               json ? json_of(records, projected)
                    : fmt::format("The exchange table holds the ledger's {} records; {} were new.\n",
                                  grouped(records), grouped(projected))));
  if (!json) hint(options.common, fmt::format("projected in {:.2f} s", seconds));
  return 0;
}

}  // namespace ostiary::app
