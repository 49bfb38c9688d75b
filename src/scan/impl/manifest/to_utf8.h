#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/manifest.h"

namespace ostiary::scan {

// A manifest's text as UTF-8, without its byte-order mark: a view of the bytes, or, of UTF-16 (which
// PowerShell's `>` writes), a copy. `bytes` must outlive it.
class Utf8 {
 public:
  explicit Utf8(std::string_view bytes);
  std::string_view text() const { return wide_ ? std::string_view(copy_) : bytes_.substr(mark_); }
  // Turns offsets in text() into offsets in the bytes.
  void to_original(std::vector<Declared>& declared) const;

 private:
  std::string_view bytes_;
  std::string copy_;
  std::size_t mark_ = 0;  // bytes of the mark
  bool wide_ = false, big_endian_ = false;
};

}  // namespace ostiary::scan
