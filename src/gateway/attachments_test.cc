#include "gateway/attachments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"

namespace ostiary::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = Attachment::Kind;

struct Seen {
  Kind kind;
  std::string pointer, media_type, bytes;
  bool operator==(const Seen&) const = default;
};
void PrintTo(const Seen& s, std::ostream* out) {
  *out << static_cast<int>(s.kind) << ' ' << s.pointer << ' ' << s.media_type << ' ' << s.bytes;
}

std::vector<Seen> seen(const std::string& body) {
  const auto request = json::Document::parse(body);
  EXPECT_TRUE(request) << body;
  std::vector<Seen> out;
  for (const auto& a : find_attachments(*request)) {
    const auto bytes = a.kind == Kind::data ? decode_attachment(*request, a).bytes : "";
    out.push_back({a.kind, json::Value(&*request, a.node).pointer(), a.media_type, bytes});
  }
  return out;
}

TEST(Attachments, AreFoundWhereEachProtocolPutsThem) {
  const auto data = base64(std::string_view("some bytes"));
  EXPECT_THAT(
      seen(R"({"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
           data +
           R"("}},{"type":"image_url","image_url":{"url":"https://x.example/a.png"}},
           {"type":"input_audio","input_audio":{"format":"wav","data":")" +
           data + R"("}},
           {"type":"file","file":{"filename":"a","file_data":")" +
           data + R"("}},{"type":"file","file":{"file_id":"f1"}}]}]})"),
      ElementsAre(Seen{Kind::data, "/messages/0/content/0/image_url/url", "image/png", "some bytes"},
                  Seen{Kind::remote, "/messages/0/content/1/image_url/url", "image/", ""},
                  Seen{Kind::data, "/messages/0/content/2/input_audio/data", "audio/wav", "some bytes"},
                  Seen{Kind::data, "/messages/0/content/3/file/file_data", "", "some bytes"},
                  Seen{Kind::stored, "/messages/0/content/4/file/file_id", "", ""}));
  EXPECT_THAT(
      seen(
          R"({"input":[{"content":[{"type":"input_image","image_url":"data:image/gif;base64,)" + data +
          R"("},{"type":"input_file","file_url":"http://x.example/a.pdf"},{"type":"input_image","file_id":"f2"}]}],
                   "tools":[{"type":"code_interpreter","container":{"file_ids":["f3"]}}]})"),
      ElementsAre(Seen{Kind::data, "/input/0/content/0/image_url", "image/gif", "some bytes"},
                  Seen{Kind::remote, "/input/0/content/1/file_url", "", ""},
                  Seen{Kind::stored, "/input/0/content/2/file_id", "", ""},
                  Seen{Kind::stored, "/tools/0/container/file_ids/0", "", ""}));
  EXPECT_THAT(
      seen(
          R"({"messages":[{"content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":")" +
          data + R"("}},{"type":"image","source":{"type":"url","url":"https://x.example/b.png"}},
                   {"type":"document","source":{"type":"text","media_type":"text/plain","data":"in place"}},
                   {"type":"document","source":{"type":"file","file_id":"f4"}}]}]})"),
      ElementsAre(Seen{Kind::data, "/messages/0/content/0/source/data", "application/pdf", "some bytes"},
                  Seen{Kind::remote, "/messages/0/content/1/source/url", "", ""},
                  Seen{Kind::stored, "/messages/0/content/3/source/file_id", "", ""}));
}

TEST(Attachments, DataUrlsAndKnownFormatsAreFoundAnywhere) {
  const auto data = base64(std::string_view("some bytes"));
  EXPECT_THAT(seen(R"({"prompt":"look: ![](data:text/plain;charset=utf-8;base64,)" + data +
                   R"() and DATA:;base64,)" + data + R"("})"),
              ElementsAre(Seen{Kind::data, "/prompt", "text/plain", "some bytes"},
                          Seen{Kind::data, "/prompt", "", "some bytes"}));
  const auto pdf = "%PDF-1.4\n" + std::string(100, 'x');
  EXPECT_THAT(seen(R"({"x":{"y":")" + base64(pdf) + R"("}})"),
              ElementsAre(Seen{Kind::data, "/x/y", "", pdf}));
  // Escapes hide neither a name nor a value.
  EXPECT_THAT(seen(R"({"file\u005fdata":"\u006329tZQ=="})"),
              ElementsAre(Seen{Kind::data, "/file_data", "", "some"}));
  EXPECT_THAT(seen(R"({"a":"data:image\/png;\u0062ase64,c29tZQ=="})"),
              ElementsAre(Seen{Kind::data, "/a", "image/png", "some"}));
}

TEST(Attachments, OrdinaryRequestsHaveNone) {
  EXPECT_THAT(
      seen(
          R"({"model":"m","messages":[{"role":"user","content":"the data: is ;base64, or https://x.example/a"}],
      "tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"url":{"type":"string"},
      "data":{"type":"string"},"file_id":{"type":"string"}}}}}],"metadata":{"data":"plain","url":"http://x.example"}})"),
      IsEmpty());
}

TEST(Attachments, WhatIsNoCleanBase64IsToldOf) {
  const auto decoded = [](const std::string& base64) {
    const auto body = R"({"file_data":")" + base64 + "\"}";
    const auto request = json::Document::parse(body);
    const auto out = decode_attachment(*request, find_attachments(*request).at(0));
    return std::pair(out.bytes, out.clean);
  };
  EXPECT_EQ(decoded("c29tZSBieXRlcw=="), std::pair(std::string("some bytes"), true));
  EXPECT_EQ(decoded("c29t\\nZSBieXRlcw"), std::pair(std::string("some bytes"), true));
  EXPECT_EQ(decoded("c29tZSBi eXRlcw"), std::pair(std::string("some bytes"), false));
  EXPECT_EQ(decoded("_-8aaaaaa="), std::pair(unbase64("/+8aaaaaaQ==").value().substr(0, 6), false));
  EXPECT_EQ(decoded("c29t*ZSBi!eXRlcw=="), std::pair(std::string("some bytes"), false));
  EXPECT_EQ(decoded("c29t=ZSBieXRlcw=="), std::pair(std::string("some bytes"), false));
}

TEST(Attachments, TheirNumberIsBounded) {
  std::string body = R"({"x":[)";
  for (int i = 0; i < 2000; ++i) body += R"({"file_id":"a"},)";
  body.back() = ']';
  body += '}';
  const auto request = json::Document::parse(body);
  EXPECT_EQ(find_attachments(*request).size(), kMostAttachments + 1);
}

}  // namespace
}  // namespace ostiary::gateway
