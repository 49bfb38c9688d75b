#include "files/documents.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

#include "base/text.h"
#include "files/archive.h"
#include "files/content.h"
#include "files/impl/pdf.h"
#include "files/impl/xml_text.h"

namespace ostiary::files {

namespace {

using Clock = std::chrono::steady_clock;

class ReadingDocument {
 public:
  ReadingDocument(const OnText& on_text, const DocumentLimits& limits, const std::stop_token& stop)
      : on_text_(on_text), limits_(limits), stop_(stop) {}
  void read(std::string_view bytes, const std::string& place, std::uint32_t level);

  std::vector<Unread> unread;

 private:
  void give(std::string_view text, const std::string& place);
  void read_pdf(std::string_view bytes, const std::string& place);
  void read_zip(std::string_view bytes, const std::string& place, std::uint32_t level, bool office);
  bool member(const Member& member, std::uint32_t level, bool office);
  void report(const std::string& place, std::string type, Why why, std::string text) {
    unread.push_back({place, std::move(type), why, std::move(text)});
  }
  void report(const std::string& place, DocumentKind kind, Why why, std::string text) {
    report(place, fmt::format("{}-{}", name_of(kind), name_of(why)), why, std::move(text));
  }

  const OnText& on_text_;
  const DocumentLimits& limits_;
  const std::stop_token& stop_;
  std::uint64_t unpacked_ = 0, given_ = 0, members_ = 0;
  std::uint32_t pdfs_ = 0;
  std::chrono::milliseconds in_pdfs_{0};
  bool ended_ = false;
};

void ReadingDocument::give(std::string_view text, const std::string& place) {
  if (ended_) return;
  given_ += text.size();
  if (given_ > limits_.text_bytes) {
    ended_ = true;
    return report(
        place, "document-too-large", Why::too_large,
        fmt::format("more than {} of text; the rest is not read", text::format_bytes(limits_.text_bytes)));
  }
  if (!on_text_({.place = place, .text = text})) ended_ = true;
}

Why why_of(const Error& error) {
  switch (error.code) {
    case Code::denied:
      return Why::encrypted;
    case Code::corrupt:
      return Why::damaged;
    case Code::too_large:
    case Code::timeout:
      return Why::too_large;
    case Code::closed:
      return Why::unreadable;
    default:
      return Why::unsupported;
  }
}

void ReadingDocument::read_pdf(std::string_view bytes, const std::string& place) {
  const auto left = limits_.all_pdfs_ms - static_cast<int>(in_pdfs_.count());
  if (++pdfs_ > limits_.pdfs || left <= 0)
    return report(place, DocumentKind::pdf, Why::too_many,
                  "too many PDFs, or they take too long; this one is not read");
  const auto begun = Clock::now();
  const auto read = text_of_pdf(bytes, std::min(limits_.pdf_ms, left), limits_.text_bytes, stop_);
  in_pdfs_ += std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
  if (!read) return report(place, DocumentKind::pdf, why_of(read.error()), read.error().message);
  std::string_view rest = read->text;
  bool any = false;
  for (std::uint64_t page = 1; !rest.empty() && !ended_; ++page) {
    const auto end = rest.find('\f');
    const auto text = rest.substr(0, end);
    if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) {
      any = true;
      give(text, fmt::format("{}!/page {}", place, page));
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (!any)
    report(place, "pdf-without-text", Why::unsupported,
           "the PDF holds no text; what its pictures show is not read");
  else if (read->pictures)
    report(place, "pdf-pictures", Why::unsupported, "what the PDF's pictures show is not read");
  if (read->attachments)
    report(place, "pdf-attachments", Why::unsupported, "the files in the PDF are not read");
}

bool ReadingDocument::member(const Member& m, std::uint32_t level, bool office) {
  const std::string place(m.path);
  const auto xml = [&] {
    return std::ranges::any_of(std::initializer_list<std::string_view>{".xml", ".rels", ".vml"},
                               [&](std::string_view end) { return place.ends_with(end); });
  };
  ++members_;
  if (stop_.stop_requested()) {
    ended_ = true;
    report(place, "document-unreadable", Why::unreadable, "the reading was stopped");
  } else if (office && xml()) {
    if (const auto text = text_of_xml(m.bytes)) {
      give(*text, place);
    } else {
      give(m.bytes, place);
      report(place, DocumentKind::office, Why::damaged, "it is not the XML that its format asks for");
    }
  } else {
    read(m.bytes, place, level + 1);
  }
  return !ended_;
}

void ReadingDocument::read_zip(std::string_view bytes, const std::string& place, std::uint32_t level,
                               bool office) {
  const auto kind = office ? DocumentKind::office : DocumentKind::archive;
  if (level >= limits_.levels)
    return report(place, kind, Why::too_deep,
                  fmt::format("documents in documents are read {} deep", limits_.levels));
  if (unpacked_ >= limits_.unpacked_bytes || members_ >= limits_.members) {
    ended_ = true;
    return report(place, kind, Why::too_large, "there is more than is unpacked; the rest is not read");
  }
  ArchiveLimits most;
  most.levels = 1;
  most.give_archives = true;
  most.members = limits_.members - members_;
  most.total_bytes = limits_.unpacked_bytes - unpacked_;
  most.member_bytes = std::min(most.member_bytes, limits_.text_bytes);
  std::uint64_t here = 0;
  const auto partial =
      read_archive(bytes, place, [&](const Member& m) { return member(m, level, office); }, most, &here);
  unpacked_ += here;
  for (const auto& p : partial) report(p.path, kind, p.why, p.text);
}

void ReadingDocument::read(std::string_view bytes, const std::string& place, std::uint32_t level) {
  if (bytes.empty()) return;
  const auto kind = document_kind_of(bytes);
  switch (kind) {
    case DocumentKind::text:
      return give(bytes, place);
    case DocumentKind::pdf:
      return read_pdf(bytes, place);
    case DocumentKind::office:
    case DocumentKind::archive:
      return read_zip(bytes, place, level, kind == DocumentKind::office);
    case DocumentKind::rtf:
      give(bytes, place);
      return report(place, "rtf", Why::unsupported, "of RTF only what stands in plain letters is read");
    case DocumentKind::sealed_office:
      return report(place, "sealed-office", Why::encrypted,
                    "an office file with a password, or in a format from before 2007, is not read");
    default:
      if (kind == DocumentKind::binary && encoding_of(bytes) != Encoding::binary) give(bytes, place);
      return report(place, std::string(name_of(kind)), Why::unsupported,
                    fmt::format("what a file of the kind '{}' holds is not read", name_of(kind)));
  }
}

}  // namespace

std::vector<Unread> read_document(std::string_view bytes, std::string_view shown, const OnText& on_text,
                                  const DocumentLimits& limits, const std::stop_token& stop) {
  ReadingDocument reading(on_text, limits, stop);
  reading.read(bytes, std::string(shown), 0);
  return std::move(reading.unread);
}

}  // namespace ostiary::files
