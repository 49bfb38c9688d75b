#include <algorithm>

#include "scan/impl/executables.h"

namespace ostiary::scan {

namespace {

constexpr std::uint32_t kLoad = 1, kDynamicSegment = 2, kDynamicSection = 6;
constexpr std::uint64_t kNeeded = 1, kStringTable = 5, kSoname = 14;
constexpr std::size_t kMostHeaders = 65'535, kMostEntries = 65'536;

class Elf {
 public:
  Elf(std::string_view bytes, bool wide, bool big) : fields_(bytes, big), wide_(wide) {}
  Linked read();

 private:
  struct Segment {
    std::uint64_t at = 0, address = 0, size = 0;
  };
  // An address or offset, as wide as the file says.
  std::uint64_t word(std::uint64_t at) { return wide_ ? fields_.u64(at) : fields_.u32(at); }
  void read_segments();
  void read_sections();
  std::optional<std::uint64_t> offset_of(std::uint64_t address) const;
  void read_dynamic(Linked& out);

  Fields fields_;
  bool wide_;
  std::vector<Segment> loaded_;
  std::optional<Segment> dynamic_;
  std::optional<std::uint64_t> strings_;  // offset in the file, where a section tells it
};

void Elf::read_segments() {
  const auto table = word(wide_ ? 32 : 28);
  const std::uint64_t size = fields_.u16(wide_ ? 54 : 42);
  const std::size_t count = std::min<std::size_t>(fields_.u16(wide_ ? 56 : 44), kMostHeaders);
  if (size < (wide_ ? 56U : 32U)) return;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = table + i * size;
    if (!fields_.has(at, size)) {
      fields_.u32(at);
      return;
    }
    const auto type = fields_.u32(at);
    const Segment segment{.at = word(at + (wide_ ? 8 : 4)),
                          .address = word(at + (wide_ ? 16 : 8)),
                          .size = word(at + (wide_ ? 32 : 16))};
    if (type == kLoad) loaded_.push_back(segment);
    if (type == kDynamicSegment && !dynamic_) dynamic_ = segment;
  }
}

void Elf::read_sections() {
  const auto table = word(wide_ ? 40 : 32);
  const std::uint64_t size = fields_.u16(wide_ ? 58 : 46);
  const std::size_t count = std::min<std::size_t>(fields_.u16(wide_ ? 60 : 48), kMostHeaders);
  if (table == 0 || size < (wide_ ? 64U : 40U)) return;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = table + i * size;
    if (!fields_.has(at, size)) {
      fields_.u32(at);
      return;
    }
    if (fields_.u32(at + 4) != kDynamicSection) continue;
    dynamic_ =
        Segment{.at = word(at + (wide_ ? 24 : 16)), .address = 0, .size = word(at + (wide_ ? 32 : 20))};
    const std::uint64_t link = fields_.u32(at + (wide_ ? 40 : 24));
    if (link < count) strings_ = word(table + link * size + (wide_ ? 24 : 16));
    return;
  }
}

std::optional<std::uint64_t> Elf::offset_of(std::uint64_t address) const {
  for (const auto& segment : loaded_)
    if (address >= segment.address && address - segment.address < segment.size)
      return segment.at + (address - segment.address);
  return std::nullopt;
}

void Elf::read_dynamic(Linked& out) {
  const std::uint64_t size = wide_ ? 16 : 8;
  const auto count = std::min<std::uint64_t>(dynamic_->size / size, kMostEntries);
  std::vector<std::uint64_t> needed;
  std::optional<std::uint64_t> soname;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = dynamic_->at + i * size;
    if (!fields_.has(at, size)) {
      fields_.u32(at);
      break;
    }
    const auto tag = word(at), value = word(at + size / 2);
    if (tag == 0) break;
    if (tag == kNeeded && needed.size() < Linked::kMost) needed.push_back(value);
    if (tag == kSoname) soname = value;
    if (tag == kStringTable && !strings_) strings_ = offset_of(value);
  }
  if (!strings_) return;
  for (const auto at : needed)
    if (const auto name = fields_.text(*strings_ + at); !name.empty()) out.needed.emplace_back(name);
  if (soname) out.itself = fields_.text(*strings_ + *soname);
}

Linked Elf::read() {
  Linked out;
  read_segments();
  if (!dynamic_) read_sections();
  if (dynamic_) read_dynamic(out);
  out.cut = fields_.cut();
  return out;
}

}  // namespace

std::optional<Linked> read_elf(std::string_view bytes) {
  if (!bytes.starts_with("\x7f"
                         "ELF") ||
      bytes.size() < 52)
    return std::nullopt;
  const auto width = bytes[4], order = bytes[5];
  if ((width != 1 && width != 2) || (order != 1 && order != 2)) return std::nullopt;
  return Elf(bytes, width == 2, order == 2).read();
}

}  // namespace ostiary::scan
