#include "files/documents.h"

#include <archive.h>
#include <archive_entry.h>
#include <cstdlib>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/testing.h"

namespace ostiary::files {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Members = std::vector<std::pair<std::string, std::string>>;

std::string zip_of(const Members& members) {
  std::string out;
  auto* writer = ::archive_write_new();
  ::archive_write_set_format_zip(writer);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  const auto collect = [](archive*, void* into, const void* data, std::size_t size) {
    static_cast<std::string*>(into)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  };
  EXPECT_EQ(::archive_write_open(writer, &out, nullptr, collect, nullptr), ARCHIVE_OK);
  for (const auto& [name, bytes] : members) {
    auto* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, name.c_str());
    ::archive_entry_set_filetype(entry, AE_IFREG);
    ::archive_entry_set_perm(entry, 0644);
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    EXPECT_GE(::archive_write_header(writer, entry), ARCHIVE_WARN);
    ::archive_write_data(writer, bytes.data(), bytes.size());
    ::archive_entry_free(entry);
  }
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  return out;
}

std::string docx(const std::string& text) {
  return zip_of({{"[Content_Types].xml", "<Types><Default Extension=\"xml\"/></Types>"},
                 {"word/document.xml", "<w:document><w:body><w:p>" + text + "</w:p></w:body></w:document>"}});
}

// A PDF of one page for each text; readers find the objects though there is no table of them.
std::string pdf(const std::vector<std::string>& pages, const std::string& more = "") {
  std::string out = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n", kids;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const auto stream = "BT /F1 12 Tf 72 700 Td (" + pages[i] + ") Tj ET";
    out += fmt::format(
        "{0} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {1} 0 R/Resources<</Font<<"
        "/F1 3 0 R>>>>>>endobj\n{1} 0 obj<</Length {2}>>stream\n{3}\nendstream endobj\n",
        10 + 2 * i, 11 + 2 * i, stream.size(), stream);
    kids += fmt::format("{} 0 R ", 10 + 2 * i);
  }
  out += fmt::format("2 0 obj<</Type/Pages/Kids[{}]/Count {}>>endobj\n", kids, pages.size());
  out += "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n" + more;
  return out + "trailer<</Root 1 0 R>>\n%%EOF\n";
}

struct Read {
  std::vector<std::pair<std::string, std::string>> texts;  // place, text
  std::vector<Unread> unread;
  std::vector<std::string> types() const {
    std::vector<std::string> out;
    for (const auto& u : unread) out.push_back(u.type);
    return out;
  }
};

Read read(std::string_view bytes, const DocumentLimits& limits = {}) {
  Read out;
  out.unread = read_document(
      bytes, "d",
      [&](const DocumentText& text) {
        out.texts.emplace_back(text.place, text.text);
        return true;
      },
      limits);
  return out;
}

// The PATH, as long as this lives.
class OtherPath {
 public:
  explicit OtherPath(const std::string& path) : before_(::getenv("PATH")) {
    ::setenv("PATH", path.c_str(), 1);
  }
  ~OtherPath() { ::setenv("PATH", before_.c_str(), 1); }
  OtherPath(const OtherPath&) = delete;
  OtherPath& operator=(const OtherPath&) = delete;

 private:
  std::string before_;
};

TEST(Documents, AKindIsToldByTheBytes) {
  EXPECT_EQ(document_kind_of("plain words\n"), DocumentKind::text);
  EXPECT_EQ(document_kind_of("MZ is how this letter begins\n"), DocumentKind::text);
  EXPECT_EQ(document_kind_of("\x89PNG\r\n\x1a\n\0\0"sv), DocumentKind::image);
  EXPECT_EQ(document_kind_of("RIFF\1\2\3\4WAVE\0\0"sv), DocumentKind::audio);
  EXPECT_EQ(document_kind_of("junk\n%PDF-1.4"), DocumentKind::pdf);
  EXPECT_EQ(document_kind_of(docx("a")), DocumentKind::office);
  EXPECT_EQ(document_kind_of(zip_of({{"a", "b"}})), DocumentKind::archive);
  EXPECT_EQ(document_kind_of("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"sv), DocumentKind::sealed_office);
  EXPECT_EQ(document_kind_of("\1\2\3\4\5\6\7 no text"), DocumentKind::binary);
  EXPECT_EQ(document_kind_of("\xff\xfeh\0i\0"sv), DocumentKind::text);
}

TEST(Documents, APdfIsReadPageByPage) {
  const auto got = read(pdf({"first words", "", "third"}));
  EXPECT_THAT(got.texts, ElementsAre(Pair("d!/page 1", HasSubstr("first words")),
                                     Pair("d!/page 3", HasSubstr("third"))));
  EXPECT_THAT(got.unread, IsEmpty());
}

TEST(Documents, WhatAPdfDoesNotSayIsToldOf) {
  EXPECT_THAT(read(pdf({""})).types(), ElementsAre("pdf-without-text"));
  const auto pictures =
      read(pdf({"words"}, "9 0 obj<</Type/XObject/Subtype /Image/Width 1/Height 1>>endobj\n"));
  EXPECT_THAT(pictures.types(), ElementsAre("pdf-pictures"));
  EXPECT_EQ(pictures.texts.size(), 1u);
  EXPECT_THAT(read("%PDF-1.4\nnothing of the kind").types(), ElementsAre("pdf-damaged"));
}

TEST(Documents, RunsOfAnOfficeFileAreOneText) {
  const auto got = read(docx("<w:r><w:t>41</w:t></w:r><w:r><w:t>11</w:t></w:r>"));
  ASSERT_EQ(got.texts.size(), 2u);
  EXPECT_EQ(got.texts[1], std::pair(std::string("d!/word/document.xml"), std::string("4111\n")));
}

TEST(Documents, DocumentsInArchivesAreReadByTheSameRules) {
  const auto got = read(zip_of({{"a/letter.docx", docx("<w:t>in a letter</w:t>")},
                                {"b.pdf", pdf({"in a pdf"})},
                                {"c.png", "\x89PNG\r\n\x1a\n and pixels"},
                                {"d.txt", "in a text"}}));
  std::vector<std::string> places;
  for (const auto& [place, text] : got.texts) places.push_back(place);
  EXPECT_THAT(places, ElementsAre("d!/a/letter.docx!/[Content_Types].xml",
                                  "d!/a/letter.docx!/word/document.xml", "d!/b.pdf!/page 1", "d!/d.txt"));
  EXPECT_THAT(got.types(), ElementsAre("image"));
  EXPECT_EQ(got.unread[0].place, "d!/c.png");
}

TEST(Documents, XmlThatDefinesEntitiesIsGivenAsItStands) {
  const auto got = read(zip_of({{"[Content_Types].xml", "<!DOCTYPE a [<!ENTITY b \"secret\">]><a>&b;</a>"}}));
  ASSERT_EQ(got.texts.size(), 1u);
  EXPECT_THAT(got.texts[0].second, HasSubstr("secret"));
  EXPECT_THAT(got.types(), ElementsAre("office-damaged"));
}

TEST(Documents, NestingSizeAndNumberAreBounded) {
  auto nested = zip_of({{"a.txt", "deep"}});
  for (int i = 0; i < 5; ++i) nested = zip_of({{"n.zip", nested}});
  EXPECT_THAT(read(nested).types(), ElementsAre("archive-too-deep"));
  EXPECT_THAT(read(zip_of({{"a", std::string(9'000'000, 'a')}}), {.unpacked_bytes = 1'000'000}).types(),
              ElementsAre("archive-too-large"));
  EXPECT_THAT(read(zip_of({{"a", "1"}, {"b", "2"}, {"c", "3"}}), {.members = 2}).types(),
              ElementsAre("archive-too-many"));
  EXPECT_THAT(read(zip_of({{"a", "1234"}, {"b", "2345"}}), {.text_bytes = 5}).types(),
              ElementsAre("document-too-large"));
  const auto pdfs = read(zip_of({{"a", pdf({"one"})}, {"b", pdf({"two"})}}), {.pdfs = 1});
  EXPECT_EQ(pdfs.texts.size(), 1u);
  EXPECT_THAT(pdfs.types(), ElementsAre("pdf-too-many"));
}

TEST(Documents, AProgramThatHangsOrFloodsEndsAtItsLimit) {
  const ostiary::testing::TempFolder folder;
  const OtherPath path(folder.path());
  const auto program = [&](const std::string& script) {
    ASSERT_TRUE(write_file_atomic(folder / "pdftotext", "#!/bin/sh\n" + script + "\n", 0755));
  };
  program("while :; do :; done");
  EXPECT_THAT(read(pdf({"x"}), {.pdf_ms = 100}).types(), ElementsAre("pdf-too-large"));
  program("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done");
  EXPECT_THAT(read(pdf({"x"}), {.text_bytes = 100'000}).types(), ElementsAre("pdf-too-large"));
  program("kill -9 $$ || exit 137");
  EXPECT_THAT(read(pdf({"x"})).types(), ElementsAre("pdf-damaged"));
  program("echo 'Command Line Error: Incorrect password' >&2; exit 1");
  EXPECT_THAT(read(pdf({"x"})).types(), ElementsAre("pdf-encrypted"));
}

TEST(Documents, WithoutPdftotextAPdfIsNotReadAndItSaysWhatIsMissing) {
  const ostiary::testing::TempFolder folder;
  const OtherPath path(folder.path());
  const auto got = read(pdf({"x"}));
  EXPECT_THAT(got.types(), ElementsAre("pdf-unsupported"));
  EXPECT_THAT(got.unread[0].text, HasSubstr("poppler-utils"));
  const auto can = can_read_pdf();
  ASSERT_FALSE(can);
  EXPECT_THAT(can.error().message, HasSubstr("poppler-utils"));
}

TEST(Documents, WherePdftotextIsInstalledItRunsConfined) {
  const auto can = can_read_pdf();
  EXPECT_TRUE(can) << can.error().text();
}

}  // namespace
}  // namespace ostiary::files
