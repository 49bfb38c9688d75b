#include "files/impl/pdf.h"

#include "base/text.h"
#include "files/documents.h"
#include "files/impl/sandbox.h"

namespace ostiary::files {

namespace {

// Of dictionaries that belong to a stream, which no PDF can pack away: /Subtype /Image, say.
bool holds(std::string_view pdf, std::string_view key, std::string_view name) {
  for (auto at = pdf.find(name); at != std::string_view::npos; at = pdf.find(name, at + 1)) {
    auto before = pdf.substr(0, at);
    while (!before.empty() && (before.back() == ' ' || before.back() == '\n' || before.back() == '\r'))
      before.remove_suffix(1);
    if (before.ends_with(key)) return true;
  }
  return false;
}

Error in_words(Error error) {
  if (error.code == Code::not_found)
    error.message = "pdftotext is not installed, so that no PDF is read; install poppler-utils";
  return error;
}

}  // namespace

Result<PdfText> text_of_pdf(std::string_view pdf, int deadline_ms, std::uint64_t most_text,
                            const std::stop_token& stop) {
  SandboxLimits limits;
  limits.deadline_ms = deadline_ms;
  limits.output_bytes = most_text;
  auto run = run_in_sandbox({"pdftotext", "-enc", "UTF-8", "-eol", "unix", "-", "-"}, pdf, limits, stop);
  if (!run) return std::unexpected(in_words(std::move(run.error())));
  if (run->exit != 0) {
    if (run->errors.contains("ncorrect password")) return fail(Code::denied, "the PDF needs a password");
    return fail(Code::corrupt, "the PDF is damaged: pdftotext cannot read it");
  }
  PdfText out;
  out.text = std::move(run->output);
  out.pictures = holds(pdf, "/Subtype", "/Image");
  out.attachments = holds(pdf, "/Type", "/EmbeddedFile") || holds(pdf, "/EF", "<<");
  return out;
}

Result<> can_read_pdf() {
  SandboxLimits limits;
  limits.deadline_ms = 10'000;
  const auto run = run_in_sandbox({"pdftotext", "-v"}, "", limits);
  if (!run) return std::unexpected(in_words(run.error()));
  if (run->exit != 0 || !run->errors.contains("pdftotext"))
    return fail(Code::io,
                "pdftotext does not run in the sandbox (it ended with " + std::to_string(run->exit) + ")");
  return {};
}

}  // namespace ostiary::files
