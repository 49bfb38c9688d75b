#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ostiary::files {

// What pdftotext reads in a PDF.
struct PdfText {
  std::string text;          // UTF-8, each page with a form feed behind it
  bool pictures = false;     // it holds pictures
  bool attachments = false;  // it holds files
};

// Reads a PDF with pdftotext in a sandbox. Errors: `denied` where it needs a password, `corrupt` where it is
// damaged or the program fails on it, and those of run_in_sandbox.
Result<PdfText> text_of_pdf(std::string_view pdf, int deadline_ms, std::uint64_t most_text,
                            const std::stop_token& stop);

}  // namespace ostiary::files
