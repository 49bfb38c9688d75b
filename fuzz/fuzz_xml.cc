#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "files/xml.h"

// Whatever XML is: reading ends, starts and ends agree in number, and texts are no longer than the XML.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ostiary::files::XmlReader;
  XmlReader xml({reinterpret_cast<const char*>(data), size});
  std::string text;
  std::size_t starts = 0, ends = 0;
  for (std::size_t pieces = 0;; ++pieces) {
    if (pieces > 2 * size + 2) std::abort();
    const auto piece = xml.next();
    if (piece == XmlReader::Piece::start) {
      ++starts;
      if (const auto value = xml.attribute("a"); value && value->size() > 3 * size) std::abort();
    } else if (piece == XmlReader::Piece::end) {
      ++ends;
    } else if (piece == XmlReader::Piece::text) {
      xml.append_text(text);
    } else {
      if (piece == XmlReader::Piece::done && starts != ends) std::abort();
      break;
    }
    if (xml.depth() != starts - ends + (piece == XmlReader::Piece::end ? 1 : 0)) std::abort();
  }
  if (text.size() > 3 * size) std::abort();
  return 0;
}
