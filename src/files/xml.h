#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary::files {

// Reads XML 1.0 that programs write, piece by piece. No document type (with which entities could be defined),
// no entity but the five of XML and characters by their number, UTF-8 only; name spaces are cut off. Linear
// in time, of constant memory; views are of the XML, which must outlive it. Not every fault in form is
// noticed: names of end tags are not compared.
class XmlReader {
 public:
  enum class Piece : std::uint8_t {
    start,  // <name …>; an empty element gives its end too
    end,    // </name>
    text,   // between tags, with blanks; CDATA too
    done,   // the end of the XML
    bad     // it is none, or not of this kind; stays so
  };
  explicit XmlReader(std::string_view xml);
  Piece next();

  std::string_view name() const { return name_; }  // of start and end, without its prefix
  std::uint32_t depth() const { return depth_; }   // open elements, that of `start` and `end` among them
  // The value of an attribute of a start tag, by its name without prefix; that of the first with it.
  std::optional<std::string> attribute(std::string_view name) const;
  // Of a text, with references replaced. Appends; false: an unknown reference, at which it stops.
  bool append_text(std::string& out) const;
  // Passes over the rest of the element whose start was read last, with its end. False: the XML is bad.
  bool skip();

 private:
  Piece markup();
  Piece tag();
  std::optional<std::string_view> until(std::size_t from, std::string_view end);

  std::string_view rest_, name_, inside_;  // `inside_`: the attributes of a tag, or a text
  std::uint32_t depth_ = 0;
  bool raw_ = false;    // the text is CDATA
  bool empty_ = false;  // the element's end is to be given next
  bool ended_ = false;  // the last piece was an end
  bool bad_ = false;
};

// Appends the character of a reference that stands without & and ; (XML 1.0, 4.1 and 4.6): one of XML's five
// entities, or a number of Unicode's, where what is no character (2.2) becomes U+FFFD. False: another.
bool append_xml_reference(std::string& out, std::string_view name);
// Appends a text with its references replaced. False: an unknown reference, at which it stops.
bool append_decoded_xml(std::string& out, std::string_view raw);
constexpr std::size_t kLongestXmlReference = 12;  // bytes; a longer one is unknown

}  // namespace ostiary::files
