#include <array>
#include <fmt/format.h>
#include <map>
#include <optional>

#include "base/text.h"
#include "model/impl/cursor.h"
#include "model/impl/tensorflow_ops.h"
#include "model/impl/zip.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

constexpr std::size_t kMostTables = 4'000'000;  // of one file
constexpr std::uint64_t kMostText = 1u << 20;

// A table of FlatBuffers (flatbuffers.dev, "Internals"): fields are found through a table of offsets, none of
// which is believed.
class Table {
 public:
  Table() = default;
  // `left`: tables that may still be visited, all told; offsets may lead to the same ones again and again.
  Table(std::string_view bytes, std::uint64_t at, std::size_t& left) : bytes_(bytes), at_(at), left_(&left) {
    const auto back = Cursor(bytes, at).get<std::int32_t>();
    const auto fields = static_cast<std::int64_t>(at) - back;
    if (at >= bytes.size() || fields < 0 || static_cast<std::uint64_t>(fields) >= bytes.size()) return;
    Cursor of_fields(bytes, static_cast<std::uint64_t>(fields));
    size_ = of_fields.get<std::uint16_t>();
    fields_ = of_fields.failed() ? 0 : static_cast<std::uint64_t>(fields);
  }
  explicit operator bool() const { return fields_ > 0; }

  template <class T>
  T number(unsigned field, T otherwise = {}) const {
    const auto at = place(field);
    return at ? Cursor(bytes_, *at).get<T>() : otherwise;
  }
  Table table(unsigned field) const {
    const auto at = target(field);
    return at ? Table(bytes_, *at, *left_) : Table();
  }
  std::string_view text(unsigned field) const { return vector(field, 1).substr(0, kMostText); }
  // The items of a vector, `bytes_each` long; cut where the buffer ends.
  std::string_view vector(unsigned field, std::uint64_t bytes_each) const {
    const auto at = target(field);
    if (!at) return {};
    Cursor in(bytes_, *at);
    const auto size = times(in.get<std::uint32_t>(), bytes_each);
    return in.take(std::min<std::uint64_t>(size, in.left()));
  }
  // Each table of a vector of tables.
  void each(unsigned field, const auto& take) const {
    const auto at = target(field);
    if (!at) return;
    const auto items = vector(field, 4);
    for (std::size_t i = 0; i + 4 <= items.size() && *left_ > 0; i += 4, --*left_)
      take(Table(bytes_, plus(*at + 4 + i, Cursor(items, i).get<std::uint32_t>()), *left_), i / 4);
  }

 private:
  std::optional<std::uint64_t> place(unsigned field) const {
    const auto slot = 4 + 2 * field;
    if (fields_ == 0 || slot + 2 > size_) return std::nullopt;
    const auto offset = Cursor(bytes_, fields_ + slot).get<std::uint16_t>();
    return offset == 0 ? std::nullopt : std::optional(at_ + offset);
  }
  std::optional<std::uint64_t> target(unsigned field) const {
    const auto at = place(field);
    if (!at) return std::nullopt;
    Cursor in(bytes_, *at);
    const auto offset = in.get<std::uint32_t>();
    if (in.failed() || offset == 0) return std::nullopt;
    return *at + offset;
  }

  std::string_view bytes_;
  std::uint64_t at_ = 0, fields_ = 0;
  std::uint16_t size_ = 0;
  std::size_t* left_ = nullptr;
};

// TensorType of schema.fbs.
constexpr std::array<std::string_view, 19> kTypes{"F32",     "F16", "I32", "U8",  "I64",  "TEXT", "BOOL",
                                                  "I16",     "C64", "I8",  "F64", "C128", "U64",  "RESOURCE",
                                                  "VARIANT", "U32", "U16", "I4",  "BF16"};

std::uint64_t numbers_of(const Table& tensor) {
  std::uint64_t out = 1;
  const auto shape = tensor.vector(0, 4);
  for (std::size_t i = 0; i + 4 <= shape.size() && i < 256; i += 4)
    out = times(out, static_cast<std::uint64_t>(std::max(0, Cursor(shape, i).get<std::int32_t>())));
  return out;
}

void read_operators(const Table& model, Facts& out) {
  std::size_t shown = 0;
  model.each(1, [&](const Table& code, std::size_t) {
    const auto custom = code.text(1);
    if (custom.starts_with("Flex"))
      judge_operation(custom.substr(4, 100), "", out);
    else if (!custom.empty() && shown++ < 20)
      out.hazard("own-code", Severity::low,
                 fmt::format("needs an operation of its own: {}", custom.substr(0, 100)));
  });
}

void read_tensors(const Table& model, Facts& out) {
  std::vector<bool> filled;
  model.each(4, [&](const Table& buffer, std::size_t) {
    filled.push_back(!buffer.vector(0, 1).empty() || buffer.number<std::uint64_t>(2) > 0);
  });
  std::map<std::string_view, std::uint64_t> by_type;
  std::uint64_t numbers = 0;
  model.each(2, [&](const Table& graph, std::size_t) {
    graph.each(0, [&](const Table& tensor, std::size_t) {
      const auto buffer = tensor.number<std::uint32_t>(2);
      if (buffer >= filled.size() || !filled[buffer]) return;
      const auto type = tensor.number<std::uint8_t>(1);
      const auto n = numbers_of(tensor);
      numbers = plus(numbers, n);
      auto& of_type = by_type[type < kTypes.size() ? kTypes[type] : "other"];
      of_type = plus(of_type, n);
    });
  });
  out.parameters = numbers;
  std::uint64_t most = 0;
  for (const auto& [type, n] : by_type)
    if (n > most) most = n, out.quantization = type;
}

// ModelMetadata of metadata_schema.fbs, in a buffer that the model calls TFLITE_METADATA.
void read_metadata(const Table& model, std::string_view bytes, Facts& out) {
  std::optional<std::uint32_t> at;
  model.each(6, [&](const Table& entry, std::size_t) {
    if (entry.text(0) == "TFLITE_METADATA") at = entry.number<std::uint32_t>(1);
  });
  if (!at) return;
  model.each(4, [&](const Table& buffer, std::size_t i) {
    if (i != *at) return;
    auto data = buffer.vector(0, 1);
    if (data.empty() && buffer.number<std::uint64_t>(1) < bytes.size())
      data = bytes.substr(buffer.number<std::uint64_t>(1), buffer.number<std::uint64_t>(2));
    if (data.size() < 8 || data.substr(4, 4) != "M001")
      return out.not_read(files::Why::damaged, "its metadata is not what the format says");
    std::size_t left = kMostTables;
    const Table metadata(data, Cursor(data).get<std::uint32_t>(), left);
    out.name = metadata.text(0).substr(0, 200);
    const auto license = metadata.text(5);
    if (license.contains('\n'))
      out.declares_whole(license, "weights", "metadata.license");
    else if (!license.empty())
      out.declares(license, "weights", "metadata.license");
  });
}

// Labels, vocabularies and licences in the zip that is appended.
void read_appended(std::string_view bytes, Facts& out) {
  if (!bytes.substr(bytes.size() - std::min<std::size_t>(bytes.size(), (1u << 16) + 22)).contains("PK\5\6"))
    return;
  const auto zip = read_zip(bytes);
  for (const auto& member : zip.members) {
    if (!is_license_file(member.name.substr(member.name.rfind('/') + 1))) continue;
    std::string scratch;
    if (const auto text = bytes_of(bytes, member, kMostText, scratch))
      out.declares_whole(*text, "license-file", member.name);
  }
}

}  // namespace

void read_tflite(const Input& in, Facts& out) {
  out.role = Role::weights;
  out.format = "tflite";
  if (in.cut()) out.not_read(files::Why::too_large, "only its beginning was looked at");
  std::size_t left = kMostTables;
  const Table model(in.bytes, Cursor(in.bytes).get<std::uint32_t>(), left);
  if (!model) return out.not_read(files::Why::damaged, "it begins as TensorFlow Lite and goes nowhere");
  read_operators(model, out);
  read_tensors(model, out);
  read_metadata(model, in.bytes, out);
  read_appended(in.bytes, out);
  if (left == 0) out.not_read(files::Why::too_many, "more tables than are read");
}

}  // namespace ostiary::model
