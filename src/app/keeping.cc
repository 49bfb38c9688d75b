#include "app/keeping.h"

#include <algorithm>
#include <fmt/format.h>

#include "json/document.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

constexpr std::string_view kSubjectPrefix = "sub_";
constexpr std::size_t kSubjectSize = 24;

void text_or_null(json::Writer& w, std::string_view name, std::string_view value) {
  w.key(name);
  value.empty() ? w.null() : w.string(value);
}

// A pseudonym in form: it is looked for in the lines of the ledger, so nothing else may be.
Result<std::string> subject_of(const std::string& given) {
  const bool good = given.size() == kSubjectSize && given.starts_with(kSubjectPrefix) &&
                    std::ranges::all_of(given.substr(kSubjectPrefix.size()), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                    });
  if (!good)
    return fail(Code::invalid, "a subject is sub_ and 20 letters and digits; `ostiary key list` shows them");
  return given;
}

Result<std::string> find_subject(json::Value root, People& people) {
  const auto user = root["user"].string_or("");
  if (user.empty()) return subject_of(root["subject"].string_or(""));
  TRY(const auto subject, people.find(user));
  if (!subject)
    return fail(Code::not_found, "no subject has that name: it was never seen here, or was erased before");
  return *subject;
}

Result<std::string> erase(json::Value root, ledger::Keeper& keeper, People& people) {
  const auto by = root["by"].string_or(""), exchange = root["exchange"].string_or("");
  std::string subject;
  ledger::Erasure done;
  if (exchange.empty()) {
    TRY(subject, find_subject(root, people));
    TRY(done, keeper.erase_subject(subject, by, people));
  } else {
    const auto id = Id::parse(exchange);
    if (!id) return fail(Code::invalid, "an exchange is a UUID; answers carry it as x-ostiary-id");
    TRY(done, keeper.erase_exchange(*id, by));
  }
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("erasure", done.id.text());
  text_or_null(w, "exchange", exchange);
  w.member("keys", done.keys);
  text_or_null(w, "subject", subject);
  w.end_object();
  return out;
}

}  // namespace

Result<> StorePeople::forget(const std::string& subject) {
  auto erased = store_.erase_subject(subject, wall_now());
  if (!erased && erased.error().code == Code::not_found) return {};
  return erased;
}

Result<std::string> keep(const KeepingRequest& request, ledger::Keeper& keeper, People& people) {
  const std::string_view body = request.body.empty() ? "{}" : std::string_view(request.body);
  const auto document = json::Document::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  const auto what = std::string_view(request.path).substr(std::min(kKeepingPath.size(), request.path.size()));
  if (what == "erase" && request.method == "POST") return erase(root, keeper, people);
  return fail(Code::not_found, "the control socket has no such path", request.path);
}

}  // namespace ostiary::app
