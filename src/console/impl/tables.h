#pragma once

#include <vector>

#include "console/operation.h"

namespace ostiary::console {

// The parts of the table, each beside what it does.
std::vector<Operation> health_operations();
std::vector<Operation> metrics_operations();
std::vector<Operation> service_operations();
std::vector<Operation> key_operations();
std::vector<Operation> limit_operations();
std::vector<Operation> ledger_operations();
std::vector<Operation> configuration_operations();
std::vector<Operation> self_operations();
std::vector<Operation> invitation_operations();
std::vector<Operation> exchange_operations();
std::vector<Operation> false_alarm_operations();
std::vector<Operation> webhook_operations();
std::vector<Operation> incoming_hook_operations();
std::vector<Operation> question_operations();
std::vector<Operation> answer_operations();
std::vector<Operation> policy_operations();
std::vector<Operation> use_operations();
std::vector<Operation> inventory_operations();

inline constexpr std::string_view kApi = "/api/v1";

}  // namespace ostiary::console
