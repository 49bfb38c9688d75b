#include <bit>
#include <gmock/gmock.h>

#include "model/read.h"

namespace ostiary::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Writes GGUF in either byte order.
class Gguf {
 public:
  explicit Gguf(bool big = false, std::uint32_t version = 3) : big_(big), version_(version) {}
  template <class T>
  static void put(std::string& to, T value, bool big) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
      const auto shift = 8 * (big ? sizeof value - 1 - i : i);
      to.push_back(static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff));
    }
  }
  void count(std::string& to, std::uint64_t n) const {
    if (version_ == 1)
      put(to, static_cast<std::uint32_t>(n), big_);
    else
      put(to, n, big_);
  }
  void text(std::string& to, std::string_view s) const { count(to, s.size()), to += s; }
  Gguf& pair(std::string_view key, std::string_view value) {
    text(pairs_, key), put(pairs_, std::uint32_t{8}, big_), text(pairs_, value), ++pair_count_;
    return *this;
  }
  Gguf& number(std::string_view key, std::uint32_t value) {
    text(pairs_, key), put(pairs_, std::uint32_t{4}, big_), put(pairs_, value, big_), ++pair_count_;
    return *this;
  }
  Gguf& texts(std::string_view key, const std::vector<std::string>& values) {
    text(pairs_, key), put(pairs_, std::uint32_t{9}, big_), put(pairs_, std::uint32_t{8}, big_);
    count(pairs_, values.size());
    for (const auto& value : values) text(pairs_, value);
    ++pair_count_;
    return *this;
  }
  Gguf& tensor(const std::vector<std::uint64_t>& shape, std::uint32_t type, std::uint64_t offset = 0) {
    text(tensors_, "t"), put(tensors_, static_cast<std::uint32_t>(shape.size()), big_);
    for (const auto n : shape) count(tensors_, n);
    put(tensors_, type, big_), put(tensors_, offset, big_), ++tensor_count_;
    return *this;
  }
  std::string bytes(std::uint64_t data = 1 << 16) const {
    std::string out = "GGUF";
    put(out, version_, big_), count(out, tensor_count_), count(out, pair_count_);
    return out + pairs_ + tensors_ + std::string(data, '\0');
  }
  std::uint64_t tensor_count_ = 0, pair_count_ = 0;

 private:
  bool big_;
  std::uint32_t version_;
  std::string pairs_, tensors_;
};

Facts read_as(std::string_view path, std::string_view bytes) {
  return read({path, bytes, bytes.size()});
}

Gguf& described(Gguf& file) {
  return file.pair("general.architecture", "llama")
      .pair("general.name", "Tiny")
      .pair("general.license", "llama3.1")
      .pair("general.license.link", "https://example.org/license")
      .pair("general.base_model.0.name", "Base")
      .pair("general.base_model.0.organization", "Acme")
      .pair("general.base_model.1.repo_url", "https://huggingface.co/a/b")
      .texts("general.datasets", {"acme/data"})
      .number("general.file_type", 15)
      .tensor({256, 4}, 12)
      .tensor({32}, 0, 576);
}

TEST(Gguf, what_it_says_is_read_in_both_byte_orders_and_all_versions) {
  for (const bool big : {false, true})
    for (const auto version : {1U, 2U, 3U}) {
      Gguf file(big, version);
      const auto facts = read_as("m.gguf", described(file).bytes());
      EXPECT_EQ(facts.format, "gguf");
      EXPECT_EQ(facts.architecture, "llama");
      EXPECT_EQ(facts.name, "Tiny");
      EXPECT_EQ(facts.quantization, "Q4_K_M");
      EXPECT_EQ(facts.parameters, 256 * 4 + 32);
      ASSERT_EQ(facts.licenses.size(), 1);
      EXPECT_EQ(facts.licenses[0].text, "llama3.1");
      EXPECT_EQ(facts.licenses[0].link, "https://example.org/license");
      EXPECT_EQ(facts.licenses[0].place, (Place{"m.gguf", "general.license"}));
      ASSERT_EQ(facts.base_models.size(), 2);
      EXPECT_EQ(facts.base_models[0].name, "Acme/Base");
      EXPECT_EQ(facts.base_models[1].name, "https://huggingface.co/a/b");
      ASSERT_EQ(facts.datasets.size(), 1);
      EXPECT_EQ(facts.datasets[0].name, "acme/data");
      EXPECT_THAT(facts.partial, IsEmpty());
    }
}

TEST(Gguf, is_told_by_its_bytes_whatever_its_name) {
  Gguf file;
  EXPECT_EQ(read_as("sha256-00", described(file).bytes()).format, "gguf");
}

TEST(Gguf, without_a_file_type_the_type_of_most_numbers_counts) {
  Gguf file;
  EXPECT_EQ(read_as("m", file.tensor({256, 100}, 14).tensor({10}, 0).bytes()).quantization, "Q6_K");
}

TEST(Gguf, counts_beyond_any_memory_are_a_word_in_partial) {
  Gguf file;
  file.pair_count_ = 1ULL << 60;
  auto facts = read_as("m.gguf", file.bytes(0));
  ASSERT_FALSE(facts.partial.empty());
  EXPECT_THAT(facts.partial[0].text, HasSubstr("claims 1152921504606846976 values"));

  Gguf tensors;
  tensors.tensor({1ULL << 60, 1ULL << 60}, 0);
  tensors.tensor_count_ = 1ULL << 60;
  facts = read_as("m.gguf", tensors.bytes(0));
  ASSERT_FALSE(facts.partial.empty());
  EXPECT_THAT(facts.partial[0].text, HasSubstr("tensors"));
}

TEST(Gguf, every_truncation_of_its_header_is_told_and_keeps_what_was_read) {
  Gguf file;
  const auto bytes = described(file).bytes(0);
  for (std::size_t size = 8; size < bytes.size(); ++size)
    EXPECT_FALSE(read_as("m.gguf", std::string_view(bytes).substr(0, size)).partial.empty()) << size;
  EXPECT_EQ(read_as("m.gguf", std::string_view(bytes).substr(0, bytes.size() - 1)).licenses.size(), 1);
}

TEST(Gguf, tensors_beyond_the_end_of_the_file_are_told) {
  Gguf file;
  const auto facts = read_as("m.gguf", file.tensor({1 << 20}, 0).bytes(64));
  ASSERT_EQ(facts.partial.size(), 1);
  EXPECT_THAT(facts.partial[0].text, HasSubstr("its tensors reach to byte"));
}

TEST(Gguf, a_later_version_is_not_guessed_at) {
  Gguf file(false, 4);
  const auto facts = read_as("m.gguf", file.bytes());
  ASSERT_EQ(facts.partial.size(), 1);
  EXPECT_EQ(facts.partial[0].why, files::Why::unsupported);
}

TEST(Gguf, a_template_that_reaches_out_is_a_hazard_and_a_plain_one_is_none) {
  const auto hazards = [](std::string_view text) {
    Gguf file;
    std::vector<std::string> out;
    for (const auto& one : read_as("m.gguf", file.pair("tokenizer.chat_template", text).bytes()).hazards)
      out.push_back(one.id);
    return out;
  };
  EXPECT_THAT(hazards("{% for m in messages %}{{ '<|' + m['role'] + '|>' + m.content }}{% endfor %}"),
              IsEmpty());
  EXPECT_THAT(
      hazards("{%- if tools is defined and not tools == None %}{{ tools | tojson(indent=4) }}{% endif %}"),
      IsEmpty());
  EXPECT_THAT(hazards("plain text with __class__ outside of tags"), IsEmpty());
  EXPECT_THAT(hazards("{{ ''.__class__ }}"), ElementsAre("template-attribute"));
  EXPECT_THAT(hazards("{{ ''['__cl' ~ 'ass__'] }}"), ElementsAre("template-attribute"));
  EXPECT_THAT(hazards("{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}"), ElementsAre("template-attribute"));
  EXPECT_THAT(hazards("{{ x | attr('a') }}"), ElementsAre("template-attribute"));
  EXPECT_THAT(hazards("{%- include '/etc/passwd' %}"), ElementsAre("template-include"));
  EXPECT_THAT(hazards("{{ cycler.x }}"), ElementsAre("template-attribute"));
  EXPECT_THAT(hazards("{{ 'see https://example.org/x' }}"), ElementsAre("template-address"));
  EXPECT_THAT(hazards("{{ open"), ElementsAre("template-broken"));
}

}  // namespace
}  // namespace ostiary::model
