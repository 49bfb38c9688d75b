// What columns and members of logs are called, by product: Squid, nginx, Zeek, Suricata, W3C extended (Blue
// Coat, IIS), Fortinet, Palo Alto, Zscaler, Cisco Umbrella, Cloudflare Gateway, AdGuard Home, Caddy, Traefik,
// CEF.

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "scan/impl/logs_reader.h"

namespace ostiary::scan {

namespace {

struct Called {
  std::string_view name;
  Role role;
  std::uint8_t rank;
};

// Of several names with one role, the one with the lowest rank is taken.
constexpr auto kCalled = std::to_array<Called>({
    {"servername", Role::host, 0},
    {"sni", Role::host, 0},
    {"tlssni", Role::host, 0},
    {"httphostname", Role::host, 0},
    {"requesthost", Role::host, 0},
    {"cshost", Role::host, 0},
    {"host", Role::host, 1},
    {"httphost", Role::host, 1},
    {"desthost", Role::host, 1},
    {"desthostname", Role::host, 1},
    {"destinationhost", Role::host, 1},
    {"destinationhostname", Role::host, 1},
    {"dsthost", Role::host, 1},
    {"dhost", Role::host, 1},
    {"domain", Role::host, 1},
    {"domainname", Role::host, 1},
    {"destdomain", Role::host, 1},
    {"destinationdomain", Role::host, 1},
    {"fqdn", Role::host, 1},
    {"urlhost", Role::host, 1},
    {"urldomain", Role::host, 1},
    {"hostname", Role::host, 2},
    {"site", Role::host, 3},
    {"rhost", Role::host, 3},
    {"csurihost", Role::host, 1},
    {"dest", Role::host, 4},
    {"destination", Role::host, 4},
    {"dst", Role::host, 5},
    {"dstname", Role::host, 3},
    {"target", Role::host, 5},
    {"query", Role::query, 0},
    {"queryname", Role::query, 0},
    {"qname", Role::query, 0},
    {"dnsquery", Role::query, 0},
    {"questionname", Role::query, 0},
    {"dnsrrname", Role::query, 0},
    {"dnsquestionname", Role::query, 0},
    {"qh", Role::query, 1},
    {"url", Role::url, 0},
    {"csuri", Role::url, 0},
    {"requesturl", Role::url, 0},
    {"destinationurl", Role::url, 0},
    {"fullurl", Role::url, 0},
    {"urlfilename", Role::url, 0},
    {"httpurl", Role::url, 1},
    {"uri", Role::url, 2},
    {"requesturi", Role::url, 2},
    {"csuristem", Role::url, 3},
    {"csuripath", Role::url, 3},
    {"requestpath", Role::url, 3},
    {"request", Role::request, 0},
    {"client", Role::client, 0},
    {"clientip", Role::client, 0},
    {"clientaddress", Role::client, 0},
    {"clientaddr", Role::client, 0},
    {"cip", Role::client, 0},
    {"idorigh", Role::client, 0},
    {"srcip", Role::client, 1},
    {"sourceip", Role::client, 1},
    {"sourceaddress", Role::client, 1},
    {"srcaddr", Role::client, 1},
    {"remoteaddr", Role::client, 1},
    {"remoteip", Role::client, 1},
    {"requestremoteip", Role::client, 1},
    {"requestclientip", Role::client, 0},
    {"clienthost", Role::client, 2},
    {"internalip", Role::client, 1},
    {"src", Role::client, 2},
    {"source", Role::client, 3},
    {"requestremoteaddr", Role::client, 2},
    {"ip", Role::client, 4},
    {"user", Role::user, 0},
    {"username", Role::user, 0},
    {"csusername", Role::user, 0},
    {"srcuser", Role::user, 1},
    {"sourceuser", Role::user, 1},
    {"login", Role::user, 2},
    {"identity", Role::user, 2},
    {"mostgranularidentity", Role::user, 2},
    {"email", Role::user, 2},
    {"time", Role::time, 1},
    {"timestamp", Role::time, 0},
    {"datetime", Role::time, 0},
    {"ts", Role::time, 0},
    {"loggedtime", Role::time, 0},
    {"eventtime", Role::time, 0},
    {"timelocal", Role::time, 0},
    {"timeiso8601", Role::time, 0},
    {"starttime", Role::time, 1},
    {"receivetime", Role::time, 2},
    {"logtime", Role::time, 1},
    {"t", Role::time, 3},
    {"startutc", Role::time, 0},
    {"rt", Role::time, 2},
    {"date", Role::date, 0},
    {"bytesout", Role::out, 0},
    {"outbytes", Role::out, 0},
    {"bytessent", Role::out, 1},
    {"sentbytes", Role::out, 0},
    {"sentbyte", Role::out, 0},
    {"sent", Role::out, 2},
    {"csbytes", Role::out, 0},
    {"upload", Role::out, 1},
    {"uploadbytes", Role::out, 0},
    {"uploadedbytes", Role::out, 0},
    {"requestsize", Role::out, 0},
    {"requestbytes", Role::out, 0},
    {"requestlength", Role::out, 0},
    {"reqsize", Role::out, 0},
    {"txbytes", Role::out, 1},
    {"origbytes", Role::out, 1},
    {"requestbodylen", Role::out, 1},
    {"bytestoserver", Role::out, 0},
    {"flowbytestoserver", Role::out, 0},
    {"out", Role::out, 3},
    {"requestcontentsize", Role::out, 1},
    {"bytesin", Role::in, 0},
    {"inbytes", Role::in, 0},
    {"bytesreceived", Role::in, 0},
    {"receivedbytes", Role::in, 0},
    {"rcvdbyte", Role::in, 0},
    {"received", Role::in, 2},
    {"scbytes", Role::in, 0},
    {"download", Role::in, 1},
    {"downloadbytes", Role::in, 0},
    {"responsesize", Role::in, 0},
    {"responsebytes", Role::in, 0},
    {"respbytes", Role::in, 1},
    {"responsebodylen", Role::in, 1},
    {"bodybytessent", Role::in, 0},
    {"bytestoclient", Role::in, 0},
    {"flowbytestoclient", Role::in, 0},
    {"rxbytes", Role::in, 1},
    {"in", Role::in, 3},
    {"downstreamcontentsize", Role::in, 1},
    {"size", Role::in, 4},
    {"action", Role::action, 0},
    {"saction", Role::action, 0},
    {"disposition", Role::action, 0},
    {"act", Role::action, 1},
    {"scfilterresult", Role::action, 1},
    {"status", Role::action, 3},
    {"scstatus", Role::action, 2},
    {"dnstype", Role::answer, 0},
});

constexpr auto kSorted = [] {
  auto sorted = kCalled;
  std::ranges::sort(sorted, {}, &Called::name);
  return sorted;
}();

}  // namespace

std::string_view name_of(Role role) {
  constexpr std::array<std::string_view, kRoles> names = {"host",      "host",     "url",    "request",
                                                          "client",    "user",     "time",   "date",
                                                          "bytes out", "bytes in", "action", "kind"};
  return names[static_cast<std::size_t>(role)];
}

void append_plain_name(std::string& out, std::string_view name) {
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c | 0x20);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
}

std::optional<Meaning> meaning_of(std::string_view plain_name) {
  const auto at = std::ranges::lower_bound(kSorted, plain_name, {}, &Called::name);
  if (at == kSorted.end() || at->name != plain_name) return {};
  return Meaning{at->role, at->rank};
}

bool says_refused(std::string_view action) {
  if (action == "407" || action.ends_with("/407")) return true;
  if (action.size() > 64) action = action.substr(0, 64);
  const auto small = text::lower(action);
  for (const std::string_view word : {"denied", "deny", "block", "drop", "reject", "reset"})
    if (small.contains(word)) return true;
  return false;
}

Result<std::vector<ColumnChoice>> parse_columns(std::string_view text) {
  std::vector<ColumnChoice> out;
  if (text::trim(text).empty()) return out;
  constexpr std::array<std::pair<std::string_view, Role>, 9> roles = {{{"host", Role::host},
                                                                       {"url", Role::url},
                                                                       {"client", Role::client},
                                                                       {"user", Role::user},
                                                                       {"time", Role::time},
                                                                       {"date", Role::date},
                                                                       {"out", Role::out},
                                                                       {"in", Role::in},
                                                                       {"action", Role::action}}};
  for (const auto part : text::split(text, ',')) {
    const auto equals = part.find('=');
    const auto word = text::trim(part.substr(0, equals));
    const auto value = equals == std::string_view::npos ? "" : text::trim(part.substr(equals + 1));
    const auto role = std::ranges::find(roles, word, &std::pair<std::string_view, Role>::first);
    if (role == roles.end() || value.empty())
      return fail(
          Code::invalid,
          "columns are given as client=3,host=5 or host=Domain; there are host, url, client, user, time, "
          "date, out, in and action");
    const auto number = text::parse_uint(value);
    if (number && (*number == 0 || *number > 256))
      return fail(Code::invalid, "columns are numbered from 1 to 256");
    out.push_back({role->second, std::string(value), static_cast<std::size_t>(number.value_or(0))});
  }
  return out;
}

}  // namespace ostiary::scan
