#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "files/documents.h"
#include "files/impl/xml_text.h"

// Whatever a document holds: what is given is bounded, has its place, and what is not given is told of. No
// PDF is read, which another program does.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ostiary::files::DocumentText;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto text = ostiary::files::text_of_xml(bytes); text && text->size() > size + 1) std::abort();
  ostiary::files::DocumentLimits limits;
  limits.members = 100;
  limits.unpacked_bytes = 4 << 20;
  limits.text_bytes = 2 << 20;
  limits.pdfs = 0;
  std::uint64_t total = 0;
  bool any = false;
  const auto unread = ostiary::files::read_document(
      bytes, "a",
      [&](const DocumentText& text) {
        any = true;
        total += text.text.size();
        if (text.place != "a" && !text.place.starts_with("a!/")) std::abort();
        return true;
      },
      limits);
  if (total > limits.text_bytes) std::abort();
  for (const auto& one : unread)
    if (one.type.empty() || one.text.empty() || !one.place.starts_with('a')) std::abort();
  if (ostiary::files::document_kind_of(bytes) == ostiary::files::DocumentKind::text && size > 0 && !any)
    std::abort();
  return 0;
}
