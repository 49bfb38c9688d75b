#include "model/impl/zip.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <zlib.h>

#include "model/impl/cursor.h"

namespace ostiary::model {

namespace {

using std::string_view_literals::operator""sv;

constexpr auto kLocal = "PK\3\4"sv, kCentral = "PK\1\2"sv, kEnd = "PK\5\6"sv;
constexpr auto kEnd64 = "PK\6\6"sv, kLocator64 = "PK\6\7"sv;
constexpr std::size_t kMostMismatches = 50;
constexpr std::size_t kEndSearched = (1u << 16) + 22;
constexpr std::uint16_t kEncrypted = 1, kSizesBehind = 8;

// What zip64 says instead of sizes that do not fit.
void read_zip64(std::string_view extra, std::uint64_t& size, std::uint64_t& packed, std::uint64_t* header) {
  Cursor at(extra);
  while (at.left() >= 4) {
    const auto id = at.get<std::uint16_t>();
    const auto body = at.take(at.get<std::uint16_t>());
    if (id != 1) continue;
    Cursor in(body);
    if (size == 0xffffffff) size = in.get<std::uint64_t>();
    if (packed == 0xffffffff) packed = in.get<std::uint64_t>();
    if (header && *header == 0xffffffff) *header = in.get<std::uint64_t>();
    return;
  }
}

// The header before a member's data, whose place is given.
bool read_local(std::string_view bytes, std::uint64_t from, ZipMember& out) {
  if (from > bytes.size() || !bytes.substr(from).starts_with(kLocal)) return false;
  Cursor at(bytes, from + 6);
  out.header = from;
  out.flags = at.get<std::uint16_t>();
  out.method = at.get<std::uint16_t>();
  at.skip(4);
  out.crc = at.get<std::uint32_t>();
  out.packed = at.get<std::uint32_t>();
  out.size = at.get<std::uint32_t>();
  const auto name = at.get<std::uint16_t>(), extra = at.get<std::uint16_t>();
  out.name = at.take(name);
  read_zip64(at.take(extra), out.size, out.packed, nullptr);
  out.data = at.at();
  return !at.failed();
}

struct Directory {
  std::uint64_t from = 0, members = 0, shift = 0;  // shift: bytes in front that the offsets do not count
  bool found = false;
};

Directory find_directory(std::string_view bytes) {
  Directory out;
  const auto tail = bytes.size() > kEndSearched ? bytes.size() - kEndSearched : 0;
  const auto end = bytes.substr(tail).rfind(kEnd);
  if (end == std::string_view::npos) return out;
  Cursor at(bytes, tail + end + 10);
  out.members = at.get<std::uint16_t>();
  std::uint64_t size = at.get<std::uint32_t>();
  out.from = at.get<std::uint32_t>();
  auto behind = tail + end;
  if (behind >= 20 && bytes.substr(behind - 20).starts_with(kLocator64)) {
    const auto at64 = Cursor(bytes, behind - 12).get<std::uint64_t>();
    // With bytes in front its place is off by them.
    auto found =
        at64 < bytes.size() && bytes.substr(at64).starts_with(kEnd64) ? at64 : bytes.rfind(kEnd64, behind);
    if (found != std::string_view::npos) {
      Cursor big(bytes, found + 32);
      out.members = big.get<std::uint64_t>();
      size = big.get<std::uint64_t>();
      out.from = big.get<std::uint64_t>();
      behind = found;
    }
  }
  if (size <= behind && out.from <= behind - size) {
    out.shift = behind - size - out.from;
    out.from = behind - size;
    out.found = size == 0 || bytes.substr(out.from).starts_with(kCentral);
  }
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Zip read() {
    const auto first = bytes_.find(kLocal);
    if (first == std::string_view::npos) return std::move(out_);
    out_.prefix = first;
    directory();
    headers(first);
    return std::move(out_);
  }

 private:
  void mismatch(std::string text) {
    if (out_.mismatches.size() < kMostMismatches) out_.mismatches.push_back(std::move(text));
  }

  void directory() {
    const auto where = find_directory(bytes_);
    out_.without_directory = !where.found;
    if (!where.found) return;
    Cursor at(bytes_, where.from);
    while (at.left() >= 46 && bytes_.substr(at.at()).starts_with(kCentral)) {
      at.skip(8);
      ZipMember one;
      one.flags = at.get<std::uint16_t>();
      one.method = at.get<std::uint16_t>();
      at.skip(4);
      one.crc = at.get<std::uint32_t>();
      one.packed = at.get<std::uint32_t>();
      one.size = at.get<std::uint32_t>();
      const auto name = at.get<std::uint16_t>(), extra = at.get<std::uint16_t>(),
                 comment = at.get<std::uint16_t>();
      at.skip(8);
      std::uint64_t header = at.get<std::uint32_t>();
      one.name = at.take(name);
      read_zip64(at.take(extra), one.size, one.packed, &header);
      at.skip(comment);
      if (at.failed()) return mismatch("its directory ends early");
      if (out_.members.size() >= Zip::kMost) {
        out_.cut = true;
        return;
      }
      one.header = plus(header, where.shift);
      add(one);
    }
  }

  // A member of the directory, held to its own header.
  void add(ZipMember one) {
    const auto twice = names_.find(one.name);
    if (twice != names_.end()) mismatch(fmt::format("it holds {} twice", one.name));
    names_.emplace(one.name, 0);
    ZipMember local;
    if (!read_local(bytes_, one.header, local)) {
      mismatch(fmt::format("where its directory says {} is, nothing begins", one.name));
      return;
    }
    headers_.emplace(one.header, plus(local.data, one.packed));
    one.data = local.data;
    if (local.name != one.name)
      mismatch(fmt::format("its directory says {}, the header {}", one.name, local.name));
    if (local.method != one.method)
      mismatch(fmt::format("of {} the directory says method {}, the header {}", one.name, one.method,
                           local.method));
    if ((local.flags & kEncrypted) != 0 || (one.flags & kEncrypted) != 0)
      mismatch(fmt::format("{} is marked as encrypted{}", one.name,
                           ((local.flags ^ one.flags) & kEncrypted) != 0 ? " in one place only" : ""));
    const bool behind = (local.flags & kSizesBehind) != 0;
    const auto differs = [&](std::uint64_t a, std::uint64_t b) { return a != b && !(behind && a == 0); };
    if (differs(local.size, one.size) || differs(local.packed, one.packed))
      mismatch(fmt::format("of {} directory and header say different sizes", one.name));
    if (differs(local.crc, one.crc))
      mismatch(fmt::format("of {} directory and header say different checksums", one.name));
    out_.members.push_back(one);
  }

  // Headers that no directory names, one behind the other.
  void headers(std::uint64_t from) {
    while (out_.members.size() < Zip::kMost) {
      const auto known = headers_.find(from);
      if (known != headers_.end()) {
        from = next(known->second);
      } else {
        ZipMember one;
        if (!read_local(bytes_, from, one)) return;
        if (!out_.without_directory) mismatch(fmt::format("{} is not in its directory", one.name));
        // Of a member whose sizes stand behind it, all up to the next header.
        if ((one.flags & kSizesBehind) != 0 && one.packed == 0) one.packed = next(one.data) - one.data;
        one.packed = std::min<std::uint64_t>(
            one.packed, bytes_.size() - std::min<std::uint64_t>(one.data, bytes_.size()));
        out_.members.push_back(one);
        from = next(one.data + one.packed);
      }
      if (from >= bytes_.size()) return;
    }
    out_.cut = true;
  }

  // Where the next header stands from there on: at once, or behind what is said of sizes afterwards.
  std::uint64_t next(std::uint64_t from) const {
    if (from >= bytes_.size()) return bytes_.size();
    const auto rest = bytes_.substr(from);
    if (rest.starts_with(kLocal)) return from;
    if (rest.starts_with(kCentral) || rest.starts_with(kEnd)) return bytes_.size();
    const auto near = rest.substr(0, 1u << 16).find(kLocal);
    return near == std::string_view::npos ? bytes_.size() : from + near;
  }

  std::string_view bytes_;
  Zip out_;
  std::unordered_map<std::string_view, int> names_;
  std::unordered_map<std::uint64_t, std::uint64_t> headers_;  // of the directory: where they begin and end
};

}  // namespace

Zip read_zip(std::string_view bytes) {
  return Reader(bytes).read();
}

void tell_mismatches(const Zip& zip, Facts& out) {
  for (const auto& mismatch : zip.mismatches)
    out.hazard("archive-mismatch", Severity::medium, mismatch + ", so that readers differ in what they read");
  if (zip.without_directory || zip.cut) {
    out.hazard("archive-mismatch", Severity::medium,
               zip.cut ? "it holds more members than are looked at" : "the directory at its end is missing");
    out.not_read(zip.cut ? files::Why::too_many : files::Why::damaged,
                 zip.cut ? "more members than are looked at" : "the directory at its end is missing");
  }
  if (zip.prefix > 0)
    out.hazard("archive-prefix", Severity::low,
               fmt::format("{} bytes stand in front of the archive", zip.prefix));
}

Result<std::string> inflated(std::string_view packed, std::uint64_t limit, bool raw) {
  std::string out;
  z_stream stream{};
  if (::inflateInit2(&stream, raw ? -MAX_WBITS : MAX_WBITS) != Z_OK)
    return fail(Code::io, "zlib cannot start");
  std::size_t given = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    if (stream.avail_in == 0 && given < packed.size()) {
      const auto piece = packed.substr(given, 1u << 30);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream.avail_in = static_cast<uInt>(piece.size());
      given += piece.size();
    }
    const auto have = out.size();
    const auto room = std::min<std::uint64_t>(std::max<std::size_t>(have, 1u << 16), limit + 1 - have);
    out.resize(have + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
    stream.avail_out = static_cast<uInt>(room);
    state = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > limit) state = Z_MEM_ERROR;
    if (state == Z_OK && stream.avail_in == 0 && given == packed.size() && out.size() == have)
      state = Z_BUF_ERROR;
  }
  ::inflateEnd(&stream);
  if (state == Z_MEM_ERROR) return fail(Code::too_large, "it unpacks to more than is looked at");
  if (state != Z_STREAM_END) return fail(Code::corrupt, "its packed data is damaged");
  return out;
}

Result<std::string_view> bytes_of(std::string_view zip, const ZipMember& member, std::uint64_t limit,
                                  std::string& scratch) {
  if (member.data > zip.size() || member.packed > zip.size() - member.data)
    return fail(Code::corrupt, "it ends before its size says");
  const auto packed = zip.substr(member.data, member.packed);
  if (member.method == 0) return packed;
  if (member.method != 8)
    return fail(Code::invalid, fmt::format("packed by method {}, which is not read", member.method));
  TRY(scratch, inflated(packed, limit, true));
  return std::string_view(scratch);
}

}  // namespace ostiary::model
