// inventory on the command line.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "app/impl/command_line.h"
#include "app/impl/verbs_inventory.h"

namespace ostiary::app {

namespace {

using inventory::F;

void add_gate(CLI::App& verb, InventoryOptions& options) {
  verb.add_option("--gate", options.gate,
                  "of the gate over the network, with the key in OSTIARY_KEY (default: the "
                  "data folder)")
      ->type_name("URL");
}

void add_door(CommandLine& line, CLI::App& verb, InventoryOptions& options) {
  add_gate(verb, options);
  line.add_common(verb, options.common);
}

void add_id(CLI::App& verb, std::string& id) {
  verb.add_option("use", id, "its id; 'ostiary inventory list' shows them")->required()->type_name("ID");
}

// -o, and the data folder that the environment names.
void add_file(CLI::App& verb, CommonOptions& common) {
  verb.add_option("-o,--output", common.output, "write to FILE, whole or not at all")->type_name("FILE");
  if (const char* data = std::getenv("OSTIARY_DATA"); data && *data) common.data = data;
}

// For a verb with formats of its own.
void add_output(CLI::App& verb, InventoryOptions& options) {
  auto& common = options.common;
  verb.add_flag("--quiet", common.quiet, "no hints, headings and progress");
  add_file(verb, common);
  verb.add_option("--data", common.data, "data folder (default: $OSTIARY_DATA, or ./ostiary-data)")
      ->type_name("DIR");
  add_gate(verb, options);
}

// Classes of data are words; a data folder is a path, or holds the file that says so.
bool names_folder(const std::string& value) {
  std::error_code wrong;
  return value.find('/') != std::string::npos || std::filesystem::exists(value + "/VERSION", wrong);
}

std::string flag_of(std::string_view name) {
  std::string flag = "--" + std::string(name);
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string_view group_of(F f) {
  if (f < F::owner) return "What it is";
  if (f < F::ai_act_role) return "Whose it is";
  if (f < F::context) return "EU AI Act";
  if (f < F::impact_assessment) return "NIST AI RMF";
  if (f < F::model_producer) return "ISO/IEC 42001";
  return "SBOM for AI";
}

// A flag for each field that people may state.
void add_fields(CLI::App& verb, InventoryStateOptions& options) {
  for (const auto& field : inventory::fields()) {
    if (!inventory::writable(field.id)) continue;
    const bool list = field.type == inventory::FieldType::list;
    std::string doc(field.meaning);
    if (!field.words.empty()) {
      doc += ":";
      for (const auto word : field.words) doc += " " + std::string(word);
    }
    auto* option = verb.add_option_function<std::vector<std::string>>(
        flag_of(field.name),
        [&options, id = field.id](const std::vector<std::string>& values) { options.stated[id] = values; },
        doc);
    option->group(std::string(group_of(field.id)))
        ->type_name(list ? "TEXT,…" : "TEXT")
        ->expected(1, list ? 200 : 1);
    if (list) option->delimiter(',')->allow_extra_args(false);
  }
}

void add_uses(CommandLine& line, CLI::App& parent) {
  const auto listing = std::make_shared<InventoryListOptions>();
  auto* list =
      line.verb(parent, "list", "show the uses of AI that are known",
                "ostiary inventory list\n  ostiary inventory list --provider openai --owner unknown");
  const auto option = [&](const char* flag, std::string& value, const char* doc) {
    list->add_option(flag, value, doc)->type_name("TEXT");
  };
  option("--provider", listing->provider, "of this alone: id or name");
  option("--tool", listing->tool, "of this alone");
  option("--team", listing->team, "of this alone");
  option("--owner", listing->owner, "of this alone; unknown: of nobody");
  option("--status", listing->status, "in-use, trial, retired or unknown");
  option("--model", listing->model, "a name, or a pattern with *");
  add_door(line, *list, *listing);
  line.does(*list, [listing] { return run_inventory_list(*listing); });

  const auto one = std::make_shared<InventoryOptions>();
  auto* show = line.verb(parent, "show", "show a use: what is stated, what is unknown, what shows it",
                         "ostiary inventory show 01a21443-cf1b-707c-bee3-0ee98cdf902d");
  add_id(*show, one->id);
  add_door(line, *show, *one);
  line.does(*show, [one] { return run_inventory_show(*one); });

  const auto made = std::make_shared<InventoryStateOptions>();
  auto* add =
      line.verb(parent, "add", "state a use; what is left out is unknown",
                "ostiary inventory add --tool 'Support bot' --provider openai --surface api --model gpt-4o "
                "--owner support --data-classes personal --purpose 'drafts answers'");
  add_fields(*add, *made);
  add_door(line, *add, *made);
  line.does(*add, [made] { return run_inventory_add(*made); });

  const auto changed = std::make_shared<InventoryStateOptions>();
  auto* edit = line.verb(parent, "edit", "state something else about a use; unknown forgets",
                         "ostiary inventory edit ID --owner legal --next-review 2027-01-31\n"
                         "  ostiary inventory edit ID --license unknown");
  add_id(*edit, changed->id);
  edit->add_option("--revision", changed->revision, "only where it still has this one")->type_name("N");
  add_fields(*edit, *changed);
  add_door(line, *edit, *changed);
  line.does(*edit, [changed] { return run_inventory_edit(*changed); });

  const auto gone = std::make_shared<InventoryOptions>();
  auto* remove =
      line.verb(parent, "remove", "take a use out; one that has ended is better kept: --status retired",
                "ostiary inventory remove 01a21443-cf1b-707c-bee3-0ee98cdf902d");
  add_id(*remove, gone->id);
  add_door(line, *remove, *gone);
  line.does(*remove, [gone] { return run_inventory_remove(*gone); });
}

void add_tables(CommandLine& line, CLI::App& parent) {
  const auto given = std::make_shared<InventoryImportOptions>();
  auto* import = line.verb(parent, "import", "take in the table that people keep: CSV or XLSX",
                           "ostiary inventory import tools.xlsx --dry-run\n"
                           "  ostiary inventory import tools.xlsx --map 'Who=owner' --map 'Cost centre='");
  import->add_option("file", given->file, "CSV in any usual encoding, or XLSX")
      ->required()
      ->type_name("FILE");
  import
      ->add_option("--map", given->maps,
                   "what a column is; 'Column=' keeps it as it is. Remembered for tables with "
                   "this heading")
      ->type_name("COLUMN=FIELD")
      ->allow_extra_args(false);
  import->add_option("--sheet", given->sheet, "its number or name (default: the first that is not hidden)")
      ->type_name("N");
  import->add_flag("--dry-run", given->dry_run, "only tell what would be done");
  add_door(line, *import, *given);
  line.does(*import, [given] { return run_inventory_import(*given); });

  const auto wanted = std::make_shared<InventoryExportOptions>();
  auto* out = line.verb(
      parent, "export", "write all uses out",
      "ostiary inventory export -o uses.csv\n  ostiary inventory export --format spdx -o uses.spdx.json");
  out->add_option("--format", wanted->form,
                  "csv (default), xlsx, cyclonedx (1.6), cyclonedx-1.7, spdx (3.0.1) or json")
      ->check(CLI::IsMember({"csv", "xlsx", "cyclonedx", "cyclonedx-1.6", "cyclonedx-1.7", "spdx", "json"}))
      ->type_name("FORMAT");
  add_output(*out, *wanted);
  line.does(*out, [wanted] { return run_inventory_export(*wanted); });
}

void add_questions(CommandLine& line, CLI::App& parent) {
  const auto given = std::make_shared<InventoryReconcileOptions>();
  auto* reconcile = line.verb(
      parent, "reconcile", "compare the uses with code, logs, the gate's traffic and the desk's approvals",
      "ostiary scan --format json -o shop.json ~/src/shop; ostiary inventory reconcile shop.json\n"
      "  ostiary scan --logs access.log --format json -o web.json; ostiary inventory reconcile web.json "
      "--since monday\n"
      "  ostiary inventory reconcile ~/src/shop --apply");
  reconcile->add_option(
      "sources", given->sources,
      "documents of 'ostiary scan --format json' (with --logs too), or folders to scan now");
  reconcile
      ->add_option("--repository", given->repository,
                   "what the code is called (default: by the file's or folder's name)")
      ->type_name("NAME");
  reconcile->add_option("--since", given->since, "tell what was seen first since: monday, a day, a time, 7d")
      ->type_name("WHEN");
  reconcile->add_flag("--apply", given->apply, "add what is missing and mark what was seen");
  add_door(line, *reconcile, *given);
  line.does(*reconcile, [given] { return run_inventory_reconcile(*given); });

  const auto asked = std::make_shared<InventoryAnswerOptions>();
  auto* answer =
      line.verb(parent, "answer", "which uses something concerns, and whom to tell; what is unknown counts",
                "ostiary inventory answer --provider openai --data personal\n"
                "  ostiary inventory answer --license-forbids commercial\n"
                "  ostiary inventory answer --sdk openai-python --version '<1.2'\n"
                "  ostiary inventory answer --advisory GHSA-1234.json\n"
                "  ostiary inventory answer --terms 'train_on_input!=no'");
  answer->add_option("--provider", asked->provider, "whose service it uses: id or name")->type_name("ID");
  answer->add_option("--model", asked->model, "a name, or a pattern with *")->type_name("GLOB");
  answer->add_option("--license-forbids", asked->license_forbids, "its licence forbids this")
      ->check(CLI::IsMember({"commercial"}))
      ->type_name("USE");
  // The one flag that two interfaces name: a class of data, and the data folder of every verb.
  answer
      ->add_option_function<std::vector<std::string>>(
          "--data",
          [asked](const std::vector<std::string>& values) {
            for (const auto& value : values)
              if (names_folder(value))
                asked->common.data = value;
              else
                asked->data.push_back(value);
          },
          "data of one of these classes go in; a path, or a folder that is a data folder, is the data folder "
          "(default: $OSTIARY_DATA, or ./ostiary-data)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("CLASS|DIR");
  answer->add_option("--terms", asked->terms, "what the provider's terms say of a fact")
      ->allow_extra_args(false)
      ->type_name("FACT!=VALUE");
  answer->add_option("--sdk", asked->sdk, "a library: id, name or package")->type_name("NAME");
  answer->add_option("--version", asked->version, "of the library, else of the model: '<1.2', '>=1.0,<2'")
      ->type_name("RANGE");
  answer->add_option("--advisory", asked->advisories, "OSV or CSAF 2.0 (JSON)")->type_name("FILE");
  line.add_format(*answer, asked->common.format, asked->common.quiet);
  add_file(*answer, asked->common);
  add_gate(*answer, *asked);
  line.does(*answer, [asked] { return run_inventory_answer(*asked); });

  const auto page = std::make_shared<InventoryReportOptions>();
  auto* report = line.verb(parent, "report", "the one page for management: found, unknown, risks, decisions",
                           "ostiary inventory report\n  ostiary inventory report -o page.html");
  report->add_option("--format", page->form, "html, text or json (default: html for -o NAME.html, else text)")
      ->check(CLI::IsMember({"html", "text", "json"}))
      ->type_name("FORMAT");
  add_output(*report, *page);
  line.does(*report, [page] { return run_inventory_report(*page); });
}

}  // namespace

void add_inventory(CommandLine& line) {
  auto* parent =
      line.verb(line.root(), "inventory", "what AI is used, where, and who must know",
                "ostiary inventory import tools.xlsx\n  ostiary inventory answer --provider openai");
  parent->require_subcommand(1);
  add_uses(line, *parent);
  add_tables(line, *parent);
  add_questions(line, *parent);
}

}  // namespace ostiary::app
