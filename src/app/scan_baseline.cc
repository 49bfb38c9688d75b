#include "app/scan_baseline.h"

#include "base/file.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::app {

Result<ScanBaseline> ScanBaseline::read(const std::string& path) {
  TRY(const auto text, read_file(path));
  TRY(const auto document, json::Document::parse(text));
  const auto root = document.root();
  const auto kind = root["kind"].string_or("");
  if (kind != "scan-baseline" && kind != "scan")
    return fail(Code::invalid, "this is no baseline of a scan; make one with --write-baseline", path);
  if (root["ostiary"].as_uint() != 1)
    return fail(Code::newer, "the baseline was written by a newer version of the program", path);
  ScanBaseline out;
  for (const auto component : root["components"]) {
    const auto component_kind = scan::kind_named(component["kind"].string_or(""));
    const auto grade = scan::grade_named(component["grade"].string_or(""));
    if (component_kind && grade)
      out.known_.emplace(*component_kind, std::string(component["name"].string_or("")), *grade);
  }
  return out;
}

Result<> ScanBaseline::write(const std::string& path, const std::vector<scan::Component>& components) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("components");
  w.begin_array();
  for (const auto& component : components) {
    w.begin_object();
    w.member("grade", scan::name(component.grade));
    w.member("kind", scan::name(component.kind));
    w.member("name", component.name);
    w.end_object();
  }
  w.end_array();
  w.member("kind", "scan-baseline");
  w.member("ostiary", std::uint64_t{1});
  w.end_object();
  return write_file_atomic(path, out + '\n', 0644);
}

ScanBaseline ScanBaseline::of(const std::vector<scan::Component>& components) {
  ScanBaseline out;
  for (const auto& component : components)
    out.known_.emplace(component.kind, component.name, component.grade);
  return out;
}

bool ScanBaseline::knows(const scan::Component& component) const {
  const auto at = known_.lower_bound(std::tuple(component.kind, component.name, component.grade));
  return at != known_.end() && std::get<0>(*at) == component.kind && std::get<1>(*at) == component.name;
}

}  // namespace ostiary::app
