// The policy in force: its page for everybody, its document and what of it is due for those who read.

#include <fmt/format.h>

#include "base/hash.h"
#include "console/backing.h"
#include "console/impl/keys.h"
#include "console/impl/tables.h"
#include "console/policy_seen.h"
#include "policy/render.h"

namespace ostiary::console {

namespace {

constexpr WallMs kDay = 86'400'000;

Result<PolicyDocument> document_of(Backing& backing) {
  if (!backing.steward) return fail(Code::unavailable, "no gate serves this folder");
  auto found = backing.steward->policy_document();
  if (!found.policy || !found.text) return fail(Code::not_found, "no policy document is in force here");
  return found;
}

// Made once for a version and a day: which rules hold depends on the day.
struct Page {
  std::shared_ptr<const std::string> html;
  std::string etag;
};

Page page_of(Backing& backing, const PolicyDocument& document) {
  auto& cache = backing.policy_page;
  const auto today = wall_now() / kDay * kDay;
  const auto key = fmt::format("{} {}", document.policy->document().digest, today);
  const std::lock_guard lock(cache.mutex);
  if (cache.key != key) {
    policy::RenderOptions options;
    options.on = today;
    options.changes = backing.steward->policy_changes();
    cache.html =
        std::make_shared<const std::string>(policy::render(*document.text, *document.policy, options));
    cache.etag = fmt::format("\"{}\"", hex(sha256(*cache.html)).substr(0, 32));
    cache.key = key;
  }
  return {cache.html, cache.etag};
}

// Whether a list of entity tags (RFC 9110, 13.1.2) names this one.
bool names(std::string_view list, std::string_view etag) {
  return list == "*" || list.find(etag) != std::string_view::npos;
}

Result<Reply> show_page(Backing& backing, const Call& call) {
  TRY(const auto document, document_of(backing));
  const auto page = page_of(backing, document);
  Reply reply;
  reply.type = "text/html; charset=utf-8";
  reply.body = *page.html;
  reply.headers = {{"Cache-Control", "no-cache"},
                   {"Content-Security-Policy", policy::content_security_policy()},
                   {"ETag", page.etag},
                   {"Referrer-Policy", "no-referrer"}};
  // Its length is that of the page, which is not sent.
  if (names(call.request.header("If-None-Match"), page.etag)) reply.status = 304;
  return reply;
}

void write_or_null(json::Writer& w, std::string_view name, const std::string& text) {
  w.key(name);
  if (text.empty())
    w.null();
  else
    w.string(text);
}

Result<Reply> show(Backing& backing, const Call&) {
  TRY(const auto found, document_of(backing));
  const auto& d = found.policy->document();
  return reply_object([&](json::Writer& w) {
    write_or_null(w, "approver", d.approver);
    write_or_null(w, "contact", d.contact);
    w.member("default", policy::name(d.stance));
    w.member("digest", d.digest);
    write_or_null(w, "effective", d.effective);
    w.member("lists", std::uint64_t{d.named_lists.size()});
    w.member("mode", policy::name(d.mode));
    write_or_null(w, "owner", d.owner);
    write_or_null(w, "review_by", d.review_by);
    w.member("rules", std::uint64_t{d.rules.size()});
    w.member("source", found.source);
    w.member("status", d.status == policy::Status::draft ? "draft" : "in-force");
    w.member("tests", std::uint64_t{d.cases.size()});
    w.member("text", *found.text);
    write_or_null(w, "title", d.title);
    write_or_null(w, "version", d.version);
    w.member("warnings", std::uint64_t{found.warnings});
  });
}

Result<Reply> list_due(Backing& backing, const Call& call) {
  TRY(const auto found, document_of(backing));
  const auto& d = found.policy->document();
  const auto now = wall_now();
  TRY(const auto seen, policy_seen(backing.data_folder, d, now, call.stopped));
  return reply_object([&](json::Writer& w) {
    w.member("digest", d.digest);
    w.key("due");
    w.begin_array();
    for (const auto& due : policy::due(d, now, seen.seen)) append_due(w, due);
    w.end_array();
    w.key("partial");
    w.begin_array();
    for (const auto& text : seen.partial) w.string(text);
    w.end_array();
  });
}

Schema policy_schema() {
  const auto filled = [](std::string_view doc) { return string(doc).or_null(); };
  return object("Policy", {{"approver", filled("who put it in force")},
                           {"contact", filled("whom to ask")},
                           {"default", word_of({"allow", "ask", "deny"}, "for what no rule names")},
                           {"digest", string("sha256:… of the document")},
                           {"effective", filled("from which day on, YYYY-MM-DD")},
                           {"lists", integer("that it names")},
                           {"mode", word_of({"enforce", "observe"}, "observe: nothing is stopped")},
                           {"owner", filled("who answers for it")},
                           {"review_by", filled("YYYY-MM-DD")},
                           {"rules", integer("")},
                           {"source", string("its file, or built-in")},
                           {"status", word_of({"draft", "in-force"}, "")},
                           {"tests", integer("")},
                           {"text", string("the document, Markdown")},
                           {"title", filled("")},
                           {"version", filled("")},
                           {"warnings", integer("that `policy check` has about it")}});
}

Schema due_schema() {
  const auto known = [](std::string_view doc) { return string(doc).or_null(); };
  return object(
      "PolicyDue",
      {{"digest", string("sha256:… of the document")},
       {"due", array_of(object("", {{"clause", known("anchor in the document")},
                                    {"date", known("that it is about, YYYY-MM-DD")},
                                    {"kind", word_of({"review", "effective", "exception", "rule", "fired",
                                                      "asked", "catalog", "terms", "feature"},
                                                     "what makes it due")},
                                    {"line", integer("of the document").or_null()},
                                    {"name", known("of the rule, subject, fact or entry")},
                                    {"overdue", boolean("its day has passed")},
                                    {"text", string("what, why, and what to do")}}),
                        "overdue first, then by date")},
       {"partial", array_of(string(""), "what could not be said, and why")}});
}

Operation row(std::string_view id, std::string_view path, std::string_view summary, Schema answer,
              Result<Reply> (*handler)(Backing&, const Call&)) {
  Operation operation;
  operation.id = id;
  operation.method = "GET";
  operation.path = path;
  operation.tag = "policy";
  operation.summary = summary;
  operation.need = Need::read;
  operation.refusals = {404};
  operation.answer = std::move(answer);
  operation.handler = handler;
  return operation;
}

}  // namespace

std::vector<Operation> policy_operations() {
  auto page =
      row("policyPage", "/policy", "The policy in force, as a page to read", string("HTML"), show_page);
  page.need = Need::nobody;
  page.type = "text/html";
  page.refusals = {304, 404};
  auto due = row("listPolicyDue", "/api/v1/policy/due",
                 "What of the policy is to be looked at again, and why", due_schema(), list_due);
  due.lane = Operation::Lane::slow;
  return {page, row("showPolicy", "/api/v1/policy", "The policy document in force", policy_schema(), show),
          due};
}

}  // namespace ostiary::console
