#include "gateway/size_limits.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/token_count.h"

namespace ostiary::gateway {

namespace {

using Numbers = std::array<std::optional<std::uint64_t>, 4>;

// Whether a limit is about what the request holds; what was not read may hold it.
bool concerns(const SizeLimit& limit, const inspect::Inspection& found) {
  return limit.data_class.empty() || !found.partial.empty() ||
         std::ranges::find(found.classes, limit.data_class) != found.classes.end();
}

void compare(const SizeLimit& limit, std::size_t place, const Numbers& size, std::vector<SizeOver>& over) {
  for (std::size_t i = 0; i < size.size(); ++i)
    if (limit.most[i] && size[i] && *size[i] > *limit.most[i])
      over.push_back({place, static_cast<SizeLimit::Measure>(i), *size[i], *limit.most[i]});
}

std::string grouped(std::uint64_t number) {
  auto out = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<std::size_t>(at), 1, ',');
  return out;
}

std::string amount(std::uint64_t number, SizeLimit::Measure measure) {
  const auto name = SizeLimit::kMeasures[measure];
  return fmt::format("{}{} {}", measure == SizeLimit::tokens ? "about " : "", grouped(number),
                     number == 1 ? name.substr(0, name.size() - 1) : name);
}

bool is_text(json::Value value) {
  const auto key = value.key_raw();
  for (const std::string_view other :
       {"role", "type", "id", "name", "tool_call_id", "call_id", "model", "data", "file_data", "file_id",
        "url", "image_url", "media_type", "format"})
    if (key == other) return false;
  return true;
}

// The line breaks between a string's quotes, and one.
std::uint64_t lines_of(std::string_view raw) {
  std::uint64_t lines = 1;
  for (std::size_t at = raw.find('\\'); at != std::string_view::npos; at = raw.find('\\', at + 2))
    if (at + 1 < raw.size() && (raw[at + 1] == 'n' || text::iequals(raw.substr(at + 1, 5), "u000a"))) ++lines;
  return lines;
}

}  // namespace

std::string SizeOver::rule() const {
  return fmt::format("size_limits.{}.{}", limit + 1, SizeLimit::kMeasures[measure]);
}

std::string SizeOver::text(const SizeLimit& of) const {
  auto out = fmt::format("the request has {}, and {} are allowed", amount(is, measure), grouped(most));
  if (!of.data_class.empty()) out += fmt::format(" with data of the class '{}'", of.data_class);
  if (!of.service.empty()) out += fmt::format(" at the service '{}'", of.service);
  return out;
}

inspect::Size measure(const json::Document& request, std::uint64_t attachments) {
  inspect::Size size;
  size.bytes = request.text().size();
  size.attachments = attachments;
  if (request.nodes().empty()) return size;
  size.tokens = estimate_input(request);
  for (const json::Value member : request.root()) {
    const auto key = member.key_raw();
    if (key != "messages" && key != "input" && key != "prompt" && key != "instructions" && key != "system")
      continue;
    for (auto i = member.index(); i < member.node().next; ++i)
      if (const json::Value value(&request, i); value.is_string() && is_text(value))
        size.lines += lines_of(value.raw());
  }
  return size;
}

std::vector<SizeOver> sizes_over(const std::vector<SizeLimit>& limits, const policy::Facts& facts,
                                 const inspect::Inspection& found) {
  std::vector<SizeOver> over;
  if (limits.empty()) return over;
  Numbers size;
  for (std::size_t i = 0; i < size.size(); ++i)
    if (const auto* fact = facts.find(fmt::format("data.{}", SizeLimit::kMeasures[i])))
      if (const auto* number = std::get_if<std::int64_t>(&fact->value))
        size[i] = static_cast<std::uint64_t>(*number);
  const auto* service = facts.find("target.service");
  const auto* id = service ? std::get_if<std::string>(&service->value) : nullptr;
  for (std::size_t i = 0; i < limits.size(); ++i)
    if ((limits[i].service.empty() || !id || limits[i].service == *id) && concerns(limits[i], found))
      compare(limits[i], i, size, over);
  return over;
}

void find_sizes(const std::vector<SizeLimit>& limits, inspect::Inspection& found) {
  if (!found.size) return;
  const auto& s = *found.size;
  std::vector<SizeOver> over;
  for (std::size_t i = 0; i < limits.size(); ++i)
    if (concerns(limits[i], found)) compare(limits[i], i, {s.bytes, s.lines, s.tokens, s.attachments}, over);
  for (const auto& one : over) {
    inspect::Finding finding;
    finding.detector = "size";
    finding.type = fmt::format("prompt-{}", SizeLimit::kMeasures[one.measure]);
    finding.data_class = "oversize";
    finding.klass = inspect::Class::size;
    finding.confidence = inspect::Confidence::high;
    const auto digest = sha256(one.rule());
    finding.fingerprint = hex(std::span(digest).first(8));
    finding.preview = one.text(limits[one.limit]);
    found.findings.push_back(std::move(finding));
  }
}

}  // namespace ostiary::gateway
