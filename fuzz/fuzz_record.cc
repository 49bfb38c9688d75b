#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/id.h"
#include "base/time.h"
#include "json/document.h"
#include "ledger/record_view.h"

// Reads the input as a record of the ledger, in one quick walk that validates nothing: no bytes may do it
// harm, and of a line as the ledger writes them it must say what a reader says that does validate.
namespace {

using namespace ostiary;
using ledger::RecordView;
using Kind = RecordView::Kind;

void require(bool holds) {
  if (!holds) std::abort();
}

// Canonical JSON, as far as the walk counts on it: no blanks, and members that are sorted and named plainly.
bool is_canonical(std::string_view line, const json::Document& document) {
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (inside && line[i] == '\\')
      ++i;
    else if (line[i] == '"')
      inside = !inside;
    else if (!inside && std::string_view(" \t\r\n").find(line[i]) != std::string_view::npos)
      return false;
  }
  std::string_view last;
  for (const auto& node : document.nodes())
    if (node.key_escaped) return false;
  for (const auto member : document.root()) {
    if (member.key_raw() < last) return false;
    last = member.key_raw();
  }
  return document.root().is_object();
}

Kind kind_of(json::Value value) {
  if (!value) return Kind::other;
  for (const auto& [raw, kind] : {std::pair<std::string_view, Kind>{R"("intent")", Kind::intent},
                                  {R"("outcome")", Kind::outcome},
                                  {R"("change")", Kind::change},
                                  {R"("recovery")", Kind::recovery}})
    if (value.raw() == raw) return kind;
  return Kind::other;
}

void compare_texts(json::Value root, const RecordView& view) {
  for (const auto& [name, text] : {std::pair<std::string_view, std::string_view>{"action", view.action},
                                   {"endpoint", view.endpoint},
                                   {"error", view.error},
                                   {"key", view.key},
                                   {"model", view.model},
                                   {"outcome", view.outcome},
                                   {"provider", view.provider},
                                   {"service", view.service},
                                   {"subject", view.subject},
                                   {"surface", view.surface},
                                   {"team", view.team},
                                   {"tool", view.tool}})
    require(root[name].string_or("") == text);
  const auto decision = root["decision"];
  require(decision["effect"].string_or("") == view.effect && decision["mode"].string_or("") == view.mode);
}

void compare_numbers(json::Value root, const RecordView& view) {
  require(root["request_bytes"].as_uint().value_or(0) == view.request_bytes);
  require(root["response_bytes"].as_uint().value_or(0) == view.response_bytes);
  const auto timings = root["timings"];
  require(timings["decided"].as_uint() == view.decided && timings["connected"].as_uint() == view.connected);
  require(timings["first_byte"].as_uint() == view.first_byte && timings["total"].as_uint() == view.total);
  if (root["usage"] && root["reserved"]) return;  // the ledger never writes both
  const auto usage = root["usage"] ? root["usage"] : root["reserved"];
  require(usage["input"].as_uint() == view.input && usage["output"].as_uint() == view.output);
  require(usage["cached"].as_uint() == view.cached);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line(reinterpret_cast<const char*>(data), size);
  static ledger::RecordReader reader;
  RecordView view;
  const bool read = reader.read(line, view);
  const auto document = json::Document::parse(line);
  if (!document || !is_canonical(line, *document)) return 0;
  const auto root = document->root();
  const auto kind = kind_of(root["kind"]);
  const auto id = Id::parse(root["id"].string_or("")).value_or(Id{});
  require(view.kind == kind && view.id == id);
  require(read == ((kind != Kind::intent && kind != Kind::outcome) || id != Id{}));
  require(view.at == parse_rfc3339(root["at"].string_or("")).value_or(0));
  compare_texts(root, view);
  compare_numbers(root, view);
  return 0;
}
