#include <fmt/format.h>
#include <map>

#include "base/text.h"
#include "json/document.h"
#include "model/impl/cursor.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

constexpr std::uint64_t kMostHeader = 100'000'000;  // as the format's own reader has it

// Bits of a number of each type; 0: unknown.
unsigned bits_of(std::string_view type) {
  if (type == "F64" || type == "I64" || type == "U64" || type == "C64") return 64;
  if (type == "F32" || type == "I32" || type == "U32") return 32;
  if (type == "F16" || type == "BF16" || type == "I16" || type == "U16") return 16;
  if (type.starts_with("F8_") || type == "I8" || type == "U8" || type == "BOOL") return 8;
  if (type.starts_with("F6_")) return 6;
  return type == "F4" ? 4 : 0;
}

void read_metadata(json::Value metadata, Facts& out) {
  for (const auto member : metadata) {
    const auto key = member.key();
    const auto small = text::lower(key);
    const auto value = member.string_or("");
    const auto field = "__metadata__." + key;
    if (small == "license" || small == "licence" || small.ends_with(".license") ||
        small.ends_with("_license") || small == "license_name")
      out.declares(value, "weights", field);
    else if (small == "base_model" || small == "ss_sd_model_name" || small.ends_with(".base_model") ||
             small == "base_model_name_or_path" || small == "modelspec.merged_from")
      out.based_on(value, field);
    else if (small == "dataset" || small == "datasets")
      out.learned_from(value, field);
    else if (small == "modelspec.architecture" || (small == "architecture" && out.architecture.empty()))
      out.architecture = value;
    else if (small == "modelspec.title" || (small == "name" && out.name.empty()))
      out.name = value;
  }
}

struct Tensors {
  std::map<std::string, std::uint64_t> by_type;
  std::uint64_t numbers = 0, end = 0;
  std::string wrong;  // what the format does not allow
};

void add_tensor(json::Value tensor, Tensors& all) {
  const auto type = tensor["dtype"].string_or("");
  std::uint64_t numbers = 1;
  for (const auto size : tensor["shape"]) {
    const auto n = size.as_uint();
    if (!n && all.wrong.empty()) all.wrong = "a size that is no number";
    numbers = times(numbers, n.value_or(0));
  }
  const auto from = tensor["data_offsets"].at(0).as_uint(), to = tensor["data_offsets"].at(1).as_uint();
  const auto bits = bits_of(type);
  if (all.wrong.empty() && (!from || !to || *to < *from))
    all.wrong = fmt::format("the tensor {} has no place", tensor.key());
  else if (all.wrong.empty() && bits > 0 && times(numbers, bits) != times(*to - *from, 8))
    all.wrong = fmt::format("the tensor {} has other bytes than its shape says", tensor.key());
  all.end = std::max(all.end, to.value_or(0));
  all.numbers = plus(all.numbers, numbers);
  auto& of_type = all.by_type[type];
  of_type = plus(of_type, numbers);
}

}  // namespace

void read_safetensors(const Input& in, Facts& out) {
  out.role = Role::weights;
  out.format = "safetensors";
  const auto size = Cursor(in.bytes).get<std::uint64_t>();
  if (size > kMostHeader)
    return out.not_read(files::Why::too_large,
                        fmt::format("its header claims {} bytes; {} are the most", size, kMostHeader));
  if (in.bytes.size() < 8 || size > in.bytes.size() - 8)
    return out.not_read(
        in.cut() ? files::Why::too_large : files::Why::damaged,
        in.cut() ? "its header lies behind what was looked at" : "the file ends within its header");
  const auto header = json::Document::parse(in.bytes.substr(8, size));
  if (!header)
    return out.not_read(files::Why::damaged, fmt::format("its header is no JSON: {}", header.error().text()));
  Tensors all;
  for (const auto member : header->root()) {
    if (member.key_raw() == "__metadata__")
      read_metadata(member, out);
    else
      add_tensor(member, all);
  }
  out.parameters = all.numbers;
  std::uint64_t most = 0;
  for (const auto& [type, numbers] : all.by_type)
    if (numbers > most) most = numbers, out.quantization = type;
  if (all.wrong.empty() && plus(plus(size, 8), all.end) > in.whole)
    all.wrong =
        fmt::format("its tensors reach to byte {}, the file to {}", plus(size + 8, all.end), in.whole);
  if (!all.wrong.empty()) out.not_read(files::Why::damaged, all.wrong);
}

}  // namespace ostiary::model
