#include "policy/builtin.h"

#include <cstddef>

extern "C" {
extern const char ostiary_policy_document_begin[];
extern const char ostiary_policy_document_end[];
}

namespace ostiary::policy {

std::string_view builtin_document() {
  return {ostiary_policy_document_begin,
          static_cast<std::size_t>(ostiary_policy_document_end - ostiary_policy_document_begin)};
}

}  // namespace ostiary::policy
