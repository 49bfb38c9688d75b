#include "gateway/attachment_inspection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <set>
#include <tuple>

#include "base/hash.h"
#include "base/text.h"
#include "files/documents.h"

namespace ostiary::gateway {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPlaceBytes = 120;
constexpr std::chrono::seconds kLongest{60};  // for all attachments of a request

files::DocumentLimits limits() {
  files::DocumentLimits limits;
  limits.unpacked_bytes = 256ULL << 20;
  limits.text_bytes = 128ULL << 20;
  return limits;
}

bool letters(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || others.contains(c);
  });
}

// A member's name that says nothing, so that it may be shown: letters, and few digits behind them.
bool shown(std::string_view name) {
  constexpr std::size_t longest = 24, most_digits = 3;
  const auto end = name.find_last_not_of("0123456789");
  return name.size() <= longest && name.size() - (end + 1) <= most_digits &&
         letters(name.substr(0, end + 1), "_");
}

// The JSON Pointer of a part, in which a name that may tell something is "…".
std::string pointer_of(const json::Document& request, std::uint32_t index) {
  std::vector<std::string> steps;
  for (; index != 0; index = request.nodes()[index].parent) {
    const json::Value value(&request, index);
    if (value.node().key_end > 0) {
      steps.emplace_back(shown(value.key_raw()) ? value.key_raw() : "…");
      continue;
    }
    std::size_t position = 0;
    for (const auto child : value.parent()) {
      if (child.index() == index) break;
      ++position;
    }
    steps.push_back(std::to_string(position));
  }
  std::string out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) out.append("/").append(*step);
  return out;
}

// A part of an office file, as the formats call it.
bool is_office_part(std::string_view path) {
  constexpr std::array<std::string_view, 6> folders = {"word/",     "xl/",        "ppt/",
                                                       "docProps/", "customXml/", "_rels/"};
  if (path == "[Content_Types].xml") return true;
  const bool known = std::ranges::any_of(folders, [&](auto folder) { return path.starts_with(folder); }) ||
                     path == "content.xml" || path == "styles.xml" || path == "meta.xml" ||
                     path == "settings.xml";
  const auto stem = path.substr(0, path.rfind('.'));
  const auto name = stem.substr(stem.rfind('/') + 1);
  const auto above = stem.substr(0, stem.size() - name.size());
  return known && path.size() <= 48 && (above.empty() || letters(above, "/_")) && shown(name);
}

// A place in a document, as it may be told: members' names are the sender's words.
std::string told(std::string_view place) {
  std::string out;
  for (bool first = true; !place.empty(); first = false) {
    const auto end = place.find("!/");
    const auto step = place.substr(0, end);
    place.remove_prefix(end == std::string_view::npos ? place.size() : end + 2);
    if (!out.empty()) out += "!/";
    const auto dot = step.rfind('.');
    const auto ending = dot == std::string_view::npos ? std::string_view() : step.substr(dot + 1);
    if (first || is_office_part(step) || (step.starts_with("page ") && step.size() <= 12))
      out += step;
    else
      out += ending.size() <= 5 && letters(ending, "") ? fmt::format("member.{}", ending) : "member";
    if (out.size() > kPlaceBytes) return out.substr(0, kPlaceBytes);
  }
  return out;
}

class Looking {
 public:
  Looking(inspect::Inspecting& inspecting, const json::Document& request, inspect::Inspection& found,
          const std::stop_token& stop)
      : inspecting_(inspecting), request_(request), found_(found), stop_(stop), limits_(limits()) {}

  void look_into(const Attachment& attachment);
  void too_many(std::size_t most) {
    at_ = {};
    opaque("attachments", fmt::format("more than {} attachments; the others are not read", most), "");
  }
  void finish();

 private:
  void look_into_bytes(const Attachment& attachment);
  void forget_chance(const Attachment& attachment);
  void take(std::string_view text, std::string_view place);
  void keep(inspect::Inspection&& inspection, std::string_view place);
  void opaque(std::string type, std::string preview, std::string_view identity, std::string within = {});

  inspect::Inspecting& inspecting_;
  const json::Document& request_;
  inspect::Inspection& found_;
  const std::stop_token& stop_;
  files::DocumentLimits limits_;  // what is left
  const Clock::time_point until_ = Clock::now() + kLongest;
  inspect::Location at_;  // of the attachment
  bool too_much_ = false;
};

// A text of an attachment.
void Looking::take(std::string_view text, std::string_view place) {
  limits_.text_bytes -= std::min<std::uint64_t>(limits_.text_bytes, text.size());
  if (place.contains("!/")) keep(inspecting_.inspect(place), place);  // names can hold something, too
  keep(inspecting_.inspect(text), place);
}

void Looking::keep(inspect::Inspection&& inspection, std::string_view place) {
  for (auto& why : inspection.partial)
    if (std::ranges::find(found_.partial, why) == found_.partial.end())
      found_.partial.push_back(std::move(why));
  for (auto& finding : inspection.findings) {
    if (found_.findings.size() >= inspect::Inspecting::kMostInBody) {
      too_much_ = true;
      return;
    }
    finding.location = at_;
    finding.location.within = told(place);
    found_.findings.push_back(std::move(finding));
  }
}

void Looking::opaque(std::string type, std::string preview, std::string_view identity, std::string within) {
  if (found_.findings.size() >= inspect::Inspecting::kMostInBody) {
    too_much_ = true;
    return;
  }
  inspect::Finding finding;
  finding.detector = "attachment";
  // Of what it holds as little as other fingerprints have, of its place the rest.
  const auto of_value = sha256(fmt::format("{}\n{}", type, identity));
  const auto of_place = sha256(fmt::format("{}\n{}\n{}", type, at_.pointer, within));
  finding.fingerprint = hex(std::span(of_value).first(3)) + hex(std::span(of_place).first(5));
  finding.type = std::move(type);
  finding.data_class = "opaque";
  finding.klass = inspect::Class::opaque;
  finding.confidence = inspect::Confidence::high;
  finding.location = at_;
  finding.location.within = std::move(within);
  finding.preview = std::move(preview);
  found_.findings.push_back(std::move(finding));
}

// The kind of what has no signature is what the request says.
std::string type_of(const files::Unread& unread, const Attachment& attachment, bool itself) {
  if (!itself || unread.type != "binary") return unread.type;
  for (const std::string_view major : {"image", "audio", "video"})
    if (attachment.media_type.starts_with(major)) return std::string(major);
  return unread.type;
}

// Bytes [start, end) of the body in which an attachment's base64 stands; nothing known where the text that it
// stands in has escapes.
std::pair<std::uint64_t, std::uint64_t> span_of(const json::Document& request, const Attachment& attachment) {
  const auto& node = request.nodes()[attachment.node];
  if (attachment.whole) return {node.start, node.end};
  if (node.escaped) return {0, 0};
  return {node.start + 1 + attachment.at, node.start + 1 + attachment.at + attachment.size};
}

// What a document's base64 seems to hold is chance, but only where it is that and can be told what it is.
void Looking::forget_chance(const Attachment& attachment) {
  const auto [start, end] = span_of(request_, attachment);
  std::erase_if(found_.findings, [&](const inspect::Finding& f) {
    return f.location.within.empty() && f.location.start >= start && f.location.end <= end;
  });
}

void Looking::look_into_bytes(const Attachment& attachment) {
  const auto decoded = decode_attachment(request_, attachment);
  const auto size = text::format_bytes(decoded.bytes.size());
  const auto kind = files::document_kind_of(decoded.bytes);
  if (decoded.clean && kind != files::DocumentKind::binary) forget_chance(attachment);
  if (!decoded.clean)
    opaque("undecodable", "what follows the rules of base64 is read, and more is there", decoded.bytes);
  if (decoded.bytes.empty()) return;
  const auto root = std::string(files::name_of(kind));
  const auto text = [&](const files::DocumentText& t) {
    take(t.text, t.place);
    return !too_much_ && !stop_.stop_requested();
  };
  for (const auto& unread : files::read_document(decoded.bytes, root, text, limits_, stop_)) {
    const bool itself = unread.place == root;
    opaque(type_of(unread, attachment, itself),
           itself ? fmt::format("{}; {}", unread.text, size) : unread.text, decoded.bytes,
           itself ? std::string() : told(unread.place));
  }
}

void Looking::look_into(const Attachment& attachment) {
  const auto& node = request_.nodes()[attachment.node];
  at_ = {};
  at_.pointer = pointer_of(request_, attachment.node);
  at_.start = node.start;
  at_.end = node.end;
  const auto left = until_ - Clock::now();
  if (left <= Clock::duration::zero())
    return opaque("out-of-time", "the attachments before it took too long to read", "");
  limits_.all_pdfs_ms = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
  const auto identity = request_.text().substr(node.start, node.end - node.start);
  switch (attachment.kind) {
    case Attachment::Kind::data:
      return look_into_bytes(attachment);
    case Attachment::Kind::remote:
      return opaque("remote-file", "a file at another host, which the gate does not fetch", identity);
    case Attachment::Kind::stored:
      return opaque("stored-file", "a file that the service keeps", identity);
  }
}

void Looking::finish() {
  std::ranges::sort(found_.findings, {}, [](const inspect::Finding& f) {
    return std::tie(f.location.start, f.location.end, f.location.within, f.detector, f.fingerprint);
  });
  if (too_much_) found_.partial.push_back("its attachments hold more findings than are told of one body");
  std::set<std::string> classes;
  for (const auto& finding : found_.findings)
    if (finding.confidence >= inspect::Confidence::medium) classes.insert(finding.data_class);
  found_.classes.assign(classes.begin(), classes.end());
}

}  // namespace

bool takes_long(const std::vector<Attachment>& attachments) {
  return std::ranges::any_of(attachments, [](const auto& a) { return a.kind == Attachment::Kind::data; });
}

void inspect_attachments(inspect::Inspecting& inspecting, const json::Document& request,
                         const std::vector<Attachment>& attachments, inspect::Inspection& found,
                         const std::stop_token& stop) {
  Looking looking(inspecting, request, found, stop);
  for (std::size_t i = 0; i < std::min(attachments.size(), kMostAttachments); ++i) {
    if (stop.stop_requested()) return;
    looking.look_into(attachments[i]);
  }
  if (attachments.size() > kMostAttachments) looking.too_many(kMostAttachments);
  looking.finish();
}

}  // namespace ostiary::gateway
