#include "model/look.h"

#include <filesystem>
#include <gmock/gmock.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/testing.h"
#include "model/assemble.h"

namespace ostiary::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string safetensors(std::string_view metadata = "{}") {
  const auto header = std::string(R"({"__metadata__":)").append(metadata) +
                      R"(,"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})";
  std::string out;
  for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<char>((header.size() >> (8 * i)) & 0xff));
  return out + header + "abcd";
}

class Look : public ::testing::Test {
 protected:
  void put(const std::string& path, std::string_view bytes) {
    const auto whole = at(path);
    ASSERT_TRUE(make_folder(whole.substr(0, whole.rfind('/'))));
    ASSERT_TRUE(write_file_atomic(whole, bytes));
  }
  std::string at(const std::string& path) const { return folder_.path() + "/" + path; }
  Report look_at(const std::string& path, const Options& options = {}) const {
    auto report = look({path.empty() ? folder_.path() : at(path)}, options);
    EXPECT_TRUE(report) << report.error().text();
    return report ? std::move(*report) : Report{};
  }
  static std::vector<std::string> licenses(const Model& model) {
    std::vector<std::string> out;
    for (const auto& one : model.licenses) out.push_back(one.source + " " + one.text);
    return out;
  }

  ostiary::testing::TempFolder folder_;
};

constexpr std::string_view kCard =
    "---\nlicense: other\nlicense_name: acme-license\nlicense_link: LICENSE\nbase_model:\n- acme/base\n"
    "datasets: [acme/data]\ntags:\n- base_model:acme/base\n- base_model:adapter:acme/base\n"
    "extra_gated_prompt: |\n  ACME COMMUNITY LICENSE\n  You agree.\n---\n# A model\n";

TEST_F(Look, every_place_that_declares_a_license_is_told) {
  put("m/model.safetensors", safetensors(R"({"license":"mit"})"));
  put("m/README.md", kCard);
  put("m/config.json", R"({"architectures":["LlamaForCausalLM"],"model_type":"llama"})");
  put("m/LICENSE", "\n  Apache License\nVersion 2.0\n");
  const auto report = look_at("");
  ASSERT_EQ(report.models.size(), 1);
  const auto& model = report.models[0];
  EXPECT_EQ(model.path, at("m/model.safetensors"));
  EXPECT_EQ(model.architecture, "LlamaForCausalLM");
  EXPECT_THAT(licenses(model), ElementsAre("license-file Apache License", "prompt ACME COMMUNITY LICENSE",
                                           "card acme-license", "weights mit"));
  EXPECT_THAT(model.licenses[1].whole, HasSubstr("You agree."));
  EXPECT_EQ(model.licenses[2].link, "LICENSE");
  ASSERT_EQ(model.base_models.size(), 1);
  EXPECT_EQ(model.base_models[0].name, "acme/base");
  ASSERT_EQ(model.datasets.size(), 1);
  EXPECT_THAT(report.partial, IsEmpty());
}

TEST_F(Look, a_file_that_is_named_is_told_with_what_stands_beside_it_unless_asked_not_to) {
  put("model.safetensors", safetensors());
  put("README.md", "---\nlicense: mit\n---\n");
  put("other.safetensors", safetensors());
  EXPECT_THAT(licenses(look_at("model.safetensors").models.at(0)), ElementsAre("card mit"));
  EXPECT_EQ(look_at("model.safetensors").models.size(), 1);
  EXPECT_THAT(look_at("model.safetensors", {.digests = false, .beside = false}).models.at(0).licenses,
              IsEmpty());
}

TEST_F(Look, shards_are_one_model_with_all_their_parameters) {
  put("model-00001-of-00002.safetensors", safetensors());
  put("model-00002-of-00002.safetensors", safetensors());
  put("model.safetensors.index.json", R"({"weight_map":{"a":"model-00001-of-00002.safetensors"}})");
  const auto report = look_at("");
  ASSERT_EQ(report.models.size(), 1);
  EXPECT_EQ(report.models[0].parameters, 4);
  EXPECT_EQ(report.models[0].parts.size(), 2);
}

TEST_F(Look, a_card_above_counts_for_parts_in_folders_and_the_license_of_a_project_does_not) {
  put("pipe/README.md", "---\nlicense: mit\n---\n");
  put("pipe/unet/config.json", R"({"model_type":"unet"})");
  put("pipe/unet/model.safetensors", safetensors());
  put("LICENSE", "GPL");
  const auto report = look_at("");
  ASSERT_EQ(report.models.size(), 1);
  EXPECT_EQ(report.models[0].architecture, "unet");
  EXPECT_THAT(licenses(report.models[0]), ElementsAre("card mit"));
}

TEST_F(Look, a_folder_with_a_card_and_no_weights_is_a_model) {
  put("m/README.md", "---\nlicense: mit\nbase_model: a/b\n---\n");
  put("site/README.md", "---\ntitle: A page\n---\n");
  const auto report = look_at("");
  ASSERT_EQ(report.models.size(), 1);
  EXPECT_EQ(report.models[0].path, at("m"));
  EXPECT_EQ(report.models[0].format, "huggingface");
}

TEST_F(Look, a_cache_of_hugging_face_is_read_through_its_links) {
  put("models--acme--tiny/blobs/abc", safetensors());
  put("models--acme--tiny/blobs/def", "---\nlicense: mit\n---\n");
  const auto snapshot = at("models--acme--tiny/snapshots/0123");
  ASSERT_TRUE(make_folder(snapshot));
  std::filesystem::create_symlink("../../blobs/abc", snapshot + "/model.safetensors");
  std::filesystem::create_symlink("../../blobs/def", snapshot + "/README.md");
  for (const auto* path : {"", "models--acme--tiny/snapshots/0123"}) {
    const auto report = look_at(path);
    ASSERT_EQ(report.models.size(), 1) << path;
    EXPECT_EQ(report.models[0].path, snapshot + "/model.safetensors");
    EXPECT_EQ(report.models[0].name, "acme/tiny");
    EXPECT_THAT(licenses(report.models[0]), ElementsAre("card mit"));
  }
}

TEST_F(Look, a_card_that_is_damaged_still_tells_its_license_and_that_it_was_not_read) {
  put("README.md", "---\nlicense: mit\nlicense: apache-2.0\nbase_model: &x a/b\n---\n");
  const auto report = look_at("");
  ASSERT_EQ(report.models.size(), 1);
  EXPECT_THAT(licenses(report.models[0]), ElementsAre("card mit"));
  ASSERT_EQ(report.partial.size(), 1);
  EXPECT_THAT(report.partial[0].text, HasSubstr("line by line"));
}

TEST_F(Look, digests_are_of_the_files_bytes) {
  put("m.safetensors", safetensors());
  EXPECT_EQ(look_at("").models.at(0).parts.at(0).sha256, "");
  EXPECT_EQ(look_at("", {.digests = true}).models.at(0).parts.at(0).sha256, hex(sha256(safetensors())));
}

TEST(Shards, are_told_by_the_number_in_their_name_only) {
  EXPECT_EQ(without_shard("a-00002-of-00005/m-00002-of-00005.gguf"), "a-00002-of-00005/m-*-of-00005.gguf");
  EXPECT_EQ(without_shard("m-of-5.gguf"), "m-of-5.gguf");
  EXPECT_EQ(without_shard("best-of-class.gguf"), "best-of-class.gguf");
}

}  // namespace
}  // namespace ostiary::model
