#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <vector>

#include "base/text.h"
#include "model/impl/cursor.h"
#include "model/impl/template.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

// How tensors are stored (ggml.h, enum ggml_type): so many numbers in so many bytes.
struct TensorType {
  std::uint32_t id;
  std::string_view name;
  std::uint32_t numbers, bytes;
};
constexpr std::array kTensorTypes = std::to_array<TensorType>(
    {{0, "F32", 1, 4},         {1, "F16", 1, 2},         {2, "Q4_0", 32, 18},      {3, "Q4_1", 32, 20},
     {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},      {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 40},
     {10, "Q2_K", 256, 84},    {11, "Q3_K", 256, 110},   {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
     {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},   {16, "IQ2_XXS", 256, 66}, {17, "IQ2_XS", 256, 74},
     {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},   {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},
     {22, "IQ2_S", 256, 82},   {23, "IQ4_XS", 256, 136}, {24, "I8", 1, 1},         {25, "I16", 1, 2},
     {26, "I32", 1, 4},        {27, "I64", 1, 8},        {28, "F64", 1, 8},        {29, "IQ1_M", 256, 56},
     {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},   {35, "TQ2_0", 256, 66},   {39, "MXFP4", 32, 17},
     {40, "NVFP4", 64, 36},    {41, "Q1_0", 128, 18}});

// general.file_type (llama.h, enum llama_ftype).
constexpr std::array kFileTypes = std::to_array<std::pair<std::uint32_t, std::string_view>>(
    {{0, "F32"},     {1, "F16"},     {2, "Q4_0"},       {3, "Q4_1"},    {7, "Q8_0"},     {8, "Q5_0"},
     {9, "Q5_1"},    {10, "Q2_K"},   {11, "Q3_K_S"},    {12, "Q3_K_M"}, {13, "Q3_K_L"},  {14, "Q4_K_S"},
     {15, "Q4_K_M"}, {16, "Q5_K_S"}, {17, "Q5_K_M"},    {18, "Q6_K"},   {19, "IQ2_XXS"}, {20, "IQ2_XS"},
     {21, "Q2_K_S"}, {22, "IQ3_XS"}, {23, "IQ3_XXS"},   {24, "IQ1_S"},  {25, "IQ4_NL"},  {26, "IQ3_S"},
     {27, "IQ3_M"},  {28, "IQ2_S"},  {29, "IQ2_M"},     {30, "IQ4_XS"}, {31, "IQ1_M"},   {32, "BF16"},
     {36, "TQ1_0"},  {37, "TQ2_0"},  {38, "MXFP4_MOE"}, {39, "NVFP4"},  {40, "Q1_0"}});

// Types of values.
enum ValueType : std::uint32_t { kString = 8, kArray = 9, kTypes = 13 };
// Bytes of a value of each type; 0: they differ.
constexpr std::array<std::uint8_t, kTypes> kSizes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

constexpr std::uint64_t kMostPairs = 1'000'000;
constexpr std::uint64_t kMostTensors = 1'000'000;
constexpr std::size_t kMostTemplates = 64;
constexpr std::size_t kMostKept = 4096;  // texts of arrays
constexpr unsigned kMostNesting = 4;     // arrays in arrays

const TensorType* tensor_type(std::uint32_t id) {
  const auto at = std::ranges::find(kTensorTypes, id, &TensorType::id);
  return at == kTensorTypes.end() ? nullptr : &*at;
}

std::string_view file_type(std::uint64_t id) {
  const auto at = std::ranges::find(kFileTypes, id, [](const auto& pair) { return pair.first; });
  return at == kFileTypes.end() ? std::string_view() : at->second;
}

class Reader {
 public:
  Reader(const Input& in, Facts& out)
      : in_(in), out_(out), version_(version_of(in)), at_(in.bytes, 8, big_endian(in)) {}

  void read() {
    if (version_ < 1 || version_ > 3)
      return out_.not_read(files::Why::unsupported,
                           fmt::format("GGUF of version {}; 1 to 3 are read", version_));
    const auto tensors = count(), pairs = count();
    if (!read_pairs(pairs)) return;
    declare();
    read_tensors(tensors);
  }

 private:
  // The version is a small number in the right byte order only.
  static bool big_endian(const Input& in) { return Cursor(in.bytes, 4).get<std::uint32_t>() > 0xffff; }
  static std::uint32_t version_of(const Input& in) {
    return Cursor(in.bytes, 4, big_endian(in)).get<std::uint32_t>();
  }
  std::uint64_t count() { return version_ == 1 ? at_.get<std::uint32_t>() : at_.get<std::uint64_t>(); }
  std::string_view text() { return at_.take(count()); }

  bool ended(std::string_view what) {
    if (!at_.failed()) return false;
    if (in_.cut())
      out_.not_read(files::Why::too_large, fmt::format("{} lie behind the {} that were looked at", what,
                                                       text::format_bytes(in_.bytes.size())));
    else
      out_.not_read(files::Why::damaged, fmt::format("the file ends within {}", what));
    return true;
  }

  bool read_pairs(std::uint64_t pairs) {
    if (pairs > kMostPairs)
      out_.not_read(files::Why::too_many,
                    fmt::format("its header claims {} values; {} are read", pairs, kMostPairs));
    for (std::uint64_t i = 0; i < std::min(pairs, kMostPairs); ++i) {
      const auto key = text();
      const auto type = at_.get<std::uint32_t>();
      if (ended("its values")) return false;
      if (type >= kTypes) {
        out_.not_read(files::Why::damaged,
                      fmt::format("a value of unknown type {} at byte {}", type, at_.at() - 4));
        return false;
      }
      value(key, type);
      if (ended("its values")) return false;
    }
    return pairs <= kMostPairs;
  }

  void value(std::string_view key, std::uint32_t type) {
    if (type == kString) {
      const auto value = text();
      if (key.starts_with("tokenizer.chat_template") && ++templates_ <= kMostTemplates)
        return judge_template(value, key, out_);
      if (key.starts_with("general.")) texts_[std::string(key)] = value;
    } else if (type == kArray) {
      array(key, 0);
    } else {
      const auto number = whole_number(type);
      if (number) numbers_[std::string(key.substr(0, kMostKept))] = *number;
    }
    if (texts_.size() + numbers_.size() > kMostKept) texts_.clear(), numbers_.clear();
  }

  std::optional<std::uint64_t> whole_number(std::uint32_t type) {
    switch (type) {
      case 0:
      case 7:
        return at_.get<std::uint8_t>();
      case 2:
        return at_.get<std::uint16_t>();
      case 4:
        return at_.get<std::uint32_t>();
      case 5:
        return static_cast<std::uint64_t>(std::max(0, at_.get<std::int32_t>()));
      case 10:
        return at_.get<std::uint64_t>();
      default:
        at_.skip(kSizes[type]);
        return std::nullopt;
    }
  }

  void array(std::string_view key, unsigned nesting) {
    const auto type = at_.get<std::uint32_t>();
    const auto items = count();
    if (type >= kTypes || nesting > kMostNesting) return at_.skip(~0ULL);
    if (type != kString && type != kArray) return at_.skip(items, kSizes[type]);
    const bool kept = key.starts_with("general.");
    for (std::uint64_t i = 0; i < items && !at_.failed(); ++i) {
      if (type == kArray) {
        array({}, nesting + 1);
        continue;
      }
      const auto item = text();
      if (kept && texts_.size() < kMostKept) texts_[fmt::format("{}[{}]", key, i)] = item;
    }
  }

  void declare() {
    const auto text_of = [&](const std::string& key) {
      const auto at = texts_.find(key);
      return at == texts_.end() ? std::string_view() : at->second;
    };
    out_.architecture = text_of("general.architecture");
    out_.name = text_of("general.name");
    const auto link = text_of("general.license.link");
    if (const auto license = text_of("general.license"); !license.empty())
      out_.declares(license, "weights", "general.license", link);
    if (const auto name = text_of("general.license.name"); !name.empty())
      out_.declares(name, "weights", "general.license.name", link);
    else if (text_of("general.license").empty() && !link.empty())
      out_.declares(link, "weights", "general.license.link", link);
    name_each("general.base_model.", &Facts::based_on);
    name_each("general.dataset.", &Facts::learned_from);
    for (const auto& [key, value] : texts_) {
      if (key.starts_with("general.datasets[")) out_.learned_from(value, key);
      if (key.starts_with("general.tags[") && value.starts_with("license:"))
        out_.declares(value.substr(8), "weights", key);
    }
    if (const auto source = text_of("general.source.huggingface.repository"); !source.empty())
      out_.based_on(source, "general.source.huggingface.repository");
  }

  // "general.base_model.0.repo_url", "….organization", "….name".
  void name_each(const std::string& stem, void (Facts::*tell)(std::string_view, std::string_view)) {
    for (unsigned i = 0; i < Facts::kMost; ++i) {
      const auto one = fmt::format("{}{}.", stem, i);
      const auto next = texts_.lower_bound(one);
      if (next == texts_.end() || !next->first.starts_with(one)) return;
      for (const auto* field : {"repo_url", "url", "name"}) {
        const auto at = texts_.find(one + field);
        if (at == texts_.end() || at->second.empty()) continue;
        auto value = std::string(at->second);
        const auto owner = texts_.find(one + "organization");
        if (std::string_view(field) == "name" && owner != texts_.end())
          value = fmt::format("{}/{}", owner->second, value);
        (out_.*tell)(value, one + field);
        break;
      }
    }
  }

  void read_tensors(std::uint64_t tensors) {
    if (tensors > kMostTensors)
      out_.not_read(files::Why::too_many,
                    fmt::format("its header claims {} tensors; {} are read", tensors, kMostTensors));
    std::map<std::string_view, std::uint64_t> by_type;
    std::uint64_t numbers_in_all = 0, end = 0;
    bool whole = tensors <= kMostTensors;
    for (std::uint64_t i = 0; i < std::min(tensors, kMostTensors); ++i) {
      at_.skip(count());  // the name
      const auto dimensions = at_.get<std::uint32_t>();
      if (dimensions > 8 && !at_.failed()) {
        out_.not_read(files::Why::damaged,
                      fmt::format("a tensor of {} dimensions at byte {}", dimensions, at_.at() - 4));
        return;
      }
      std::uint64_t numbers = 1;
      for (std::uint32_t d = 0; d < dimensions && !at_.failed(); ++d) numbers = times(numbers, count());
      const auto type = at_.get<std::uint32_t>();
      const auto offset = at_.get<std::uint64_t>();
      if (ended("its list of tensors")) return;
      numbers_in_all = plus(numbers_in_all, numbers);
      if (const auto* known = tensor_type(type)) {
        auto& of_type = by_type[known->name];
        of_type = plus(of_type, numbers);
        end = std::max(end, plus(offset, times(numbers / known->numbers, known->bytes)));
      }
    }
    if (whole) out_.parameters = numbers_in_all;
    told_quantization(by_type);
    check_end(end);
  }

  void told_quantization(const std::map<std::string_view, std::uint64_t>& by_type) {
    if (const auto at = numbers_.find("general.file_type"); at != numbers_.end())
      out_.quantization = file_type(at->second);
    const auto most = std::ranges::max_element(by_type, {}, [](const auto& pair) { return pair.second; });
    if (out_.quantization.empty() && most != by_type.end()) out_.quantization = most->first;
  }

  void check_end(std::uint64_t end) {
    const auto at = numbers_.find("general.alignment");
    const auto alignment = at == numbers_.end() || at->second == 0 ? 32 : at->second;
    const auto data = plus(at_.at(), (alignment - at_.at() % alignment) % alignment);
    if (plus(data, end) > in_.whole)
      out_.not_read(files::Why::damaged,
                    fmt::format("its tensors reach to byte {}, the file to {}", plus(data, end), in_.whole));
  }

  const Input& in_;
  Facts& out_;
  std::uint32_t version_;
  Cursor at_;
  std::map<std::string, std::string_view> texts_;  // general.*
  std::map<std::string, std::uint64_t> numbers_;
  std::size_t templates_ = 0;
};

}  // namespace

void read_gguf(const Input& in, Facts& out) {
  out.role = Role::weights;
  out.format = "gguf";
  Reader(in, out).read();
}

}  // namespace ostiary::model
