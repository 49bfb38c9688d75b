#include <gmock/gmock.h>

#include "model/read.h"

namespace ostiary::model {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string file_of(std::string_view header, std::size_t data) {
  std::string out;
  for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<char>((header.size() >> (8 * i)) & 0xff));
  return out.append(header).append(data, '\0');
}

Facts read_as(std::string_view path, std::string_view bytes) {
  return read({path, bytes, bytes.size()});
}

constexpr std::string_view kHeader =
    R"({"__metadata__":{"format":"pt","modelspec.license":"CC-BY-NC-4.0","base_model":"acme/base"},)"
    R"("a":{"dtype":"BF16","shape":[4,8],"data_offsets":[0,64]},"b":{"dtype":"F32","shape":[],"data_offsets":[64,68]}})";

TEST(Safetensors, tensors_and_metadata_are_read) {
  const auto facts = read_as("m.safetensors", file_of(kHeader, 68));
  EXPECT_EQ(facts.format, "safetensors");
  EXPECT_EQ(facts.parameters, 33);
  EXPECT_EQ(facts.quantization, "BF16");
  ASSERT_EQ(facts.licenses.size(), 1);
  EXPECT_EQ(facts.licenses[0].text, "CC-BY-NC-4.0");
  EXPECT_EQ(facts.licenses[0].place.field, "__metadata__.modelspec.license");
  ASSERT_EQ(facts.base_models.size(), 1);
  EXPECT_EQ(facts.base_models[0].name, "acme/base");
  EXPECT_THAT(facts.partial, IsEmpty());
}

TEST(Safetensors, is_told_by_its_bytes_whatever_its_name) {
  EXPECT_EQ(read_as("blob", file_of(kHeader, 68)).format, "safetensors");
  EXPECT_EQ(read_as("notes", file_of("{\"no\":\"tensors\"}", 0)).role, Role::none);
}

TEST(Safetensors, what_the_format_does_not_allow_is_told) {
  const auto told = [](std::string_view header, std::size_t data) {
    const auto facts = read_as("m.safetensors", file_of(header, data));
    return facts.partial.empty() ? "" : facts.partial[0].text;
  };
  EXPECT_THAT(told(kHeader, 60), HasSubstr("its tensors reach to byte"));
  EXPECT_THAT(told(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 8), HasSubstr("other bytes"));
  EXPECT_THAT(told(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 8), HasSubstr("no place"));
  EXPECT_THAT(
      told(R"({"a":{"dtype":"F32","shape":[1152921504606846976,1152921504606846976],"data_offsets":[0,4]}})",
           8),
      HasSubstr("other bytes"));
  EXPECT_THAT(told(R"({"a":1,"a":2})", 0), HasSubstr("no JSON"));
}

TEST(Safetensors, a_header_that_claims_more_than_there_is_takes_no_memory) {
  for (const auto size :
       {std::string("\xff\xff\xff\xff\xff\xff\xff\x7f"), std::string("\0\0\1\0\0\0\0\0", 8)}) {
    const auto facts = read_as("m.safetensors", size + "{\"a\":");
    EXPECT_EQ(facts.partial.size(), 1);
    EXPECT_FALSE(facts.parameters.has_value());
  }
}

}  // namespace
}  // namespace ostiary::model
