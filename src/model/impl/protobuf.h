#pragma once

#include <cstdint>
#include <string_view>

#include "model/impl/cursor.h"

namespace ostiary::model {

// Walks the fields of one Protocol Buffers message (protobuf.dev, "Encoding") without knowing its type: what
// is not asked for is passed over by its length, so that gigabytes of tensors cost nothing. Groups, which
// nobody writes any more, end it.
class Protobuf {
 public:
  explicit Protobuf(std::string_view bytes) : at_(bytes) {}

  struct Field {
    std::uint32_t number = 0;
    std::uint64_t value = 0;  // of numbers
    std::string_view bytes;   // of texts, messages and packed numbers
    bool is_bytes = false;
  };
  // The next field; false at the end, or where it is damaged: failed() tells.
  bool next(Field& out) {
    if (failed_ || at_.left() == 0) return false;
    const auto key = varint();
    out = {};
    out.number = static_cast<std::uint32_t>(key >> 3);
    switch (key & 7) {
      case 0:
        out.value = varint();
        break;
      case 1:
        out.value = at_.get<std::uint64_t>();
        break;
      case 2:
        out.bytes = at_.take(varint());
        out.is_bytes = true;
        break;
      case 5:
        out.value = at_.get<std::uint32_t>();
        break;
      default:
        failed_ = true;
    }
    failed_ = failed_ || at_.failed() || out.number == 0;
    return !failed_;
  }
  bool failed() const { return failed_; }

  // The first field of a number that holds bytes; empty where there is none.
  static std::string_view find(std::string_view message, std::uint32_t number) {
    Protobuf walk(message);
    for (Field field; walk.next(field);)
      if (field.number == number && field.is_bytes) return field.bytes;
    return {};
  }

 private:
  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = at_.get<std::uint8_t>();
      out |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return out;
    }
    failed_ = true;
    return 0;
  }

  Cursor at_;
  bool failed_ = false;
};

}  // namespace ostiary::model
