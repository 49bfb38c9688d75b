// The ledger: how it stands, its newest records, whether it is what was written, and proofs.

#include <filesystem>
#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "console/backing.h"
#include "console/impl/keys.h"
#include "console/impl/tables.h"
#include "ledger/checkpoints.h"
#include "ledger/proof.h"

namespace ostiary::console {

namespace {

constexpr std::int64_t kMostRecords = 1000, kRecords = 10, kMostCheckpoints = 500, kCheckpoints = 50;
constexpr std::int64_t kMostSize = std::int64_t{1} << 53;
constexpr std::uint64_t kMostNote = 64 * 1024;

Result<ledger::Ledger*> ledger_of(Backing& backing) {
  if (!backing.shared.ledger) return fail(Code::unavailable, "no gate serves this folder");
  return backing.shared.ledger;
}

Result<Reply> show(Backing& backing, const Call&) {
  TRY(auto* const ledger, ledger_of(backing));
  const auto size = ledger->size();
  const auto root = ledger->root();
  const auto projected = backing.exchanges.position();
  const auto checkpoint = read_file(backing.data_folder + "/ledger/checkpoint", kMostNote);
  return reply_object([&](json::Writer& w) {
    w.key("checkpoint");
    if (checkpoint)
      w.string(*checkpoint);
    else
      w.null();
    w.member("lag", size - std::min(projected ? projected->index : 0, size));
    w.member("root", base64(root));
    w.member("size", size);
    w.member("verifier_key", ledger->verifier_key());
  });
}

Result<Reply> tail(Backing& backing, const Call& call) {
  const auto count = static_cast<std::size_t>(call.number("n").value_or(kRecords));
  TRY(const auto records, ledger::tail(backing.data_folder, count));
  return reply_list("records", records, [](json::Writer& w, const std::string& record) { w.raw(record); });
}

Result<Reply> verify(Backing& backing, const Call& call) {
  ledger::VerifyOptions options;
  options.stopped = call.stopped;
  TRY(const auto report, ledger::verify(backing.data_folder, options));
  return reply_object([&](json::Writer& w) {
    w.member("covered", report.covered);
    w.member("ok", report.ok);
    w.key("problems");
    w.begin_array();
    for (const auto& problem : report.problems) {
      w.begin_object();
      w.member("index", problem.index);
      w.member("message", problem.message);
      w.member("what", problem.what);
      w.member("where", std::filesystem::path(problem.where).filename().string());
      w.end_object();
    }
    w.end_array();
    w.member("records", report.records);
    w.member("root", base64(report.root));
  });
}

Result<Reply> prove(Backing& backing, const Call& call) {
  if (call.has("id") == call.has("index"))
    return fail(Code::not_found, "say what to prove: either id, of an exchange, or index, of a record");
  std::uint64_t index = 0;
  if (call.has("id")) {
    TRY(index, ledger::find_record(backing.data_folder, *Id::parse(call.text("id")), {}, call.stopped));
  } else {
    index = static_cast<std::uint64_t>(call.number("index").value_or(0));
  }
  ledger::ProveOptions options;
  options.stopped = call.stopped;
  TRY(const auto proof, ledger::prove_inclusion(backing.data_folder, index, options));
  return Reply{ledger::proof_json(proof)};
}

Result<Reply> checkpoints(Backing& backing, const Call& call) {
  const auto limit = static_cast<std::size_t>(call.number("limit").value_or(kCheckpoints));
  const auto before = call.number("before");
  TRY(auto found,
      before ? ledger::given_checkpoints(backing.data_folder, limit + 1, static_cast<std::uint64_t>(*before))
             : ledger::given_checkpoints(backing.data_folder, limit + 1));
  std::optional<std::uint64_t> next;
  if (found.size() > limit) {
    found.pop_back();
    next = found.back().size;
  }
  return reply_object([&](json::Writer& w) {
    w.key("checkpoints");
    w.begin_array();
    for (const auto& one : found) {
      w.begin_object();
      w.member("note", one.note);
      w.member("root", one.root);
      w.member("size", one.size);
      w.end_object();
    }
    w.end_array();
    w.member_or_null("next", next);
  });
}

Schema report_schema() {
  return object("Verification", {{"covered", integer("records under a valid checkpoint")},
                                 {"ok", boolean("the ledger is what was written")},
                                 {"problems", array_of(object("", {{"index", integer("of the record")},
                                                                   {"message", string("")},
                                                                   {"what", string("a word for programs")},
                                                                   {"where", string("file")}}),
                                                       "by index; a thousand at most")},
                                 {"records", integer("")},
                                 {"root", string("Merkle tree hash (RFC 6962) of all records, base64")}});
}

Operation row(std::string_view id, std::string_view path, std::string_view summary, Schema answer,
              Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation operation;
  operation.id = id;
  operation.method = "GET";
  operation.path = path;
  operation.tag = "ledger";
  operation.summary = summary;
  operation.need = Need::read;
  operation.answer = std::move(answer);
  operation.handler = handler;
  return operation;
}

}  // namespace

std::vector<Operation> ledger_operations() {
  std::vector<Operation> rows;
  rows.push_back(
      row("showLedger", "/api/v1/ledger", "How the ledger stands",
          object("Ledger", {{"checkpoint", string("the newest signed tree head (C2SP), as text").or_null()},
                            {"lag", integer("records that the exchange list does not have yet")},
                            {"root", string("Merkle tree hash (RFC 6962) of all records, base64")},
                            {"size", integer("records")},
                            {"verifier_key", string("C2SP verifier key of the checkpoints")}}),
          show));
  rows.push_back(row("tailLedger", "/api/v1/ledger/tail", "The newest records",
                     object("Records", {{"records", array_of(object_open("a record"), "oldest first")}}),
                     tail));
  rows.back().parameters = {in_query("n", integer("how many; 10 unless said", 1, kMostRecords))};
  rows.push_back(row(
      "listCheckpoints", "/api/v1/ledger/checkpoints", "Signed tree heads that the ledger gave, newest first",
      object("Checkpoints",
             {{"checkpoints", array_of(object("", {{"note", string("as signed (C2SP checkpoint)")},
                                                   {"root", string("Merkle tree hash (RFC 6962), base64")},
                                                   {"size", integer("records that it covers")}}),
                                       "newest first")},
              {"next", integer("`before` of the page behind this one; null: there is none").or_null()}}),
      checkpoints));
  rows.back().parameters = {
      in_query("before", integer("those that cover fewer records than this", 0, kMostSize)),
      in_query("limit", integer("checkpoints of a page; 50 unless said", 1, kMostCheckpoints))};
  rows.push_back(row("verifyLedger", "/api/v1/ledger/verify",
                     "Read the whole ledger and check that it is what was written; one at a time",
                     report_schema(), verify));
  rows.back().method = "POST";
  rows.back().lane = Operation::Lane::alone;
  rows.push_back(row("proveRecord", "/api/v1/ledger/prove",
                     "The proof that a record stands in the ledger (c2sp.org/tlog-proof); one at a time for "
                     "each key",
                     object_open("as 'ostiary ledger prove --format json' prints it"), prove));
  rows.back().parameters = {in_query("id", uuid("of an exchange")),
                            in_query("index", integer("of a record", 0, kMostSize))};
  rows.back().refusals = {404};
  rows.back().lane = Operation::Lane::slow;
  return rows;
}

}  // namespace ostiary::console
