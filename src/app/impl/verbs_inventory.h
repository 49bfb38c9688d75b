#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/verbs.h"
#include "base/time.h"
#include "inventory/field.h"

namespace ostiary::app {

class CommandLine;
void add_inventory(CommandLine& line);

// What every verb of the inventory takes.
struct InventoryOptions {
  CommonOptions common;
  std::string gate;  // empty: the data folder
  std::string id;    // of a use
};

struct InventoryListOptions : InventoryOptions {
  std::string provider, tool, team, owner, status, model;
};

struct InventoryStateOptions : InventoryOptions {
  std::map<inventory::F, std::vector<std::string>> stated;  // what a flag said
  std::uint64_t revision = 0;                               // that it must have; 0: any
};

struct InventoryImportOptions : InventoryOptions {
  std::string file, sheet;        // sheet: number from 1 or name; empty: the first that is shown
  std::vector<std::string> maps;  // "Column=field", "Column=" keeps it as it is
  bool dry_run = false;
};

struct InventoryExportOptions : InventoryOptions {
  std::string form = "csv";
};

struct InventoryReconcileOptions : InventoryOptions {
  std::vector<std::string> sources;  // documents of scan, or folders and archives that are scanned now
  std::string repository, since;
  bool apply = false;
};

struct InventoryAnswerOptions : InventoryOptions {
  std::string provider, model, license_forbids, sdk, version;
  std::vector<std::string> data, terms, advisories;
};

struct InventoryReportOptions : InventoryOptions {
  std::string form;  // html, text or json; empty: by the name of -o, else text
};

Result<int> run_inventory_list(const InventoryListOptions& options);
Result<int> run_inventory_show(const InventoryOptions& options);
Result<int> run_inventory_add(const InventoryStateOptions& options);
Result<int> run_inventory_edit(const InventoryStateOptions& options);
Result<int> run_inventory_remove(const InventoryOptions& options);
Result<int> run_inventory_import(const InventoryImportOptions& options);
Result<int> run_inventory_export(const InventoryExportOptions& options);
Result<int> run_inventory_reconcile(const InventoryReconcileOptions& options);
Result<int> run_inventory_answer(const InventoryAnswerOptions& options);
Result<int> run_inventory_report(const InventoryReportOptions& options);

// "monday" (the last one, today included), "yesterday", "2026-11-26", a time, or a span back such as 7d; UTC.
Result<WallMs> since_of(std::string_view text, WallMs now);

}  // namespace ostiary::app
