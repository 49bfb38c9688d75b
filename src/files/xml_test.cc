#include "files/xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::files {
namespace {

using Piece = XmlReader::Piece;

// "<a k=v>text</a>", a piece each; "!" where the XML is bad.
std::string pieces(std::string_view xml_text, std::string_view attribute = "k") {
  std::string out;
  XmlReader xml(xml_text);
  for (int i = 0; i < 1000; ++i) {
    switch (xml.next()) {
      case Piece::start:
        out += "<" + std::string(xml.name());
        if (const auto value = xml.attribute(attribute)) out += " " + *value;
        out += ">" + std::to_string(xml.depth());
        break;
      case Piece::end:
        out += "</" + std::string(xml.name()) + ">" + std::to_string(xml.depth());
        break;
      case Piece::text:
        if (!xml.append_text(out)) out += "?";
        break;
      case Piece::done:
        return out;
      case Piece::bad:
        return out + "!";
    }
  }
  return "endless";
}

TEST(Xml, ElementsTextsAndAttributesComeInTheirOrder) {
  EXPECT_EQ(pieces("\xef\xbb\xbf<?xml version='1.0'?>\n<x:a y:k = \"1 &amp; '2'\"><b/>t&lt;&#65;&#x42;<!-- c "
                   "--><![CDATA[<&amp;]]></x:a >"),
            "\n<a 1 & '2'>1<b>2</b>2t<AB<&amp;</a>1");
}

TEST(Xml, AGreaterThanInAnAttributeEndsNoTag) {
  EXPECT_EQ(pieces("<a j='>' k='/'>x</a>"), "<a />1x</a>1");
}

TEST(Xml, WhatIsNoXmlOrDefinesEntitiesIsBad) {
  for (const char* bad : {"<a>", "<a", "</a>", "< a/>", "<!DOCTYPE a><a/>", "<a k='1>", "<!-- no end",
                          "<![CDATA[ x", "<?x", "<a/></a>", "<a <b/>"})
    EXPECT_TRUE(pieces(bad).ends_with('!')) << bad;
}

TEST(Xml, AnUnknownReferenceIsToldAndCharactersThatAreNoneAreReplaced) {
  EXPECT_EQ(pieces("<a>&own;</a>"), "<a>1?</a>1");
  EXPECT_EQ(pieces("<a>&#0;&#xd800;&#xfffe;</a>"), "<a>1\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD</a>1");
  EXPECT_EQ(pieces("<a k='&own;'/>"), "<a>1</a>1");
}

TEST(Xml, AnElementIsSkippedWithAllThatIsInIt) {
  XmlReader xml("<a><b><b/>x</b><c/></a>");
  EXPECT_EQ(xml.next(), Piece::start);
  EXPECT_EQ(xml.next(), Piece::start);
  EXPECT_TRUE(xml.skip());
  EXPECT_EQ(xml.next(), Piece::start);
  EXPECT_EQ(xml.name(), "c");
  EXPECT_TRUE(xml.skip());
  EXPECT_EQ(xml.next(), Piece::end);
  EXPECT_EQ(xml.next(), Piece::done);
}

TEST(Xml, DeepAndLongInputIsReadInLinearTime) {
  std::string deep, many = "<a>";
  for (int i = 0; i < 1'000'000; ++i) deep += "<a>", many += "<!---->";
  XmlReader xml(deep);
  while (xml.next() == Piece::start) continue;
  EXPECT_EQ(xml.next(), Piece::bad);
  EXPECT_EQ(pieces(many + "</a>"), "<a>1</a>1");
}

}  // namespace
}  // namespace ostiary::files
