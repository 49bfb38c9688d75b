#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "files/partial.h"

namespace ostiary::files {

enum class DocumentKind : std::uint8_t {
  text,
  pdf,
  office,  // OOXML (docx, xlsx, pptx; ECMA-376) and OpenDocument (ISO/IEC 26300)
  archive,
  sealed_office,  // OOXML with a password, or an office format from before 2007
  rtf,
  image,
  audio,
  video,
  font,
  program,
  sealed_archive,  // a format that is not unpacked, such as 7z and rar
  binary           // none of these
};
// By what the bytes say; a name or a media type plays no part.
DocumentKind document_kind_of(std::string_view bytes);
std::string_view name_of(DocumentKind kind);  // "sealed-office"

struct DocumentLimits {
  std::uint32_t levels = 3;                     // documents within one another; an archive is one
  std::uint64_t members = 20'000;               // of all archives and office files together
  std::uint64_t unpacked_bytes = 512ULL << 20;  // likewise
  std::uint64_t text_bytes = 256ULL << 20;      // that is given
  std::uint32_t pdfs = 50;                      // read at most
  int pdf_ms = 20'000;                          // for one PDF …
  int all_pdfs_ms = 60'000;                     // … and for all
};

// A text in a document. Views are valid during the call that gives it.
struct DocumentText {
  std::string_view
      place;  // "a.zip!/letter.docx!/word/document.xml", "a.pdf!/page 3"; of a text itself `shown`
  std::string_view text;
};
using OnText = std::function<bool(const DocumentText& text)>;  // false: that is enough

// Something in a document that was not read.
struct Unread {
  std::string place;
  // What it is and, unless that says it all, why: "image", "pdf-encrypted", "archive-bomb".
  std::string type;
  Why why = Why::unsupported;
  std::string text;
};

// Gives the texts of a document: of a PDF by pages, as pdftotext reads them in a sandbox; of an office file
// by parts, with what stands in attributes and comments; of an archive by members, each by the same rules.
// What is not read is in the answer: pictures, sound, what is encrypted or damaged, a PDF without text, and
// everything where a limit or `stop` ends it. `shown` stands before "!/". Blocks while a PDF is read.
// Thread-safe.
std::vector<Unread> read_document(std::string_view bytes, std::string_view shown, const OnText& on_text,
                                  const DocumentLimits& limits = {}, const std::stop_token& stop = {});

// Whether PDFs can be read here: an error says what is missing and how to mend it.
Result<> can_read_pdf();

}  // namespace ostiary::files
