#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/impl/pickle_machine.h"
#include "model/pickle.h"

// The disassembler and the judge over any bytes. A trace ends within the bytes, its globals have names, and
// one that was followed to its STOP is followed so again with the same end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ostiary::model;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto trace = follow_pickle(bytes, 0);
  if (trace.end > size || trace.oddities.size() > 100'000) std::abort();
  for (const auto& one : trace.globals)
    if (one.start > one.end || one.end > size) std::abort();
  // What stands before STOP does not depend on what follows.
  if (trace.broken.empty() && !trace.wrapped) {
    const auto again = follow_pickle(bytes.substr(0, trace.end), 0);
    if (again.end != trace.end || again.globals.size() != trace.globals.size() || !again.broken.empty())
      std::abort();
  }
  Facts facts;
  judge_anything(bytes, {}, facts);
  // Nothing that runs something passes. A zip begins as a reference by an id, at which a plain unpickler
  // stops.
  if (bytes.starts_with("PK\3\4")) return 0;
  for (const auto& one : trace.globals)
    if (one.effect == Effect::runs && facts.hazards.empty()) std::abort();
  return 0;
}
