// Files that unpickle when they are loaded: PyTorch's zips and older ones, pickles, joblib's, numpy's.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "base/hash.h"
#include "base/text.h"
#include "files/archive.h"
#include "files/content.h"
#include "files/packed.h"
#include "model/impl/cursor.h"
#include "model/impl/zip.h"
#include "model/pickle.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kMostUnpacked = 256ULL << 20;
constexpr unsigned kMostWraps = 8;

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

constexpr std::uint64_t kBudget = 4ULL << 30;

// Takes so many bytes of what may still be looked at; false: there are not as many.
bool spend(const PickleSetting& setting, std::uint64_t bytes) {
  if (!setting.budget) return true;
  const bool enough = bytes <= *setting.budget;
  *setting.budget -= std::min(bytes, *setting.budget);
  return enough;
}

void spent(std::string_view what, Facts& out) {
  if (std::ranges::any_of(out.hazards,
                          [](const auto& one) { return one.detail.contains("more is packed in it"); }))
    return;
  out.hazard("archive-unread", Severity::medium,
             fmt::format("more is packed in it than is looked at, from {} on", what));
  out.not_read(files::Why::bomb, "more is packed in it than is looked at");
}

std::string within(const PickleSetting& setting, std::string_view member) {
  return setting.member.empty() ? std::string(member) : fmt::format("{}!/{}", setting.member, member);
}

PickleSetting unpacked_of(const PickleSetting& setting) {
  auto out = setting;
  out.packed = true;
  ++out.nesting;
  return out;
}

// Whether torch or numpy would unpickle it, whatever it is called.
bool may_unpickle(std::string_view name, std::string_view bytes) {
  return name.ends_with(".pkl") || begins_as_pickle(bytes) || bytes.starts_with("\x93NUMPY") ||
         bytes.starts_with("PK\3\4") || (bytes.size() < (1u << 20) && is_old_pickle(bytes));
}

// Judges what only looks as if it were a pickle: where it breaks and names nothing, it is something else.
bool judge_if_it_is_one(std::string_view bytes, const PickleSetting& setting, Facts& out) {
  Facts probe;
  probe.path = out.path;
  judge_anything(bytes, setting, probe);
  const auto of_breaking = [](const Hazard& one) {
    return one.id == "pickle-broken" || one.id == "trailing-data";
  };
  const bool broken =
      std::ranges::any_of(probe.hazards, [](const auto& one) { return one.id == "pickle-broken"; });
  if (broken && std::ranges::all_of(probe.hazards, of_breaking)) return false;
  for (auto& one : probe.hazards) out.hazard(one.id, one.severity, one.detail, one.start, one.end);
  for (auto& one : probe.partial) out.not_read(one.why, one.text);
  if (probe.parameters) out.parameters = out.parameters.value_or(0) + *probe.parameters;
  if (!probe.quantization.empty()) out.quantization = probe.quantization;
  return true;
}

void judge_member(std::string_view zip, const ZipMember& member, const PickleSetting& setting, bool script,
                  Facts& out) {
  std::string scratch;
  // The bytes of tensors are stored, and need no more than a look at their beginning.
  const auto name = within(setting, member.name);
  if (setting.budget && *setting.budget == 0) return spent(name, out);
  const auto bytes = bytes_of(zip, member, kMostUnpacked, scratch);
  if (!scratch.empty() && !spend(setting, scratch.size())) return spent(name, out);
  if (!bytes) {
    out.hazard("archive-unread", Severity::medium,
               fmt::format("{} cannot be read: {}", name, bytes.error().message));
    return out.not_read(bytes.error().code == Code::too_large ? files::Why::bomb : files::Why::damaged,
                        fmt::format("{}: {}", name, bytes.error().message));
  }
  if (!may_unpickle(member.name, *bytes)) return;
  const bool stored = member.method == 0 && !setting.packed;
  const PickleSetting inner{.member = name,
                            .offset = stored ? setting.offset + member.data : 0,
                            .packed = !stored,
                            .torch = true,
                            .script = script,
                            .nesting = setting.nesting + 1,
                            .budget = setting.budget};
  if (bytes->size() == member.size && crc32(*bytes) != member.crc)
    out.hazard("archive-mismatch", Severity::medium, fmt::format("the checksum of {} is wrong", name));
  // Numbers of tensors may begin as a pickle does.
  if (member.name.ends_with(".pkl"))
    judge_anything(*bytes, inner, out);
  else
    judge_if_it_is_one(*bytes, inner, out);
}

void judge_zip(std::string_view bytes, const PickleSetting& setting, Facts& out) {
  const auto zip = read_zip(bytes);
  const auto of_script = [](const ZipMember& one) {
    return one.name.ends_with("/constants.pkl") || one.name.contains("/code/");
  };
  const bool script = std::ranges::any_of(zip.members, of_script);
  tell_mismatches(zip, out);
  for (const auto& member : zip.members) judge_member(bytes, member, setting, script, out);
}

// Members of torch's oldest files, and of what else is a tar.
void judge_archive(std::string_view bytes, const PickleSetting& setting, Facts& out) {
  files::ArchiveLimits limits;
  limits.levels = 2;
  limits.member_bytes = limits.head_bytes = kMostUnpacked;
  limits.give_archives = true;
  auto partial = files::read_archive(
      bytes, "",
      [&](const files::Member& member) {
        auto inner = unpacked_of(setting);
        const auto name = within(setting, member.path.substr(std::min(member.path.size(), "!/"sv.size())));
        inner.member = name;
        inner.torch = true;
        if (may_unpickle(name, member.bytes)) judge_anything(member.bytes, inner, out);
        return true;
      },
      limits);
  for (auto& one : partial) {
    out.hazard("archive-unread", Severity::medium, fmt::format("{}: {}", one.path, one.text));
    out.not_read(one.why, one.path + ": " + one.text);
  }
}

// The bytes of a file that is packed as a whole, as joblib does.
Result<std::string> unpacked(std::string_view bytes) {
  if (bytes.starts_with('x')) return inflated(bytes, kMostUnpacked, false);
  bool given = false;
  auto packed = files::Packed::open(
      [&]() -> Result<std::string_view> { return std::exchange(given, true) ? std::string_view() : bytes; },
      bytes.substr(0, 512));
  std::string out;
  if (packed.next())
    for (auto piece = packed.read(); !piece.empty(); piece = packed.read()) {
      if (out.size() + piece.size() > kMostUnpacked)
        return fail(Code::too_large, "it unpacks to more than is looked at");
      out += piece;
    }
  if (const auto* failed = packed.failed()) return fail(Code::corrupt, failed->text);
  return out;
}

bool is_zlib(std::string_view bytes) {
  if (bytes.size() < 3 || bytes[0] != 'x') return false;
  return ((static_cast<unsigned char>(bytes[0]) << 8) + static_cast<unsigned char>(bytes[1])) % 31 == 0;
}

bool is_packed(std::string_view bytes) {
  if (is_zlib(bytes)) return true;
  const auto kind = files::archive_kind_of(bytes.substr(0, 512));
  using files::ArchiveKind;
  return kind == ArchiveKind::gzip || kind == ArchiveKind::xz || kind == ArchiveKind::zstd ||
         kind == ArchiveKind::bzip2;
}

// Readers look for the end of a zip's directory in so many bytes from the end.
bool ends_as_zip(std::string_view bytes) {
  constexpr std::size_t searched = (1u << 16) + 22;
  return bytes.substr(bytes.size() - std::min(bytes.size(), searched)).contains("PK\5\6");
}

// NumPy's format (numpy.lib.format): an array of objects is a pickle behind the header.
void judge_numpy(std::string_view bytes, const PickleSetting& setting, Facts& out) {
  Cursor at(bytes, 6);
  const auto version = at.get<std::uint8_t>();
  at.skip(1);
  const auto header = at.take(version == 1 ? at.get<std::uint16_t>() : at.get<std::uint32_t>());
  if (at.failed()) return out.not_read(files::Why::damaged, "the file ends within numpy's header");
  if (!header.contains("|O") && !header.contains("'O'")) return;
  auto inner = setting;
  inner.offset += at.at();
  judge_pickles(bytes.substr(at.at()), inner, out);
}

// Called as what unpickles, and as little else.
bool ends_as_pickles(std::string_view name) {
  constexpr std::array endings{".pkl"sv,  ".pickle"sv, ".joblib"sv, ".pt"sv, ".pth"sv,
                               ".ckpt"sv, ".dill"sv,   ".npy"sv,    ".npz"sv};
  return std::ranges::any_of(endings, [&](auto ending) { return name.ends_with(ending); });
}

void unreadable(std::string_view what, Facts& out) {
  out.hazard("archive-unread", Severity::medium, fmt::format("it is {}, which is not looked into", what));
  out.not_read(files::Why::unsupported, fmt::format("it is {}", what));
}

}  // namespace

void judge_anything(std::string_view bytes, const PickleSetting& setting, Facts& out) {
  if (setting.nesting > kMostWraps) return unreadable("wrapped more often than is followed", out);
  if (setting.nesting > 0 && !spend(setting, bytes.size())) return spent(setting.member, out);
  if (bytes.starts_with("\x93NUMPY")) return judge_numpy(bytes, setting, out);
  if (bytes.starts_with("PK\3\4")) return judge_zip(bytes, setting, out);
  if (bytes.starts_with("7z\xbc\xaf\x27\x1c")) return unreadable("a 7z archive", out);
  if (bytes.starts_with("Rar!\x1a\x07")) return unreadable("a RAR archive", out);
  if (bytes.starts_with("\x04\x22\x4d\x18")) return unreadable("packed with LZ4", out);
  if (is_packed(bytes)) {
    const auto whole = unpacked(bytes);
    if (whole) return judge_anything(*whole, unpacked_of(setting), out);
    out.hazard("archive-unread", Severity::medium, "it cannot be unpacked: " + whole.error().message);
    return out.not_read(files::Why::damaged, "it cannot be unpacked: " + whole.error().message);
  }
  // A tar begins with a name, and a zip may have anything in front of it: a pickle, too, which is then what a
  // plain unpickler sees.
  const bool tar = files::archive_kind_of(bytes.substr(0, 512)) == files::ArchiveKind::tar;
  const bool zip = !tar && ends_as_zip(bytes);
  if (tar) judge_archive(bytes, setting, out);
  if (zip) judge_zip(bytes, setting, out);
  if ((!tar && !zip) || begins_as_pickle(bytes) || is_old_pickle(bytes)) judge_pickles(bytes, setting, out);
}

void read_pickled(const Input& in, Facts& out) {
  out.role = Role::weights;
  const auto name = text::lower(last_name(in.path));
  const bool zip = in.bytes.starts_with("PK\3\4");
  const bool numpy = in.bytes.starts_with("\x93NUMPY") || name.ends_with(".npz");
  const bool legacy = in.bytes.starts_with("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv);
  const bool named =
      name.ends_with(".pt") || name.ends_with(".pth") || name.ends_with(".ckpt") || name.ends_with(".bin");
  out.format = numpy                       ? "numpy-arrays"
               : name.ends_with(".joblib") ? "joblib"
               : zip || legacy || named    ? "pytorch"
                                           : "pickle";
  if (in.cut())
    out.not_read(files::Why::too_large,
                 fmt::format("only its first {} were looked at", text::format_bytes(in.bytes.size())));
  auto budget = kBudget;
  const PickleSetting setting{.member = {},
                              .offset = 0,
                              .packed = false,
                              .torch = false,
                              .script = false,
                              .nesting = 0,
                              .budget = &budget};
  if (zip || legacy || ends_as_pickles(name))
    judge_anything(in.bytes, setting, out);
  else if (!judge_if_it_is_one(in.bytes, setting, out))
    out.role = Role::none;
  // Arrays alone are no model; ones that run something are worth telling.
  if (numpy && out.hazards.empty()) out.role = Role::none;
}

bool is_pickled(const Input& in) {
  const auto name = text::lower(last_name(in.path));
  constexpr std::array maybe{".bin"sv, ".model"sv, ".p"sv,    ".sav"sv,
                             ".pk"sv,  ".dat"sv,   ".data"sv, ".weights"sv};
  if (begins_as_pickle(in.bytes) || is_torch_zip(in.bytes)) return true;
  // Python's own lists of paths are called .pth, too.
  if (name.ends_with(".pth") && files::encoding_of(in.bytes) != files::Encoding::binary)
    return is_old_pickle(in.bytes);
  if (ends_as_pickles(name)) return true;
  const bool may_be = std::ranges::any_of(maybe, [&](auto ending) { return name.ends_with(ending); });
  return may_be && (in.bytes.starts_with("PK\3\4") || in.bytes.starts_with("7z\xbc\xaf") ||
                    (in.bytes.size() < (1u << 20) && is_old_pickle(in.bytes)));
}

// By its first member, which torch writes first.
bool is_torch_zip(std::string_view bytes) {
  if (!bytes.starts_with("PK\3\4") || bytes.size() < 30) return false;
  const auto first = bytes.substr(30, Cursor(bytes, 26).get<std::uint16_t>());
  return first.ends_with("/data.pkl") || first.ends_with("/constants.pkl") || first.ends_with("/byteorder") ||
         bytes.substr(0, 4096).contains("/data.pkl");
}

}  // namespace ostiary::model
