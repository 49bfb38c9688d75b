// Configuration keys of the listening side.

#include <algorithm>
#include <fmt/format.h>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"
#include "base/text.h"

namespace ostiary::app::config {

namespace {

using yaml::Kind;
using yaml::Node;

constexpr std::string_view kAddress =
    "HOST:PORT, such as 127.0.0.1:8484 or [::1]:8080, or unix:PATH, such as unix:/run/ostiary/gate.sock";

bool is_address(std::string_view given) {
  constexpr std::string_view unix_prefix = "unix:";
  if (given.starts_with(unix_prefix)) return given.size() > unix_prefix.size();
  const auto colon = given.rfind(':');
  const auto port =
      colon == std::string_view::npos ? std::nullopt : text::parse_uint(given.substr(colon + 1));
  const auto host = given.substr(0, port ? colon : 0);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  return port && *port <= 65535 && !host.empty() && host.find_first_of(" /@") == std::string_view::npos &&
         (host.find(':') == std::string_view::npos || bracketed);
}

Result<> add_address(std::string_view given, std::vector<std::string>& out) {
  if (!is_address(given)) return refused(kAddress, given);
  if (std::ranges::find(out, given) != out.end() && !given.ends_with(":0"))
    return fail(Code::invalid, fmt::format("names {} twice", given));
  out.emplace_back(given);
  return {};
}

// One address, several with commas between them, or a list of addresses.
Result<> read_listen(Config& config, const Node& node, std::string_view file) {
  std::vector<std::string> addresses;
  if (node.kind == Kind::sequence) {
    if (node.items.empty()) return fail(Code::invalid, "must name an address at least");
    for (const auto& item : node.items) {
      TRY(const auto given, single(item, kAddress));
      if (auto added = add_address(given, addresses); !added) {
        added.error().where = yaml::place(file, item);
        added.error().message = "'listen' " + added.error().message;
        return added;
      }
    }
  } else {
    TRY(const auto given, single(node, kAddress));
    for (const auto part : text::split(given, ',')) TRY_VOID(add_address(text::trim(part), addresses));
  }
  config.gate.listen = std::move(addresses);
  return {};
}

template <auto Member>
Row<Config> tls(std::string_view path, std::string_view doc) {
  return {path, Path::describe(), "\"\"", doc, [](Config& config, const Node& node, std::string_view) {
            return Path::read(node, config.gate.tls.*Member);
          }};
}

}  // namespace

Row<Config> listen_row() {
  return {"listen", "HOST:PORT or unix:PATH, or a list of them", "127.0.0.1:8484",
          "Where the gate listens. Port 0 takes a free one and prints it.", read_listen};
}

std::vector<Row<Config>> tls_rows() {
  return {
      tls<&net::TlsFiles::certificate>(
          "tls.certificate",
          "PEM file with the gate's certificate and those between it and its CA. With it every address of "
          "'listen' that "
          "is no Unix socket speaks TLS 1.2 or 1.3 only. Read again when it changes."),
      tls<&net::TlsFiles::key>("tls.key", "PEM file with the certificate's key, not encrypted."),
      tls<&net::TlsFiles::client_ca>(
          "tls.client_ca",
          "PEM file with the CAs of clients. Not empty: only clients with a certificate of "
          "one of them get through to where keys are asked for."),
  };
}

}  // namespace ostiary::app::config
