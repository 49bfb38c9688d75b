#include "license/dep5.h"

#include <algorithm>

#include "base/text.h"
#include "catalog/spdx.h"
#include "license/expression.h"

namespace ostiary::license {

namespace {

constexpr std::size_t kMostFields = 100'000;

struct Line {
  std::string_view text;
  std::size_t start = 0;
};

// Takes lines off a text, without their ends.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  std::optional<Line> next() {
    if (at_ >= text_.size()) return std::nullopt;
    const auto start = at_;
    const auto end = std::min(text_.find('\n', at_), text_.size());
    at_ = end + 1;
    auto line = text_.substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return Line{line, start};
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_continuation(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('\t');
}

std::string_view field_named(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':' ||
      !text::iequals(line.substr(0, name.size()), name))
    return {};
  return line.substr(name.size() + 1);
}

bool is_dep5(std::string_view text) {
  Lines lines(text.substr(0, 8192));
  bool any = false;
  while (const auto line = lines.next()) {
    const auto blank = text::trim(line->text).empty();
    if (blank && any) return false;
    any = any || !blank;
    const auto format = field_named(line->text, "Format");
    const auto older = field_named(line->text, "Format-Specification");
    if (format.contains("copyright-format") || format.contains("dep5") || format.contains("DEP5") ||
        older.contains("dep5") || older.contains("dep/5"))
      return true;
  }
  return false;
}

class Reader {
 public:
  std::vector<Dep5License> run(std::string_view text) {
    Lines lines(text);
    while (const auto line = lines.next()) {
      if (out_.size() >= kMostFields) break;
      if (text::trim(line->text).empty())
        paragraph_ends();
      else if (is_continuation(line->text))
        continuation(line->text);
      else
        field(*line);
    }
    paragraph_ends();
    return std::move(out_);
  }

 private:
  enum class In { other, files, license };

  void field(const Line& line) {
    in_ = In::other;
    if (const auto files = field_named(line.text, "Files"); !files.empty()) {
      in_ = In::files;
      take_files(files);
    } else if (const auto value = field_named(line.text, "License");
               !value.empty() || text::iequals(line.text, "License:")) {
      in_ = In::license;
      const auto name = text::trim(value);
      const auto start =
          line.start +
          (name.empty() ? line.text.size() : static_cast<std::size_t>(name.data() - line.text.data()));
      out_.push_back(
          {.name = std::string(name), .text = {}, .files = {}, .start = start, .end = start + name.size()});
    }
  }

  void continuation(std::string_view line) {
    if (in_ == In::files) return take_files(line);
    if (in_ != In::license) return;
    const auto words = text::trim(line);
    if (words != ".") out_.back().text += line.substr(1);
    out_.back().text += '\n';
  }

  void take_files(std::string_view value) {
    for (const auto part : text::split(value, ' '))
      if (const auto pattern = text::trim(part); !pattern.empty() && files_.size() < 10'000)
        files_.emplace_back(pattern);
  }

  void paragraph_ends() {
    if (first_ < out_.size()) out_.back().files = std::move(files_);
    files_.clear();
    first_ = out_.size();
    in_ = In::other;
  }

  std::vector<Dep5License> out_;
  std::vector<std::string> files_;
  std::size_t first_ = 0;  // the first field of this paragraph
  In in_ = In::other;
};

// The id of an exception by a name without its version; nothing where several begin so.
std::optional<std::string> exception_named(std::string_view name) {
  auto wanted = text::lower(text::trim(name));
  std::ranges::replace(wanted, ' ', '-');
  const catalog::SpdxList::Id* only = nullptr;
  for (const auto& id : catalog::spdx_list().all()) {
    const auto small = text::lower(id.id);
    if (id.kind != catalog::SpdxList::Kind::exception || !small.starts_with(wanted)) continue;
    if (small == wanted) return id.id;
    if (only) return std::nullopt;
    only = &id;
  }
  return only && !wanted.empty() ? std::optional(only->id) : std::nullopt;
}

std::optional<std::string> with_exception(std::string_view license, std::string_view exception) {
  const auto id = spdx_of_debian(license);
  const auto named = exception_named(exception);
  return id && named && !id->contains(' ') ? std::optional(*id + " WITH " + *named) : std::nullopt;
}

std::optional<std::string> one_of_debian(std::string_view part) {
  part = text::trim(part);
  while (part.ends_with(',') || part.ends_with(';')) part = text::trim(part.substr(0, part.size() - 1));
  const auto small = text::lower(part);
  for (const auto* word : {" with ", "-with-"}) {
    if (const auto at = small.find(word); at != std::string::npos)
      return with_exception(part.substr(0, at), part.substr(at + 6));
  }
  return spdx_of_debian(part);
}

// Splits at a word that stands between blanks.
std::vector<std::string_view> parts_of(std::string_view name, std::string_view small, std::string_view word) {
  std::vector<std::string_view> out;
  std::size_t from = 0;
  for (auto at = small.find(word); at != std::string_view::npos; at = small.find(word, from)) {
    out.push_back(name.substr(from, at - from));
    from = at + word.size();
  }
  out.push_back(name.substr(from));
  return out;
}

}  // namespace

std::optional<std::vector<Dep5License>> read_dep5(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!is_dep5(text)) return std::nullopt;
  return Reader().run(text);
}

std::optional<std::string> spdx_of_debian_expression(std::string_view name) {
  if (name.size() > 512 || name.contains('(')) return std::nullopt;
  std::string out;
  const auto small = text::lower(name);
  // In Debian's form a comma before "and" lets it bind last; where both words stand it is not guessed.
  const bool has_or = small.contains(" or "), has_and = small.contains(" and ");
  if (has_or && has_and) return std::nullopt;
  for (const auto part : parts_of(name, small, has_or ? " or " : " and ")) {
    const auto id = one_of_debian(part);
    if (!id) return std::nullopt;
    out += (out.empty() ? "" : has_or ? " OR " : " AND ") + *id;
  }
  const auto parsed = parse_expression(out);
  return parsed ? std::optional(parsed->text()) : std::nullopt;
}

std::vector<FoundLicense> licenses_of_dep5(const std::vector<Dep5License>& fields,
                                           const Identifier& identifier) {
  std::vector<FoundLicense> out;
  for (const auto& field : fields) {
    auto expression = spdx_of_debian_expression(field.name);
    double score = 1;
    if (!expression && !field.text.empty()) {
      const auto told = identifier.identify(field.text);
      expression = told.expression;
      for (const auto& one : told.licenses) score = std::min(score, one.score);
    }
    if (expression)
      out.push_back({.expression = *expression,
                     .start = field.start,
                     .end = field.end,
                     .method = Method::metadata,
                     .score = score});
  }
  return out;
}

}  // namespace ostiary::license
