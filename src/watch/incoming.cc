#include "watch/incoming.h"

#include "base/hash.h"

namespace ostiary::watch {

namespace {

constexpr json::Limits kLimits{.max_depth = 32, .max_values = 100'000, .refuse_duplicates = true};
constexpr std::size_t kLongestId = 200;  // bytes

// GitLab signs where a signing token is set, and then its older token says nothing more.
Result<> prove(Incoming::Forge forge, const IncomingSource& source, const Incoming::Header& header,
               std::string_view body, WallMs now) {
  if (forge == Incoming::Forge::github)
    return verify_github(source.secrets, header("x-hub-signature-256"), body);
  if (forge == Incoming::Forge::gitlab && source.signing.empty())
    return verify_token(source.secrets, header("x-gitlab-token"));
  return verify_standard(source.signing, header("webhook-id"), header("webhook-timestamp"),
                         header("webhook-signature"), body, now);
}

std::string id_of(Incoming::Forge forge, const IncomingSource& source, const Incoming::Header& header) {
  if (forge == Incoming::Forge::github) return header("x-github-delivery");
  if (forge == Incoming::Forge::generic || !source.signing.empty()) return header("webhook-id");
  return header("idempotency-key");
}

// Ids stand in headers that GitHub's signature and GitLab's token do not cover: the body is known again too.
std::vector<std::string> ids_of(Incoming::Forge forge, const IncomingSource& source,
                                const Incoming::Header& header, std::string_view body) {
  std::vector<std::string> ids;
  if (auto id = id_of(forge, source, header); !id.empty()) ids.push_back(std::move(id));
  if (forge != Incoming::Forge::generic && source.signing.empty())
    ids.push_back("sha256 " + hex(sha256(body)));
  return ids;
}

}  // namespace

void Incoming::replace(IncomingSettings settings) {
  const std::lock_guard lock(mutex_);
  settings_ = std::move(settings);
}

Result<IncomingSource> Incoming::source_of(Forge forge, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto& one = forge == Forge::github ? settings_.github : settings_.gitlab;
  if (forge != Forge::generic && one) return *one;
  if (forge == Forge::generic)
    if (const auto found = settings_.generic.find(name); found != settings_.generic.end())
      return found->second;
  return fail(Code::not_found,
              "no such webhook is configured; `webhooks.in` of the configuration names them");
}

Result<Delivery> Incoming::receive(Forge forge, std::string_view name, const Header& header,
                                   std::string_view body, WallMs now) {
  TRY(const auto source, source_of(forge, name));
  TRY_VOID(prove(forge, source, header, body, now));
  Delivery delivery{.source = forge == Forge::github   ? "github"
                              : forge == Forge::gitlab ? "gitlab"
                                                       : "generic " + std::string(name),
                    .team = source.team,
                    .ids = ids_of(forge, source, header, body),
                    .event = {}};
  for (const auto& id : delivery.ids) {
    if (id.size() > kLongestId) return fail(Code::invalid, "the id of the delivery is too long");
    TRY(const auto seen, queue_.was_seen(delivery.source, id));
    if (seen) return fail(Code::exists, "this delivery was taken before");
  }
  auto document = json::Document::parse(body, kLimits);
  if (!document) return fail(Code::invalid, "the body is not JSON: " + document.error().text());
  const auto root = document->root();
  auto event = forge == Forge::github   ? read_github(header("x-github-event"), root, source.rules)
               : forge == Forge::gitlab ? read_gitlab(root, source.rules)
                                        : read_generic(root);
  if (!event) return std::unexpected(event.error());
  delivery.event = std::move(*event);
  return delivery;
}

Result<> Incoming::remember(const Delivery& delivery, WallMs now) {
  for (const auto& id : delivery.ids) TRY_VOID(queue_.remember(delivery.source, id, now));
  return {};
}

Result<std::optional<std::string>> Incoming::question_of(const Delivery& delivery) {
  return queue_.question_of(delivery.source + " " + delivery.event->link);
}

Result<> Incoming::set_question(const Delivery& delivery, std::string_view number, WallMs now) {
  return queue_.set_question(delivery.source + " " + delivery.event->link, number, now);
}

}  // namespace ostiary::watch
