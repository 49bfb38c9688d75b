#include "app/impl/policy_file.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/file.h"
#include "policy/builtin.h"

namespace ostiary::app {

Result<std::string> read_policy_text(const std::string& file) {
  constexpr std::uint64_t kMostDocument = 16U << 20;
  if (file == "builtin" || file == "built-in") return std::string(policy::builtin_document());
  return read_file(file, kMostDocument);
}

Result<policy::Policy> read_policy(const std::string& file) {
  TRY(const auto text, read_policy_text(file));
  auto read = policy::read_document(text);
  if (read.usable()) return policy::Policy(std::move(read.document));
  const auto first =
      std::ranges::find(read.findings.all, policy::Severity::error, &policy::Finding::severity);
  auto message = first->message;
  if (read.findings.errors > 1)
    message += fmt::format(" (and {} more; 'ostiary policy check' lists them)", read.findings.errors - 1);
  return fail(Code::invalid, std::move(message),
              fmt::format("{}:{}:{}", file, first->place.line, first->place.column));
}

}  // namespace ostiary::app
