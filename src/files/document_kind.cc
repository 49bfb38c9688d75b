// What kind of document some bytes are, by the signatures that their formats define.

#include <algorithm>
#include <array>

#include "files/archive.h"
#include "files/content.h"
#include "files/documents.h"

namespace ostiary::files {

namespace {

using std::string_view_literals::operator""sv;

struct Signature {
  std::size_t at = 0;
  std::string_view bytes;
  DocumentKind kind = DocumentKind::binary;
};

constexpr std::array kSignatures = {
    Signature{0, "\x89PNG\r\n\x1a\n"sv, DocumentKind::image},
    Signature{0, "\xff\xd8\xff"sv, DocumentKind::image},
    Signature{0, "GIF87a"sv, DocumentKind::image},
    Signature{0, "GIF89a"sv, DocumentKind::image},
    Signature{0, "II*\0"sv, DocumentKind::image},
    Signature{0, "MM\0*"sv, DocumentKind::image},
    Signature{0, "\0\0\1\0"sv, DocumentKind::image},
    Signature{0, "\0\0\0\x0cjP  "sv, DocumentKind::image},
    Signature{0, "\xff\x0a"sv, DocumentKind::image},
    Signature{0, "\0\0\0\x0cJXL "sv, DocumentKind::image},
    Signature{8, "WEBP"sv, DocumentKind::image},
    Signature{8, "WAVE"sv, DocumentKind::audio},
    Signature{8, "AVI "sv, DocumentKind::video},
    Signature{4, "ftypheic"sv, DocumentKind::image},
    Signature{4, "ftypheix"sv, DocumentKind::image},
    Signature{4, "ftypmif1"sv, DocumentKind::image},
    Signature{4, "ftypavif"sv, DocumentKind::image},
    Signature{4, "ftypM4A "sv, DocumentKind::audio},
    Signature{4, "ftyp"sv, DocumentKind::video},
    Signature{0, "\xd7\xcd\xc6\x9a"sv, DocumentKind::image},
    Signature{40, " EMF"sv, DocumentKind::image},
    Signature{0, "OggS"sv, DocumentKind::audio},
    Signature{0, "ID3"sv, DocumentKind::audio},
    Signature{0, "\xff\xfb"sv, DocumentKind::audio},
    Signature{0, "\xff\xf3"sv, DocumentKind::audio},
    Signature{0, "\xff\xf1"sv, DocumentKind::audio},
    Signature{0, "fLaC"sv, DocumentKind::audio},
    Signature{0, "MThd"sv, DocumentKind::audio},
    Signature{0, "\x1a\x45\xdf\xa3"sv, DocumentKind::video},
    Signature{0, "\0\0\1\xba"sv, DocumentKind::video},
    Signature{0, "\0\1\0\0\0"sv, DocumentKind::font},
    Signature{0, "OTTO"sv, DocumentKind::font},
    Signature{0, "wOFF"sv, DocumentKind::font},
    Signature{0, "wOF2"sv, DocumentKind::font},
    Signature{0,
              "\x7f"
              "ELF"sv,
              DocumentKind::program},
    Signature{0, "MZ"sv, DocumentKind::program},
    Signature{0, "\xcf\xfa\xed\xfe"sv, DocumentKind::program},
    Signature{0, "\xca\xfe\xba\xbe"sv, DocumentKind::program},
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, DocumentKind::sealed_archive},
    Signature{0, "Rar!\x1a\x07"sv, DocumentKind::sealed_archive},
    Signature{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, DocumentKind::sealed_office},
    Signature{0, "{\\rtf"sv, DocumentKind::rtf},
};

// Few control characters, and no byte that stands in no text; in any encoding that keeps ASCII.
bool reads_as_text(std::string_view bytes) {
  constexpr std::size_t looked_at = 1u << 20;
  const auto head = bytes.substr(0, looked_at);
  const auto strange = std::ranges::count_if(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' && byte != '\b' &&
            byte != 0x1b) ||
           byte == 0x7f;
  });
  return static_cast<std::size_t>(strange) * 100 <= head.size();
}

// A zip that says it holds an office file: OpenDocument in its first member, OOXML by a member's name.
bool is_office(std::string_view zip) {
  constexpr std::size_t first_name = 30;  // behind a member's fixed header
  const bool odf = zip.size() > first_name && zip.substr(first_name).starts_with("mimetype") &&
                   zip.contains("content.xml");
  return odf || zip.contains("[Content_Types].xml");
}

}  // namespace

DocumentKind document_kind_of(std::string_view bytes) {
  constexpr std::size_t pdf_begins_within = 1024;  // as its readers take it
  const auto archive = archive_kind_of(bytes);
  if (archive == ArchiveKind::zip && is_office(bytes)) return DocumentKind::office;
  if (archive != ArchiveKind::none) return DocumentKind::archive;
  if (bytes.substr(0, pdf_begins_within).contains("%PDF-")) return DocumentKind::pdf;
  for (const auto& signature : kSignatures)
    if (bytes.size() >= signature.at && bytes.substr(signature.at).starts_with(signature.bytes)) {
      // Letters may begin a text, too.
      const bool letters = std::ranges::all_of(signature.bytes, [](char c) { return c >= ' ' && c < 0x7f; });
      const bool text = letters && signature.kind != DocumentKind::rtf &&
                        encoding_of(bytes) != Encoding::binary && reads_as_text(bytes);
      if (!text) return signature.kind;
    }
  switch (encoding_of(bytes)) {
    case Encoding::binary:
      return DocumentKind::binary;
    case Encoding::utf16_le:
    case Encoding::utf16_be:
      return DocumentKind::text;
    case Encoding::utf8_bom:
    case Encoding::bytes:
      break;
  }
  return reads_as_text(bytes) ? DocumentKind::text : DocumentKind::binary;
}

std::string_view name_of(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::text:
      return "text";
    case DocumentKind::pdf:
      return "pdf";
    case DocumentKind::office:
      return "office";
    case DocumentKind::archive:
      return "archive";
    case DocumentKind::sealed_office:
      return "sealed-office";
    case DocumentKind::rtf:
      return "rtf";
    case DocumentKind::image:
      return "image";
    case DocumentKind::audio:
      return "audio";
    case DocumentKind::video:
      return "video";
    case DocumentKind::font:
      return "font";
    case DocumentKind::program:
      return "program";
    case DocumentKind::sealed_archive:
      return "sealed-archive";
    case DocumentKind::binary:
      return "binary";
  }
  return "binary";
}

}  // namespace ostiary::files
