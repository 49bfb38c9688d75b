#pragma once

#include "gateway/errors.h"
#include "gateway/exchange.h"
#include "net/task.h"

namespace ostiary::net {
struct Watch;
}

namespace ostiary::gateway {

class Worker;

// *decide*, for one target: fills x.decision, x.decision_json and x.service, which is another one than
// `first` where the policy sends the request there, and carries out the decision's obligations. False: the
// exchange stops here.
bool decide(Worker& worker, Exchange& x, const Service& first);

// What the caller of an exchange that decide() stopped is told, with the number of the question that its
// refusal is (x.question), where the desk gives one in time.
net::Task<GateError> refused(Worker& worker, net::Watch* client, Exchange& x);

}  // namespace ostiary::gateway
