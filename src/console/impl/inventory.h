#pragma once

#include <functional>
#include <span>
#include <string>

#include "console/backing.h"
#include "console/operation.h"
#include "inventory/inventory.h"
#include "inventory/reconcile.h"

namespace ostiary::console {

Schema use_schema();       // as inventory::append_json() writes it
Schema edit_schema();      // what people state: every field that they may write
Schema sighting_schema();  // as inventory::read_sighting() takes it
Schema reconciled_schema();
Schema imported_schema();
Schema answer_schema();
Schema summary_schema();

void write_use(json::Writer& w, const inventory::Use& use);

// Changes of uses as records of the ledger.
inventory::Inventory::Record recorder(Backing& backing, const Call& call);
// What the gate and the desk know, to which what was scanned is added.
Result<inventory::Evidence> own_evidence(Backing& backing);

Operation inventory_row(std::string_view id, std::string_view method, std::string_view path,
                        std::string_view summary, Need need, Result<Reply> (*handler)(Backing&, const Call&));

}  // namespace ostiary::console
