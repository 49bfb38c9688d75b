#include "files/impl/xml_text.h"

#include <gtest/gtest.h>

namespace ostiary::files {
namespace {

TEST(XmlText, RunsOfAParagraphAreOneText) {
  EXPECT_EQ(text_of_xml("<?xml version=\"1.0\"?><w:p><w:r><w:rPr><w:b/></w:rPr><w:t>41</w:t></w:r>"
                        "<w:r><w:t xml:space=\"preserve\">11 &amp; so on</w:t></w:r></w:p><w:p><w:r>"
                        "<w:t>next</w:t><w:tab/><w:t>column</w:t><w:br/><w:t>line</w:t></w:r></w:p>"),
            "4111 & so on\nnext\tcolumn\nline\n");
}

TEST(XmlText, CellsAndUnknownElementsAreApart) {
  EXPECT_EQ(text_of_xml("<row><c r=\"A1\"><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"),
            "1\n\t2\n\t\n3\n\t\n");
  EXPECT_EQ(text_of_xml("<cp><a1>x</a1><b1>y</b1></cp>"), "x\ny\n");
}

TEST(XmlText, CommentsAttributesAndCdataAreReadToo) {
  EXPECT_EQ(text_of_xml("<r><!-- a note --><Relationship Target=\"https://u:p@host/&#x61;\" Id='rId1' "
                        "xmlns=\"http://schemas.x/y\"/><![CDATA[<raw>]]></r>"),
            "<raw>\n a note \nhttps://u:p@host/a\n");
}

TEST(XmlText, WhatIsNoPlainXmlIsNotRead) {
  for (const char* text :
       {"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a>&b;</a>", "<a b=c>d</a>", "<a", "< a>",
        "<a b=\"c>d</a>", "<!-- no end", "<a>&#x110000;</a>", "<a>&verylongnamewithoutend"})
    EXPECT_EQ(text_of_xml(text), std::nullopt) << text;
}

TEST(XmlText, ALongTagIsReadInLinearTime) {
  std::string xml = "<a";
  for (int i = 0; i < 300'000; ++i) xml += " b=\"1\"";
  EXPECT_EQ(text_of_xml(xml + "/>"), "");
  EXPECT_EQ(text_of_xml(xml), std::nullopt);
  EXPECT_EQ(text_of_xml(std::string(3'000'000, '<')), std::nullopt);
}

}  // namespace
}  // namespace ostiary::files
