#include "app/inspect_baseline.h"

#include "base/file.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::app {

Result<Baseline> read_baseline(const std::string& path) {
  TRY(const auto text, read_file(path));
  TRY(const auto document, json::Document::parse(text));
  const auto root = document.root();
  if (root["kind"].string_or("") != "baseline")
    return fail(Code::invalid, "this is no baseline; make one with --write-baseline", path);
  if (root["ostiary"].as_uint() != 1)
    return fail(Code::newer, "the baseline was written by a newer version of the program", path);
  Baseline known;
  for (const auto finding : root["findings"]) known.insert(finding["fingerprint"].string_or(""));
  return known;
}

Result<> write_baseline(const std::string& path, const std::vector<inspect::Finding>& findings) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("findings");
  w.begin_array();
  for (const auto& finding : findings) {
    w.begin_object();
    w.member("detector", finding.detector);
    w.member("file", finding.location.file);
    w.member("fingerprint", finding.fingerprint);
    w.end_object();
  }
  w.end_array();
  w.member("kind", "baseline");
  w.member("ostiary", std::uint64_t{1});
  w.end_object();
  return write_file_atomic(path, out + '\n', 0644);
}

}  // namespace ostiary::app
