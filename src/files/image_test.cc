#include "files/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "base/hash.h"

namespace ostiary::files {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

la_ssize_t collect(archive*, void* out, const void* data, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

struct One {
  std::string name, bytes;  // a folder's name ends in '/', of a link `bytes` begin with "->"
};
enum class Pack { plain, gzip, zstd };

std::string tar_of(const std::vector<One>& members, Pack pack = Pack::plain) {
  std::string out;
  auto* writer = ::archive_write_new();
  ::archive_write_set_format_ustar(writer);
  if (pack == Pack::gzip) ::archive_write_add_filter_gzip(writer);
  if (pack == Pack::zstd) ::archive_write_add_filter_zstd(writer);
  ::archive_write_set_bytes_in_last_block(writer, 1);  // no padding
  EXPECT_EQ(::archive_write_open(writer, &out, nullptr, collect, nullptr), ARCHIVE_OK);
  for (const auto& [name, bytes] : members) {
    auto* entry = ::archive_entry_new();
    const bool link = bytes.starts_with("->"), folder = name.ends_with('/');
    ::archive_entry_set_pathname(entry, name.c_str());
    ::archive_entry_set_filetype(entry, link ? AE_IFLNK : folder ? AE_IFDIR : AE_IFREG);
    if (link) ::archive_entry_set_symlink(entry, bytes.c_str() + 2);
    ::archive_entry_set_perm(entry, 0755);
    ::archive_entry_set_size(entry, link || folder ? 0 : static_cast<la_int64_t>(bytes.size()));
    EXPECT_GE(::archive_write_header(writer, entry), ARCHIVE_WARN) << ::archive_error_string(writer);
    if (!link && !folder) ::archive_write_data(writer, bytes.data(), bytes.size());
    ::archive_entry_free(entry);
  }
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  return out;
}

std::string digest_of(std::string_view bytes) {
  return hex(sha256(bytes));
}

// What `docker save` writes: layers from the bottom up.
std::string docker_save(const std::vector<std::string>& layers, Pack pack = Pack::plain) {
  std::vector<One> members;
  std::string names;
  for (const auto& layer : layers) {
    const auto name = digest_of(layer) + "/layer.tar";
    members.push_back({name, layer});
    names += (names.empty() ? "\"" : ",\"") + name + "\"";
  }
  const std::string config = R"({"config": {"Env": ["OPENAI_BASE_URL=http://ollama:11434/v1"]}})";
  members.push_back({digest_of(config) + ".json", config});
  members.push_back(
      {"manifest.json", fmt::format(R"([{{"Config": "{}.json", "RepoTags": ["app:1"], "Layers": [{}]}}])",
                                    digest_of(config), names)});
  return tar_of(members, pack);
}

// The files of an OCI layout with one image of these layers, each with its media type.
std::vector<One> layout_of(const std::vector<std::pair<std::string, std::string>>& layers) {
  std::vector<One> out;
  const auto blob = [&](const std::string& bytes) {
    out.push_back({"blobs/sha256/" + digest_of(bytes), bytes});
    return "sha256:" + digest_of(bytes);
  };
  std::string list;
  for (const auto& [type, bytes] : layers)
    list += fmt::format(
        R"({}{{"mediaType": "{}", "digest": "{}", "annotations": {{"org.opencontainers.image.title": "w/model.gguf"}}}})",
        list.empty() ? "" : ",", type, blob(bytes));
  const auto config = blob(R"({"config": {"Cmd": ["serve"]}})");
  const auto manifest =
      blob(fmt::format(R"({{"config": {{"digest": "{}"}}, "layers": [{}]}})", config, list));
  const auto inner =
      blob(fmt::format(R"({{"manifests": [{{"digest": "{0}"}}, {{"digest": "{0}"}}]}})", manifest));
  out.push_back({"index.json", fmt::format(R"({{"manifests": [{{"digest": "{}"}}]}})", inner)});
  out.push_back({"oci-layout", R"({"imageLayoutVersion": "1.0.0"})"});
  return out;
}

constexpr auto kLayer = "application/vnd.oci.image.layer.v1.tar+gzip";

struct Answer {
  std::vector<std::pair<std::string, std::string>> members;
  std::vector<Partial> partial;
};

std::optional<Answer> read(const std::string& bytes, const ArchiveLimits& limits = {}) {
  Answer out;
  auto partial = read_image(
      bytes, "i.tar",
      [&](const Member& member) {
        out.members.emplace_back(member.path, member.bytes);
        return true;
      },
      limits);
  if (!partial) return std::nullopt;
  out.partial = std::move(*partial);
  return out;
}

std::vector<std::string> files_in(const std::string& bytes, const ArchiveLimits& limits = {}) {
  std::vector<std::string> out;
  const auto answer = read(bytes, limits);
  if (!answer) return {"no image"};
  for (const auto& [path, content] : answer->members)
    if (path != "i.tar!/config.json") out.push_back(path.substr(7) + "=" + content);
  for (const auto& partial : answer->partial)
    out.push_back(fmt::format("{}: {}", name_of(partial.why), partial.text));
  return out;
}

TEST(Image, layers_of_docker_save_make_one_tree_with_its_configuration) {
  const auto image = docker_save({tar_of({{"etc/", ""}, {"etc/base", "1"}}), tar_of({{"app/run.py", "2"}})});
  const auto answer = read(image);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->partial, IsEmpty());
  ASSERT_THAT(answer->members, SizeIs(3));
  EXPECT_EQ(answer->members[0].first, "i.tar!/config.json");
  EXPECT_THAT(answer->members[0].second, HasSubstr("OPENAI_BASE_URL"));
  EXPECT_THAT(files_in(image), ElementsAre("app/run.py=2", "etc/base=1"));
  EXPECT_THAT(files_in(docker_save({tar_of({{"a", "1"}}), tar_of({{"b", "2"}})}, Pack::gzip)),
              ElementsAre("b=2", "a=1"))
      << "a packed tar";
}

TEST(Image, what_a_later_layer_replaces_or_deletes_is_not_in_the_image) {
  const auto base = tar_of({{"a", "old"},
                            {"b", "gone"},
                            {"d/x", "gone"},
                            {"d/y", "gone"},
                            {"e/x", "gone"},
                            {"f/x", "gone"},
                            {"kept/x", "1"},
                            {"bb", "2"},
                            {"g", "gone"}});
  const auto top = tar_of({{"a", "new"},
                           {".wh.b", ""},
                           {".wh.d", ""},
                           {"e/", ""},
                           {"e/.wh..wh..opq", ""},
                           {"e/z", "3"},
                           {"f", "->elsewhere"},
                           {"g/", ""},
                           {".wh..wh.plnk", ""}});
  EXPECT_THAT(files_in(docker_save({base, top})), UnorderedElementsAre("a=new", "e/z=3", "kept/x=1", "bb=2"));
}

TEST(Image, a_file_that_comes_back_after_its_deletion_is_there) {
  EXPECT_THAT(files_in(docker_save({tar_of({{"d/x", "1"}, {"d/y", "gone"}}), tar_of({{".wh.d", ""}}),
                                    tar_of({{"d/x", "2"}})})),
              ElementsAre("d/x=2"));
  EXPECT_THAT(files_in(docker_save({tar_of({{"d/x", "1"}}), tar_of({{"d/.wh..wh..opq", ""}, {"d/y", "2"}})})),
              ElementsAre("d/y=2"))
      << "a whiteout hides nothing of its own layer";
}

TEST(Image, names_and_links_lead_nowhere) {
  EXPECT_THAT(files_in(docker_save(
                  {tar_of({{"../../etc/passwd", "1"}, {"/root/x", "2"}, {"l", "->/"}, {"l/y", "3"}})})),
              ElementsAre("etc/passwd=1", "root/x=2", "l/y=3"));
}

TEST(Image, layouts_of_the_oci_are_read_packed_with_gzip_and_zstd) {
  const auto layout =
      layout_of({{kLayer, tar_of({{"a", "1"}}, Pack::gzip)},
                 {"application/vnd.oci.image.layer.v1.tar+zstd", tar_of({{"b", "2"}}, Pack::zstd)},
                 {"application/vnd.cncf.model.weight.v1.raw", "GGUF"}});
  EXPECT_THAT(files_in(tar_of(layout)), ElementsAre("w/model.gguf=GGUF", "b=2", "a=1"));

  const auto folder = std::filesystem::temp_directory_path() / fmt::format("ostiary-layout-{}", ::getpid());
  for (const auto& [name, bytes] : layout) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY));
  std::vector<std::string> paths;
  const auto partial = read_image_folder(fd, "l", [&](const Member& member) {
    paths.emplace_back(member.path);
    return true;
  });
  EXPECT_THAT(partial, IsEmpty());
  EXPECT_THAT(paths, ElementsAre("l!/config.json", "l!/w/model.gguf", "l!/b", "l!/a"));
  std::filesystem::remove_all(folder);
}

TEST(Image, a_layer_of_several_images_is_given_once_unless_something_of_it_was_hidden) {
  const auto base = tar_of({{"base", "1"}, {"x", "old"}}), a = tar_of({{"a", "2"}}),
             b = tar_of({{"x", "new"}});
  const auto image = [&](const std::vector<std::string>& tops) {
    std::vector<One> members{{digest_of(base) + "/layer.tar", base}};
    std::string list;
    for (const auto& top : tops) {
      members.push_back({digest_of(top) + "/layer.tar", top});
      list += fmt::format(R"({}{{"Config": "c.json", "Layers": ["{}/layer.tar", "{}/layer.tar"]}})",
                          list.empty() ? "" : ",", digest_of(base), digest_of(top));
    }
    members.push_back({"manifest.json", "[" + list + "]"});
    return tar_of(members);
  };
  EXPECT_THAT(files_in(image({a, b})), ElementsAre("a=2", "base=1", "x=old", "x=new"));
  EXPECT_THAT(files_in(image({b, a})), ElementsAre("x=new", "base=1", "a=2", "base=1", "x=old"));
}

TEST(Image, archives_in_an_image_are_opened_and_the_nesting_is_bounded) {
  std::string nested = "core";
  for (int i = 0; i < 100; ++i) nested = tar_of({{"t", nested}}, Pack::gzip);
  const auto answer = read(docker_save({tar_of({{"x.tar", tar_of({{"in", "1"}})}, {"deep", nested}})}));
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->members,
              ElementsAre(Pair("i.tar!/config.json", ::testing::_), Pair("i.tar!/x.tar!/in", "1")));
  ASSERT_THAT(answer->partial, SizeIs(1));
  EXPECT_EQ(answer->partial[0].why, Why::too_deep);
}

TEST(Image, bombs_end_and_large_members_give_their_beginning) {
  const std::string zeros(8 << 20, '\0');
  std::vector<std::string> layers;
  for (int i = 0; i < 30; ++i) layers.push_back(tar_of({{fmt::format("z{}", i), zeros}}, Pack::gzip));
  ArchiveLimits limits;
  limits.total_bytes = 50 << 20;
  const auto answer = read(docker_save(layers), limits);
  ASSERT_TRUE(answer);
  ASSERT_THAT(answer->partial, SizeIs(1));
  EXPECT_EQ(answer->partial[0].why, Why::too_large);

  limits = {};
  limits.member_bytes = 1000, limits.head_bytes = 10;
  std::uint64_t whole = 0;
  const auto image = docker_save({tar_of({{"m.gguf", "GGUF" + std::string(5000, 'x')}})});
  const auto partial = read_image(
      image, "i",
      [&](const Member& member) {
        if (member.path == "i!/m.gguf") {
          EXPECT_EQ(member.bytes, "GGUFxxxxxx");
          whole = member.whole;
        }
        return true;
      },
      limits);
  ASSERT_TRUE(partial);
  EXPECT_THAT(*partial, IsEmpty());
  EXPECT_EQ(whole, 5004U);
}

TEST(Image, what_is_damaged_or_missing_is_said) {
  const auto layer = tar_of({{"a", "1"}});
  EXPECT_THAT(files_in(tar_of({{"manifest.json", R"([{"Layers": ["nowhere/layer.tar"]}])"}})),
              ElementsAre("damaged: the layer nowhere/layer.tar is missing"));
  EXPECT_THAT(files_in(tar_of({{"manifest.json", R"([{"Layers": ["l"]}])"}, {"l", "no tar"}})),
              ElementsAre(HasSubstr("no archive that is read")));
  EXPECT_THAT(files_in(tar_of({{"manifest.json", "{\"name\": \"app\"}"}, {"l", layer}})),
              ElementsAre("no image"));
  EXPECT_THAT(files_in(tar_of({{"src/manifest.json", "[]"}})), ElementsAre("no image"));
  EXPECT_THAT(files_in("no tar"), ElementsAre("no image"));
  const auto whole = docker_save({layer, tar_of({{"b", "2"}})});
  for (std::size_t size = 0; size < whole.size(); size += 97) read(whole.substr(0, size));
}

}  // namespace
}  // namespace ostiary::files
