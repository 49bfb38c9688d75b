// license_compiler TEXTS OUTPUT: the build's step from texts and fingerprints to the index that the program
// embeds. license_compiler --fingerprint FILE: the fingerprint of a text, for catalog/license.

#include <cstring>
#include <fmt/format.h>

#include "base/file.h"
#include "base/hash.h"
#include "catalog/license.h"
#include "json/document.h"
#include "license/impl/index.h"

namespace ostiary::license {

namespace {

std::vector<std::uint32_t> shingles_of(std::string_view fingerprint) {
  const auto bytes = unbase64(fingerprint).value_or("");
  std::vector<std::uint32_t> out(bytes.size() / sizeof(std::uint32_t));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(std::uint32_t));
  return out;
}

Result<std::vector<IndexedText>> texts_in(const std::string& file) {
  TRY(const auto text, read_file(file));
  TRY(const auto document, json::Document::parse(text));
  std::vector<IndexedText> out;
  for (const auto one : document.root()["texts"]) {
    const auto kind = one["kind"].string_or("");
    out.push_back({.id = one["id"].string_or(""),
                   .kind = kind == "header"      ? TextKind::header
                           : kind == "exception" ? TextKind::exception
                                                 : TextKind::license,
                   .text = one["text"].string_or(""),
                   .shingles = {}});
  }
  return out;
}

Result<> compile(const std::string& file, const std::string& output) {
  TRY(auto texts, texts_in(file));
  for (const auto& one : catalog::licenses().all())
    if (!one.fingerprint.empty())
      texts.push_back({.id = one.license,
                       .kind = TextKind::fingerprint,
                       .text = {},
                       .shingles = shingles_of(one.fingerprint)});
  TRY(const auto blob, compile_index(texts));
  return write_file_atomic(output, blob, 0644);
}

Result<> print_fingerprint(const std::string& file) {
  TRY(const auto text, read_file(file));
  const auto shingles = fingerprint_of(text);
  fmt::print("{}\n", base64({reinterpret_cast<const char*>(shingles.data()),
                             shingles.size() * sizeof(std::uint32_t)}));
  return {};
}

}  // namespace

}  // namespace ostiary::license

int main(int count, char** arguments) {
  using namespace ostiary;
  if (count != 3) {
    fmt::print(stderr, "usage: license_compiler TEXTS OUTPUT | license_compiler --fingerprint FILE\n");
    return 2;
  }
  const std::string_view first = arguments[1];
  const auto done = first == "--fingerprint" ? license::print_fingerprint(arguments[2])
                                             : license::compile(arguments[1], arguments[2]);
  if (done) return 0;
  fmt::print(stderr, "{}\n", done.error().text());
  return 1;
}
