// license identify: which licences files are, grant, name or declare.

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "app/impl/terminal.h"
#include "app/impl/verbs_license.h"
#include "base/file.h"
#include "json/writer.h"
#include "license/dep5.h"
#include "license/identify.h"
#include "license/metadata.h"

namespace ostiary::app {

namespace {

using license::FoundLicense;

struct IdentifiedFile {
  std::string file;
  std::string bytes;  // as far as places of findings go
  license::Identified identified;
};

constexpr std::size_t kMostRead = (4u << 20) + 1;

Result<std::string> bytes_of(const std::string& file) {
  TRY(const auto mapped, MappedFile::open(file));
  return std::string(mapped.bytes().substr(0, kMostRead));
}

license::Identified identified(const std::string& file, std::string_view bytes) {
  const auto& identifier = license::Identifier::builtin();
  license::Identified out;
  if (auto declared = license::declared_in(file, bytes)) {
    out.licenses = std::move(*declared);
  } else if (const auto fields = license::read_dep5(bytes)) {
    out.licenses = license::licenses_of_dep5(*fields, identifier);
  } else {
    out = identifier.identify(bytes);
    if (!identifier.has_texts())
      out.partial.emplace_back(
          "this build has no texts of the SPDX list: only tags, names and fingerprints were looked for");
    return out;
  }
  out.expression = license::joined(out.licenses);
  return out;
}

struct Place {
  std::uint64_t line = 1, column = 1;
};

Place place_of(std::string_view bytes, std::size_t at) {
  Place out;
  for (const char c : bytes.substr(0, at)) {
    if (c == '\n')
      ++out.line, out.column = 1;
    else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U)
      ++out.column;
  }
  return out;
}

void append(json::Writer& w, const IdentifiedFile& in, const FoundLicense& one) {
  const auto place = place_of(in.bytes, one.start);
  w.begin_object();
  w.member("exception", one.exception);
  w.member("expression", one.expression);
  w.key("location");
  w.begin_object();
  w.member("column", place.column);
  w.member("end", std::uint64_t{one.end});
  w.member("file", in.file);
  w.member("line", place.line);
  w.member("start", std::uint64_t{one.start});
  w.end_object();
  w.member("method", license::name(one.method));
  w.member("score", static_cast<double>(static_cast<int>(one.score * 10'000)) / 10'000);
  w.end_object();
}

std::string in_json(const std::vector<IdentifiedFile>& files) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("files");
  w.begin_array();
  for (const auto& one : files) {
    w.begin_object();
    w.member_or_null("expression", one.identified.expression);
    w.member("file", one.file);
    w.key("licenses");
    w.begin_array();
    for (const auto& found : one.identified.licenses) append(w, one, found);
    w.end_array();
    w.end_object();
  }
  w.end_array();
  w.member("kind", "license-identify");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  for (const auto& one : files)
    for (const auto& why : one.identified.partial) {
      w.begin_object();
      w.member("path", one.file);
      w.member("text", why);
      w.end_object();
    }
  w.end_array();
  w.end_object();
  return out + '\n';
}

std::string in_text(const std::vector<IdentifiedFile>& files, const Style& style) {
  std::string out;
  for (const auto& one : files) {
    out += fmt::format("{}: {}\n", printable(one.file),
                       one.identified.expression ? style.bold(printable(*one.identified.expression))
                                                 : style.red("no licence was found"));
    std::vector<std::vector<std::string>> rows;
    for (const auto& found : one.identified.licenses)
      rows.push_back({fmt::format("  line {}", place_of(one.bytes, found.start).line),
                      printable(found.expression), std::string(license::name(found.method)),
                      fmt::format("{:.2f}", found.score)});
    out += table(rows);
    for (const auto& why : one.identified.partial) out += fmt::format("  {}\n", style.yellow(why));
  }
  return out;
}

}  // namespace

Result<int> run_license_identify(const IdentifyOptions& options) {
  std::vector<IdentifiedFile> files;
  for (const auto& file : options.files) {
    TRY(auto bytes, bytes_of(file));
    auto found = identified(file, bytes);
    files.push_back({file, std::move(bytes), std::move(found)});
  }
  std::ranges::sort(files, {}, &IdentifiedFile::file);
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? in_json(files)
                                   : in_text(files, style_of(options.common))));
  return 0;
}

}  // namespace ostiary::app
