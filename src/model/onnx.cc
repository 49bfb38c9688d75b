#include <array>
#include <fmt/format.h>
#include <map>

#include "base/text.h"
#include "model/impl/protobuf.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

// Field numbers of onnx.proto (onnx/onnx, IR version 10).
namespace of_model {
constexpr std::uint32_t kProducer = 2, kGraph = 7, kMetadata = 14, kFunctions = 25;
}
namespace of_graph {
constexpr std::uint32_t kNode = 1, kInitializer = 5, kSparse = 15;
}
namespace of_node {
constexpr std::uint32_t kAttribute = 5;
}
namespace of_attribute {
constexpr std::uint32_t kTensor = 5, kGraph = 6, kTensors = 10, kGraphs = 11;
}
namespace of_tensor {
constexpr std::uint32_t kDims = 1, kType = 2, kExternal = 13;
}

constexpr unsigned kMostNesting = 32;

// TensorProto.DataType.
constexpr std::array<std::string_view, 24> kTypes{
    "",     "F32",     "U8",          "I8",      "U16",         "I16", "I32", "I64",
    "TEXT", "BOOL",    "F16",         "F64",     "U32",         "U64", "C64", "C128",
    "BF16", "F8_E4M3", "F8_E4M3FNUZ", "F8_E5M2", "F8_E5M2FNUZ", "U4",  "I4",  "F4"};

class Reader {
 public:
  Reader(const Input& in, Facts& out) : in_(in), out_(out) {}

  void read() {
    Protobuf walk(in_.bytes);
    for (Protobuf::Field field; walk.next(field);) {
      if (field.number == of_model::kMetadata) metadata(field.bytes);
      if (field.number == of_model::kGraph) graph(field.bytes, 0);
      if (field.number == of_model::kFunctions) graph(field.bytes, 0, true);
    }
    if (walk.failed())
      out_.not_read(
          in_.cut() ? files::Why::too_large : files::Why::damaged,
          in_.cut()
              ? fmt::format("only its first {} were looked at; what it says of itself stands at its end",
                            text::format_bytes(in_.bytes.size()))
              : "the file ends within a field");
    out_.parameters = numbers_;
    std::uint64_t most = 0;
    for (const auto& [type, numbers] : by_type_)
      if (numbers > most) most = numbers, out_.quantization = type;
  }

 private:
  void metadata(std::string_view entry) {
    const auto key = Protobuf::find(entry, 1), value = Protobuf::find(entry, 2);
    const auto small = text::lower(key.substr(0, 200));
    const auto field = fmt::format("metadata_props.{}", key.substr(0, 200));
    if (small == "license" || small == "licence" || small == "license_name" || small.ends_with(".license"))
      out_.declares(value, "weights", field);
    else if (small == "license_text")
      out_.declares_whole(value, "weights", field);
    else if (small == "base_model" || small == "source_model" || small == "hf_model" || small == "model_id")
      out_.based_on(value, field);
    else if (small == "dataset" || small == "datasets" || small == "training_data")
      out_.learned_from(value, field);
    else if ((small == "model_name" || small == "name") && out_.name.empty())
      out_.name = value.substr(0, 200);
    else if (small == "architecture" || small == "model_type")
      out_.architecture = value.substr(0, 200);
  }

  // A graph, or a function, whose nodes have another number.
  void graph(std::string_view bytes, unsigned nesting, bool function = false) {
    if (nesting > kMostNesting)
      return out_.not_read(files::Why::too_deep, "graphs within graphs, deeper than are read");
    Protobuf walk(bytes);
    for (Protobuf::Field field; walk.next(field);) {
      if (!field.is_bytes) continue;
      if (function ? field.number == 7 : field.number == of_graph::kNode)
        node(field.bytes, nesting);
      else if (!function && field.number == of_graph::kInitializer)
        tensor(field.bytes);
      else if (!function && field.number == of_graph::kSparse)
        tensor(Protobuf::find(field.bytes, 1));
    }
    if (walk.failed()) out_.not_read(files::Why::damaged, "its graph is damaged");
  }

  void node(std::string_view bytes, unsigned nesting) {
    Protobuf walk(bytes);
    for (Protobuf::Field field; walk.next(field);) {
      if (!field.is_bytes || field.number != of_node::kAttribute) continue;
      Protobuf attribute(field.bytes);
      for (Protobuf::Field one; attribute.next(one);) {
        if (!one.is_bytes) continue;
        if (one.number == of_attribute::kTensor || one.number == of_attribute::kTensors) tensor(one.bytes);
        if (one.number == of_attribute::kGraph || one.number == of_attribute::kGraphs)
          graph(one.bytes, nesting + 1);
      }
    }
  }

  void tensor(std::string_view bytes) {
    std::uint64_t numbers = 1, type = 0;
    Protobuf walk(bytes);
    for (Protobuf::Field field; walk.next(field);) {
      if (field.number == of_tensor::kDims && field.is_bytes)
        numbers = times(numbers, product(field.bytes));
      else if (field.number == of_tensor::kDims)
        numbers = times(numbers, field.value);
      else if (field.number == of_tensor::kType)
        type = field.value;
      else if (field.number == of_tensor::kExternal)
        external(field.bytes);
    }
    numbers_ = plus(numbers_, numbers);
    auto& of_type = by_type_[type < kTypes.size() ? kTypes[type] : "other"];
    of_type = plus(of_type, numbers);
  }

  // Packed numbers are varints one behind the other: read as the values of a message's fields cannot be.
  static std::uint64_t product(std::string_view packed) {
    std::uint64_t out = 1, one = 0;
    unsigned shift = 0;
    for (const char c : packed.substr(0, 256)) {
      const auto byte = static_cast<unsigned char>(c);
      if (shift < 64) one |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      shift += 7;
      if ((byte & 0x80U) != 0) continue;
      out = times(out, one);
      one = 0, shift = 0;
    }
    return out;
  }

  // Where weights lie in another file: below the model's folder, or anything else may be read.
  void external(std::string_view entry) {
    if (Protobuf::find(entry, 1) != "location") return;
    const auto path = Protobuf::find(entry, 2);
    std::string parts(path.substr(0, 4096));
    for (auto& c : parts)
      if (c == '\\') c = '/';
    bool up = parts.starts_with('/') || (parts.size() > 1 && parts[1] == ':');
    for (const auto part : text::split(parts, '/')) up = up || part == "..";
    if (up && !outside_) {
      outside_ = true;
      out_.hazard("outside-path", Severity::high,
                  fmt::format("weights are read from outside its folder: {}", path.substr(0, 200)));
    }
  }

  const Input& in_;
  Facts& out_;
  std::map<std::string_view, std::uint64_t> by_type_;
  std::uint64_t numbers_ = 0;
  bool outside_ = false;
};

}  // namespace

bool is_onnx(const Input& in) {
  const auto name = in.path.substr(in.path.rfind('/') + 1);
  if (name.ends_with(".onnx")) return true;
  // The version of its intermediate form, and who made it, come first in what every writer makes.
  if (!in.bytes.starts_with('\x08') || in.bytes.size() < 16 || in.bytes[1] < 1 || in.bytes[1] > 20)
    return false;
  Protobuf walk(in.bytes);
  bool producer = false;
  Protobuf::Field field;
  for (unsigned i = 0; i < 6 && walk.next(field); ++i) {
    if (field.number == of_model::kProducer) producer = field.is_bytes && field.bytes.size() < 256;
    if (field.number == of_model::kGraph) return producer && field.is_bytes;
  }
  return false;
}

void read_onnx(const Input& in, Facts& out) {
  out.role = Role::weights;
  out.format = "onnx";
  Reader(in, out).read();
}

}  // namespace ostiary::model
