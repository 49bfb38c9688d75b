#include "inspect/impl/labelled.h"

#include <filesystem>
#include <fmt/format.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/yaml.h"

namespace ostiary::inspect {

namespace {

constexpr std::string_view kOpen = "⟦", kClose = "⟧";

Result<> take_mark(std::string_view mark, LabelledText& out, std::optional<Label>& open) {
  if (mark == "+") return {};
  if (mark == "/") {
    if (!open) return fail(Code::invalid, "⟦/⟧ closes nothing");
    open->end = out.text.size();
    if (open->end == open->start) return fail(Code::invalid, "a mark without text");
    out.labels.push_back(std::move(*open));
    open.reset();
    return {};
  }
  if (open) return fail(Code::invalid, fmt::format("⟦{}⟧ stands within another mark", mark));
  Label label;
  label.optional = mark.starts_with("? ");
  if (label.optional) mark.remove_prefix(2);
  const auto words = text::split(mark, ' ');
  if (words.size() != 2) return fail(Code::invalid, fmt::format("⟦{}⟧ is no mark", mark));
  label.klass = words[0], label.type = words[1];
  label.start = out.text.size();
  open = std::move(label);
  return {};
}

Result<LabelledText> read_entry(const yaml::Node& node, const std::string& path) {
  const auto text_of = [&](std::string_view name) {
    const auto* member = node.find(name);
    return member ? member->scalar : std::string();
  };
  LabelledText out;
  if (const auto* bytes = node.find("bytes")) {
    const auto decoded = unbase64(bytes->scalar);
    if (!decoded) return fail(Code::invalid, "bytes are not base64", yaml::place(path, *bytes));
    out.text = *decoded;
    if (const auto* spans = node.find("spans"))
      for (const auto& span : spans->items)
        out.labels.push_back({*text::parse_uint(span.items.at(0).scalar),
                              *text::parse_uint(span.items.at(1).scalar), span.items.at(2).scalar,
                              span.items.at(3).scalar, false});
  } else {
    auto read = read_labelled(text_of("text"));
    if (!read) return fail(Code::invalid, read.error().message, yaml::place(path, node));
    out = std::move(*read);
  }
  out.id = fmt::format("{}/{}", std::filesystem::path(path).stem().string(), text_of("id"));
  out.like = text_of("like");
  return out;
}

}  // namespace

std::string without_joints(std::string_view text) {
  constexpr std::string_view joint = "⟦+⟧";
  std::string out;
  for (;;) {
    const auto at = text.find(joint);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + joint.size());
  }
}

Result<LabelledText> read_labelled(std::string_view marked) {
  LabelledText out;
  std::optional<Label> open;
  for (;;) {
    const auto at = marked.find(kOpen);
    out.text += marked.substr(0, at);
    if (at == std::string_view::npos) break;
    marked.remove_prefix(at + kOpen.size());
    const auto end = marked.find(kClose);
    if (end == std::string_view::npos) return fail(Code::invalid, "a mark is not closed by ⟧");
    TRY_VOID(take_mark(marked.substr(0, end), out, open));
    marked.remove_prefix(end + kClose.size());
  }
  if (open) return fail(Code::invalid, fmt::format("⟦{} {}⟧ has no ⟦/⟧", open->klass, open->type));
  return out;
}

Result<std::vector<LabelledText>> read_labelled_file(const std::string& path) {
  TRY(const auto content, read_file(path));
  TRY(const auto root, yaml::parse(content, path));
  std::vector<LabelledText> out;
  for (const auto& node : root.items) {
    TRY(auto entry, read_entry(node, path));
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace ostiary::inspect
