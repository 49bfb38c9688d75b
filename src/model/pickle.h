#pragma once

#include <string_view>

#include "model/facts.h"

namespace ostiary::model {

// Where pickles lie and who loads them, which decides what of them is ordinary.
struct PickleSetting {
  std::string_view member;   // in an archive; empty: the file itself
  std::uint64_t offset = 0;  // of the bytes in the file; only where nothing was unpacked
  bool packed = false;       // offsets say nothing
  bool torch = false;        // persistent ids are torch's storages
  bool script = false;       // TorchScript: its own classes are read, not imported
  unsigned nesting = 0;
  std::uint64_t* budget =
      nullptr;  // bytes that may still be unpacked and judged, of all that is within; null: no end
};

// Judges every pickle in the bytes, one behind the other, by the allow-list (catalog/pickle): what is not on
// it is a hazard, and so is what could not be followed. Sets parameters and quantisation where torch's
// tensors are rebuilt. Nothing is run.
void judge_pickles(std::string_view bytes, const PickleSetting& setting, Facts& out);

// Whether bytes begin as a pickle of protocol 2 or later does.
bool begins_as_pickle(std::string_view bytes);
// Whether they are a pickle of protocol 0 or 1 that names a global; looked at only where a name says so.
bool is_old_pickle(std::string_view bytes);

// What unpickles when loaded, whatever it is wrapped in: a zip, a tar, a packed file, arrays of numpy, a
// pickle.
void judge_anything(std::string_view bytes, const PickleSetting& setting, Facts& out);

}  // namespace ostiary::model
