#include <string>

#include "base/text.h"
#include "scan/impl/manifest/reading.h"

namespace ostiary::scan {

namespace {

bool word(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\n';
}

std::size_t skip_blanks(std::string_view s, std::size_t at) {
  while (at < s.size() && blank(s[at])) ++at;
  return at;
}

// A comment begins at a `#` that begins the line or follows a blank.
std::size_t comment_of(std::string_view line) {
  for (auto at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || blank(line[at - 1])) return at;
  return std::string_view::npos;
}

// The distribution's name in the file name of a wheel or in `#egg=`, of a requirement that is an address or a
// path; empty: it tells none.
std::string_view name_in_address(std::string_view address) {
  if (const auto egg = address.find("egg="); egg != std::string_view::npos) {
    auto name = address.substr(egg + 4);
    return name.substr(0, name.find_first_of("&[ \t"));
  }
  const auto file = address.substr(0, address.find_first_of("#?; \t"));
  if (!file.ends_with(".whl")) return {};
  const auto base = file.substr(file.rfind('/') + 1);
  return base.substr(0, base.find('-'));
}

class Requirements {
 public:
  explicit Requirements(Reading& reading) : reading_(reading) {
    const auto path = reading.path();
    said_.development = says_development(path.substr(path.rfind('/', path.rfind('/') - 1) + 1));
  }

  void read() {
    auto rest = reading_.text();
    while (!rest.empty() && !reading_.full()) {
      const auto line = take_line(rest);
      const bool remark = text::trim(line).starts_with('#');
      if (joined_.empty()) start_ = reading_.offset(line);
      if (remark && joined_.empty()) {
        via(text::trim(text::trim(line).substr(1)));
        continue;
      }
      if (!remark && line.ends_with('\\')) {
        joined_.append(line.substr(0, line.size() - 1)) += ' ';
        continue;
      }
      if (joined_.empty()) {
        logical(line);
      } else {
        joined_ += remark ? std::string_view() : line;
        logical(joined_);
        joined_.clear();
      }
    }
    if (!joined_.empty()) logical(joined_);
    settle_via();
  }

 private:
  void logical(std::string_view line) {
    const auto comment = comment_of(line);
    const auto remark = comment == std::string_view::npos ? std::string_view() : line.substr(comment + 1);
    line = line.substr(0, comment);
    const auto from = skip_blanks(line, 0);
    auto body = line.substr(from);
    if (text::trim(body).empty()) return;
    settle_via();
    const auto before = reading_.manifest().declared.size();
    requirement(body, start_ + from);
    if (reading_.manifest().declared.size() > before) last_ = before;
    via(text::trim(remark));
  }

  void requirement(std::string_view body, std::size_t offset) {
    if (body.starts_with('-')) {
      for (const std::string_view option : {"-e", "--editable"}) {
        if (!body.starts_with(option)) continue;
        const auto at =
            skip_blanks(body, option.size() + (body.substr(option.size()).starts_with('=') ? 1 : 0));
        address(body.substr(at), offset + at);
        return;
      }
      return;
    }
    if (const auto option = body.find(" --"); option != std::string_view::npos) body = body.substr(0, option);
    if (!add_requirement(reading_, body, offset, said_)) address(body, offset);
  }

  void address(std::string_view body, std::size_t offset) {
    const auto name = name_in_address(body);
    if (name.empty()) return;
    const auto start = offset + static_cast<std::size_t>(name.data() - body.data());
    reading_.add(Ecosystem::pypi, name, start, start + name.size(), said_);
  }

  // What pip-compile and uv write behind a package: `via` what it is there. Only a file or a project
  // (`-r requirements.in`, `ours (pyproject.toml)`) asks for it directly.
  void via(std::string_view remark) {
    if (last_ == kNone) return;
    if (remark.starts_with("via")) {
      in_via_ = true;
      remark = text::trim(remark.substr(3));
    }
    if (!in_via_ || remark.empty()) return;
    any_via_ = true;
    if (remark.contains("-r ") || remark.contains("-c ") || remark.contains('(')) asked_ = true;
  }

  void settle_via() {
    if (last_ != kNone && any_via_ && !asked_) reading_.manifest().declared[last_].direct = false;
    last_ = kNone;
    in_via_ = any_via_ = asked_ = false;
  }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  Reading& reading_;
  Said said_;
  std::string joined_;        // of lines that end in a backslash
  std::size_t start_ = 0;     // of the logical line
  std::size_t last_ = kNone;  // the package that a remark may be about
  bool in_via_ = false, any_via_ = false, asked_ = false;
};

}  // namespace

bool add_requirement(Reading& reading, std::string_view requirement, std::size_t offset, Said said) {
  const auto from = skip_blanks(requirement, 0);
  auto at = from;
  while (at < requirement.size() && (word(requirement[at]) || requirement[at] == '-' ||
                                     requirement[at] == '_' || requirement[at] == '.'))
    ++at;
  const auto name = requirement.substr(from, at - from);
  if (name.empty() || !word(name.front()) || !word(name.back())) return false;
  at = skip_blanks(requirement, at);
  if (at < requirement.size() && requirement[at] == '[') {
    at = requirement.find(']', at);
    if (at == std::string_view::npos) return false;
    at = skip_blanks(requirement, at + 1);
  }
  auto rest = requirement.substr(at);
  if (!rest.empty() && !std::string_view("<>=!~;@(").contains(rest.front())) return false;
  if (rest.starts_with('@')) {
    rest = {};
  } else {
    rest = text::trim(rest.substr(0, rest.find(';')));
    if (rest.starts_with('(') && rest.ends_with(')')) rest = text::trim(rest.substr(1, rest.size() - 2));
  }
  said.version = rest;
  if (rest.starts_with("==") && !rest.contains(',') && !rest.contains('*')) {
    said.version = text::trim(rest.substr(rest.starts_with("===") ? 3 : 2));
    said.locked = true;
  }
  const auto start = offset + from;
  reading.add(Ecosystem::pypi, name, start, start + name.size(), said);
  return true;
}

void read_requirements(Reading& reading) {
  Requirements(reading).read();
}

}  // namespace ostiary::scan
