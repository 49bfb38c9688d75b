// ledger prove: proofs are made from a data folder, and checked without one.

#include <filesystem>
#include <fmt/format.h>

#include "app/impl/terminal.h"
#include "app/impl/verbs_ledger.h"
#include "base/file.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/proof.h"

namespace ostiary::app {

namespace {

using ledger::CheckedProof;
using ledger::Proof;

constexpr std::uint64_t kMaxProof = 128U << 20;  // bytes; a record may have 64 MiB
constexpr std::uint64_t kMaxNote = 1U << 20;

// The folder's own key where none is named and there is a folder.
Result<std::string> key_to_check_with(const ProveVerbOptions& options) {
  if (!options.key.empty()) return read_verifier_key(options.key);
  const auto own = options.common.data + "/ledger/verify-key";
  if (std::filesystem::exists(own)) return read_verifier_key(own);
  return fail(Code::invalid, "a proof is checked with the ledger's verifier key; name it with --key");
}

std::string json_of(const Proof& proof, const Result<CheckedProof>& checked) {
  const bool inclusion = proof.kind == Proof::Kind::inclusion;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  if (inclusion) w.member("index", proof.index);
  w.member("kind", "proof-check");
  w.member("ok", checked.has_value());
  if (!inclusion) w.member("old_size", proof.old_size);
  if (checked) w.member("origin", checked->origin);
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  if (!checked) w.member("reason", checked.error().message);
  if (inclusion && proof.record && json::Document::parse(*proof.record)) {
    w.key("record");
    w.raw(*proof.record);
  }
  if (checked) w.member("root", base64(checked->root));
  if (checked) w.member("size", checked->size);
  w.member("type", inclusion ? "inclusion" : "consistency");
  w.end_object();
  return out + '\n';
}

std::string text_of(const Proof& proof, const Result<CheckedProof>& checked, const Style& style) {
  if (!checked)
    return fmt::format("{} {}\n\n  {}\n", style.red("✘"), style.bold("The proof does not hold."),
                       printable(checked.error().message));
  const bool inclusion = proof.kind == Proof::Kind::inclusion;
  const auto headline = inclusion ? fmt::format("Record {} stands in the ledger.", grouped(proof.index))
                                  : std::string("The ledger has only grown.");
  std::vector<std::vector<std::string>> rows = {{"  ledger", printable(checked->origin)},
                                                {"  records", grouped(checked->size)},
                                                {"  root", base64(checked->root)}};
  if (!inclusion) rows.push_back({"  before", fmt::format("{} records", grouped(proof.old_size))});
  if (inclusion && proof.record) rows.push_back({"  record", printable(*proof.record)});
  return fmt::format("{} {}\n\n{}", style.green("✔"), style.bold(headline), table(rows));
}

Result<int> check(const ProveVerbOptions& options) {
  TRY(const auto text, read_file(options.check, kMaxProof));
  auto proof = ledger::parse_proof(text);
  if (!proof) return fail(proof.error().code, proof.error().message, options.check);
  TRY(const auto key, key_to_check_with(options));
  if (!options.record.empty()) {
    TRY(auto line, read_file(options.record, kMaxProof));
    if (line.ends_with('\n')) line.pop_back();
    proof->record = std::move(line);
  }
  if (!options.consistency.empty()) {
    TRY(proof->old_checkpoint, read_file(options.consistency, kMaxNote));
  }
  const auto checked = ledger::check_proof(*proof, key);
  if (!checked && checked.error().code != Code::denied)
    return fail(checked.error().code, checked.error().message, options.check);
  const bool json = options.common.format == Format::json;
  TRY_VOID(put(options.common,
               json ? json_of(*proof, checked) : text_of(*proof, checked, style_of(options.common))));
  return checked ? 0 : 1;
}

Result<std::uint64_t> index_of(const ProveVerbOptions& options) {
  if (!options.index.empty()) {
    const auto index = text::parse_uint(options.index);
    if (!index) return fail(Code::invalid, "--index takes a whole number from 0");
    return *index;
  }
  const auto id = Id::parse(options.id);
  if (!id)
    return fail(Code::invalid, "--id takes the id of an exchange, such as the header x-ostiary-id gives it");
  return ledger::find_record(options.common.data, *id, options.kind);
}

Result<Proof> make(const ProveVerbOptions& options) {
  ledger::ProveOptions how;
  how.checkpoint_file = options.checkpoint;
  how.with_record = !options.leave_record_out;
  TRY(how.verifier_key, read_verifier_key(options.key));
  Progress progress("proving", options.common);
  how.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  if (!options.consistency.empty())
    return ledger::prove_consistency(options.common.data, options.consistency, how);
  TRY(const auto index, index_of(options));
  return ledger::prove_inclusion(options.common.data, index, how);
}

}  // namespace

Result<int> run_ledger_prove(const ProveVerbOptions& options) {
  if (!options.check.empty()) return check(options);
  if (options.id.empty() && options.index.empty() && options.consistency.empty())
    return fail(Code::invalid, "name what to prove: --id, --index or --consistency (or --check a proof)");
  if (!options.kind.empty() && options.id.empty())
    return fail(Code::invalid, "--kind goes with --id, of whose records it chooses one");
  TRY_VOID(check_ledger_folder(options.common.data));
  const auto proof = make(options);
  if (!proof && proof.error().code == Code::corrupt) return complain(proof.error().text(), 1);
  if (!proof) return std::unexpected(proof.error());
  const bool json = options.common.format == Format::json;
  TRY_VOID(put(options.common, json ? ledger::proof_json(*proof) : ledger::proof_text(*proof)));
  return 0;
}

}  // namespace ostiary::app
