#include "scan/impl/executables.h"

#include <algorithm>
#include <unordered_set>

namespace ostiary::scan {

namespace {

constexpr std::size_t kMostName = 1024;

// Load commands of Mach-O that name a dylib.
constexpr std::uint32_t kLoadDylib = 0xc, kIdDylib = 0xd, kLazyDylib = 0x20, kWeakDylib = 0x80000018,
                        kReexportDylib = 0x8000001f, kUpwardDylib = 0x80000023;
constexpr std::size_t kMostCommands = 65'536, kMostSlices = 32, kMostSections = 96;

void read_commands(Fields& fields, std::uint64_t base, bool wide, Linked& out) {
  const auto count = std::min<std::size_t>(fields.u32(base + 16), kMostCommands);
  auto at = base + (wide ? 32 : 28);
  for (std::size_t i = 0; i < count; ++i) {
    const auto command = fields.u32(at);
    const std::uint64_t size = fields.u32(at + 4);
    if (size < 8 || fields.cut()) return;
    switch (command) {
      case kIdDylib:
        out.itself = fields.text(at + fields.u32(at + 8));
        break;
      case kLoadDylib:
      case kLazyDylib:
      case kWeakDylib:
      case kReexportDylib:
      case kUpwardDylib:
        if (const auto name = fields.text(at + fields.u32(at + 8)); !name.empty())
          out.needed.emplace_back(name);
        break;
      default:
        break;
    }
    if (out.needed.size() >= Linked::kMost) return;
    at += size;
  }
}

bool read_slice(std::string_view bytes, std::uint64_t base, Linked& out) {
  for (const bool big : {false, true}) {
    Fields fields(bytes, big);
    const auto magic = fields.u32(base);
    if (magic != 0xfeedface && magic != 0xfeedfacf) continue;
    read_commands(fields, base, magic == 0xfeedfacf, out);
    out.cut |= fields.cut();
    return true;
  }
  return false;
}

class Pe {
 public:
  Pe(std::string_view bytes, std::uint64_t header) : fields_(bytes, false), header_(header) {}
  Linked read();

 private:
  std::optional<std::uint64_t> offset_of(std::uint32_t address);
  // Tables of imports: entries of `size` bytes, the name's address at `name` in each.
  void read_imports(std::uint32_t address, std::uint64_t size, std::uint64_t name, Linked& out);

  Fields fields_;
  std::uint64_t header_;
  struct Section {
    std::uint32_t address = 0, size = 0, at = 0;
  };
  std::vector<Section> sections_;
};

std::optional<std::uint64_t> Pe::offset_of(std::uint32_t address) {
  for (const auto& section : sections_)
    if (address >= section.address && address - section.address < section.size)
      return std::uint64_t{section.at} + (address - section.address);
  return std::nullopt;
}

void Pe::read_imports(std::uint32_t address, std::uint64_t size, std::uint64_t name, Linked& out) {
  const auto table = address ? offset_of(address) : std::nullopt;
  if (!table) return;
  for (auto at = *table; out.needed.size() < Linked::kMost && !fields_.cut(); at += size) {
    const auto where = fields_.u32(at + name);
    if (where == 0) return;
    const auto offset = offset_of(where);
    if (!offset) return;
    if (const auto text = fields_.text(*offset); !text.empty()) out.needed.emplace_back(text);
  }
}

Linked Pe::read() {
  Linked out;
  const std::size_t count = std::min<std::size_t>(fields_.u16(header_ + 6), kMostSections);
  const auto optional = header_ + 24;
  const auto sections = optional + fields_.u16(header_ + 20);
  const bool wide = fields_.u16(optional) == 0x20b;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = sections + i * 40;
    sections_.push_back({.address = fields_.u32(at + 12),
                         .size = std::max(fields_.u32(at + 8), fields_.u32(at + 16)),
                         .at = fields_.u32(at + 20)});
  }
  const auto directories = optional + (wide ? 112 : 96);
  const auto number = fields_.u32(directories - 4);
  if (number > 1) read_imports(fields_.u32(directories + 8), 20, 12, out);
  if (number > 13) read_imports(fields_.u32(directories + std::uint64_t{13} * 8), 32, 4, out);
  out.cut = fields_.cut();
  return out;
}

}  // namespace

std::string_view Fields::text(std::uint64_t at) {
  if (at >= bytes_.size()) {
    cut_ = true;
    return {};
  }
  const auto there = bytes_.substr(at, kMostName);
  const auto end = there.find('\0');
  if (end == std::string_view::npos) {
    cut_ |= there.size() < kMostName;
    return {};
  }
  const auto name = there.substr(0, end);
  return std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; })
             ? std::string_view()
             : name;
}

std::uint64_t Fields::number(std::uint64_t at, unsigned size) {
  if (!has(at, size)) {
    cut_ = true;
    return 0;
  }
  std::uint64_t out = 0;
  for (unsigned i = 0; i < size; ++i)
    out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at + i]))
           << (8 * (big_ ? size - 1 - i : i));
  return out;
}

std::optional<Linked> read_pe(std::string_view bytes) {
  if (!bytes.starts_with("MZ") || bytes.size() < 64) return std::nullopt;
  const std::uint64_t header = Fields(bytes, false).u32(0x3c);
  if (header >= bytes.size() || !bytes.substr(header).starts_with(std::string_view("PE\0\0", 4)))
    return std::nullopt;
  return Pe(bytes, header).read();
}

std::optional<Linked> read_macho(std::string_view bytes) {
  if (bytes.size() < 28) return std::nullopt;
  Linked out;
  if (read_slice(bytes, 0, out)) return out;
  // A class file of Java begins like a universal file, and has its version (45 or more) where the number of
  // slices stands.
  Fields fields(bytes, true);
  const auto magic = fields.u32(0);
  const auto slices = fields.u32(4);
  if ((magic != 0xcafebabe && magic != 0xcafebabf) || slices == 0 || slices > kMostSlices)
    return std::nullopt;
  const bool wide = magic == 0xcafebabf;
  bool any = false;
  for (std::uint64_t i = 0; i < slices; ++i) {
    const auto base = wide ? fields.u64(8 + i * 32 + 8) : fields.u32(8 + i * 20 + 8);
    any |= fields.has(base, 28) && read_slice(bytes, base, out);
  }
  if (!any) return std::nullopt;
  return out;
}

std::optional<Linked> read_executable(std::string_view bytes) {
  auto out = read_elf(bytes);
  if (!out) out = read_pe(bytes);
  if (!out) out = read_macho(bytes);
  if (!out) return out;
  std::unordered_set<std::string> seen;
  std::erase_if(out->needed, [&](const std::string& name) { return !seen.insert(name).second; });
  return out;
}

}  // namespace ostiary::scan
