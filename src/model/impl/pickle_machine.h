#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/impl/pickle_names.h"

namespace ostiary::model {

// A global that a pickle names.
struct PickleGlobal {
  std::string module, name;
  Effect effect = Effect::unknown;
  bool called = false;
  std::uint64_t start = 0, end = 0;  // of the first opcode that names it
};

// Something else that a pickle does and that data has no need of.
struct PickleOddity {
  enum class Kind : std::uint8_t {
    computed_name,   // a global whose module or name is no constant
    computed_call,   // calls what another call gave
    changed_global,  // sets attributes or items of a class or module
    extension,       // a code of copyreg's registry, whose meaning is who loads it
    persistent_id,   // a reference that who loads it resolves
    loads_computed   // hands bytes that it computes to a function that unpickles them
  };
  Kind kind = Kind::computed_name;
  std::uint64_t start = 0, end = 0;
  std::string shown;  // the global that is meant, where there is one
  auto operator<=>(const PickleOddity&) const = default;
};

// What following one pickle to its end showed.
struct PickleTrace {
  std::vector<PickleGlobal> globals;     // each once, in order
  std::vector<PickleOddity> oddities;    // at most kMost of a kind
  std::vector<std::string> within;       // bytes that a call of it would unpickle
  std::uint64_t end = 0;                 // behind STOP, or where it broke
  std::string broken;                    // why it could not be followed; empty: to its STOP
  bool wrapped = false;                  // joblib's arrays stand in the stream
  std::optional<std::uint64_t> integer;  // the value, where it is a small number
  bool torch_magic = false;              // it is the number with which torch's older files begin
  std::uint64_t parameters = 0;          // numbers in the tensors of torch that it rebuilds
  std::unordered_map<std::string, std::uint64_t> by_storage;  // of them by the kind of storage
  static constexpr std::size_t kMost = 100;
};

struct PickleHow {
  bool raw_arrays = true;  // joblib's way: the bytes of an array follow its description in the stream
  unsigned nesting = 0;    // pickles in the stream of this one; at most kMostNesting
};

constexpr unsigned kMostNesting = 16;

// Follows a pickle (CPython Lib/pickle.py, protocols 0 to 5, all opcodes) from `at` as an unpickler would,
// with values that know only what judging needs; nothing is imported or called. Where it cannot be followed
// any unpickler stops too, or it is told as broken: what stands before is in the trace. Linear in the bytes;
// memory is that of the stack and the memo, bounded as PickleHeap says.
PickleTrace follow_pickle(std::string_view bytes, std::uint64_t at, const PickleHow& how = {});

}  // namespace ostiary::model
