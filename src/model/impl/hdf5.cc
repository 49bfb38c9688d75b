#include "model/impl/hdf5.h"

#include <algorithm>
#include <fmt/format.h>

#include "model/impl/cursor.h"

namespace ostiary::model {

namespace {

using std::string_view_literals::operator""sv;

constexpr auto kSignature = "\x89HDF\r\n\x1a\n"sv;
constexpr std::size_t kMostBlocks = 1000, kMostAttributes = 1000;
constexpr std::size_t kMostHeaped = 100'000;  // texts of one heap that are passed over

// Types of messages of an object header.
constexpr unsigned kAttribute = 0x0c, kContinuation = 0x10, kAttributeInfo = 0x15;
constexpr unsigned kShared = 2;  // a flag: what the message says stands elsewhere

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Hdf5Attributes read() {
    Cursor at(bytes_, 8);
    const auto version = at.get<std::uint8_t>();
    if (version > 3) return gone(fmt::format("a superblock of version {}", version));
    const auto root = version < 2 ? root_of_old(version) : root_of_new();
    if (out_.not_read.empty()) header(root);
    for (std::size_t i = 0; i < blocks_.size() && i < kMostBlocks; ++i) block(blocks_[i]);
    if (blocks_.size() > kMostBlocks) gone("more blocks than are read");
    return std::move(out_);
  }

 private:
  struct Block {
    std::uint64_t from, size;
    bool new_form, ordered;
  };

  Hdf5Attributes gone(std::string why) {
    if (out_.not_read.empty()) out_.not_read = std::move(why);
    return out_;
  }

  std::uint64_t number(Cursor& at, unsigned size) const {
    switch (size) {
      case 2:
        return at.get<std::uint16_t>();
      case 4:
        return at.get<std::uint32_t>();
      default:
        return at.get<std::uint64_t>();
    }
  }
  std::uint64_t address(Cursor& at) const { return number(at, offset_size_); }
  std::uint64_t length(Cursor& at) const { return number(at, length_size_); }

  bool sizes(Cursor& at) {
    offset_size_ = at.get<std::uint8_t>();
    length_size_ = at.get<std::uint8_t>();
    const auto ok = [](unsigned n) { return n == 2 || n == 4 || n == 8; };
    if (!ok(offset_size_) || !ok(length_size_)) gone("sizes of offsets that no file has");
    return out_.not_read.empty();
  }

  std::uint64_t root_of_old(unsigned version) {
    Cursor at(bytes_, 13);
    if (!sizes(at)) return 0;
    at.skip(9 + (version == 1 ? 4 : 0));
    for (unsigned i = 0; i < 4; ++i) address(at);
    address(at);  // of the name, which a root has none of
    return address(at);
  }

  std::uint64_t root_of_new() {
    Cursor at(bytes_, 9);
    if (!sizes(at)) return 0;
    at.skip(1);
    for (unsigned i = 0; i < 3; ++i) address(at);
    return address(at);
  }

  void header(std::uint64_t from) {
    Cursor at(bytes_, from);
    if (from < bytes_.size() && bytes_.substr(from).starts_with("OHDR")) {
      at.skip(5);
      const auto flags = at.get<std::uint8_t>();
      if ((flags & 0x20) != 0) at.skip(16);
      if ((flags & 0x10) != 0) at.skip(4);
      std::uint64_t size = 0;
      for (unsigned i = 0; i < (1U << (flags & 3U)); ++i)
        size |= static_cast<std::uint64_t>(at.get<std::uint8_t>()) << (8 * i);
      return blocks_.push_back({at.at(), size, true, (flags & 4) != 0});
    }
    if (at.get<std::uint8_t>() != 1) return static_cast<void>(gone("its root group has no header"));
    at.skip(7);
    const auto size = at.get<std::uint32_t>();
    at.skip(4);
    blocks_.push_back({at.at(), size, false, false});
  }

  void block(const Block block) {
    if (block.from > bytes_.size() || block.size > bytes_.size() - block.from)
      return static_cast<void>(gone("a header goes beyond the end of the file"));
    Cursor at(bytes_.substr(0, block.from + block.size), block.from);
    while (at.left() >= (block.new_form ? 4U : 8U)) {
      const unsigned type = block.new_form ? at.get<std::uint8_t>() : at.get<std::uint16_t>();
      const auto size = at.get<std::uint16_t>();
      const auto flags = at.get<std::uint8_t>();
      at.skip(block.new_form ? (block.ordered ? 2 : 0) : 3);
      const auto body = at.take(size);
      if (at.failed()) return static_cast<void>(gone("a message goes beyond its block"));
      message(type, flags, body, block);
    }
  }

  void message(unsigned type, unsigned flags, std::string_view body, const Block& block) {
    Cursor at(body);
    if (type == kContinuation) {
      auto from = address(at), size = length(at);
      if (block.new_form) {
        if (size < 8) return;
        from += 4, size -= 8;  // its signature and checksum
      }
      if (std::ranges::none_of(blocks_, [&](const auto& one) { return one.from == from; }))
        blocks_.push_back({from, size, block.new_form, block.ordered});
    } else if (type == kAttributeInfo) {
      at.skip(1);
      if ((at.get<std::uint8_t>() & 1) != 0) at.skip(2);
      if (address(at) != undefined()) gone("its attributes are kept in a heap");
    } else if (type == kAttribute) {
      if ((flags & kShared) != 0) return static_cast<void>(gone("an attribute is kept elsewhere"));
      attribute(body);
    }
  }

  std::uint64_t undefined() const { return offset_size_ == 8 ? ~0ULL : (1ULL << (8 * offset_size_)) - 1; }

  void attribute(std::string_view body) {
    Cursor at(body);
    const auto version = at.get<std::uint8_t>();
    const auto flags = at.get<std::uint8_t>();
    const auto name_size = at.get<std::uint16_t>(), type_size = at.get<std::uint16_t>(),
               space_size = at.get<std::uint16_t>();
    if (version < 1 || version > 3) return static_cast<void>(gone("an attribute of an unknown version"));
    if (version == 3) at.skip(1);
    const auto padded = [&](std::uint64_t n) { return version == 1 ? (n + 7) / 8 * 8 : n; };
    auto name = at.take(padded(name_size));
    name = name.substr(0, name.find('\0'));
    const auto type = at.take(padded(type_size));
    at.skip(padded(space_size));
    if (at.failed() || (version > 1 && (flags & 1) != 0))
      return static_cast<void>(gone("an attribute's type is not here"));
    if (out_.texts.size() >= kMostAttributes) return static_cast<void>(gone("more attributes than are read"));
    value(name, type, at);
  }

  // The first of its elements; others than texts are left out.
  void value(std::string_view name, std::string_view type, Cursor& at) {
    Cursor of_type(type);
    const unsigned kind = of_type.get<std::uint8_t>() & 0x0fU;
    of_type.skip(3);
    const auto size = of_type.get<std::uint32_t>();
    if (kind == 3) {
      auto text = at.take(size);
      text = text.substr(0, text.find('\0'));
      if (!at.failed()) out_.texts.push_back({name, text});
    } else if (kind == 9) {
      const auto text_size = at.get<std::uint32_t>();
      const auto collection = address(at);
      const auto index = at.get<std::uint32_t>();
      if (at.failed()) return;
      const auto text = in_heap(collection, index);
      if (!text) return static_cast<void>(gone(fmt::format("the attribute {} is not where it says", name)));
      out_.texts.push_back({name, text->substr(0, text_size)});
    }
  }

  std::optional<std::string_view> in_heap(std::uint64_t collection, std::uint64_t index) const {
    if (collection > bytes_.size() || !bytes_.substr(collection).starts_with("GCOL")) return std::nullopt;
    Cursor at(bytes_, collection + 8);
    const auto size = length(at);
    const auto end = std::min<std::uint64_t>(plus(collection, size), bytes_.size());
    for (std::size_t n = 0; n < kMostHeaped && !at.failed() && at.at() + 8 < end; ++n) {
      const auto id = at.get<std::uint16_t>();
      at.skip(6);
      const auto bytes = length(at);
      if (id == 0) return std::nullopt;
      const auto text = at.take(bytes);
      if (at.failed()) return std::nullopt;
      if (id == index) return text;
      at.skip((8 - bytes % 8) % 8);
    }
    return std::nullopt;
  }

  std::string_view bytes_;
  Hdf5Attributes out_;
  unsigned offset_size_ = 8, length_size_ = 8;
  std::vector<Block> blocks_;
};

}  // namespace

bool is_hdf5(std::string_view bytes) {
  return bytes.starts_with(kSignature);
}

Hdf5Attributes hdf5_attributes(std::string_view bytes) {
  return Reader(bytes).read();
}

}  // namespace ostiary::model
