#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "lex/language.h"
#include "scan/impl/manifest/reading.h"

// CMakeLists.txt and *.cmake; meson.build.

namespace ostiary::scan {

namespace {

// A command's arguments (cmake-language(7)): words and strings, without comments.
class Commands {
 public:
  explicit Commands(std::string_view text) : text_(text) {}

  // The next command; false: there are no more.
  bool next(std::string_view& name, std::vector<std::string_view>& arguments) {
    while (at_ < text_.size()) {
      skip();
      const auto start = at_;
      while (at_ < text_.size() && word(text_[at_])) ++at_;
      if (at_ == start) {
        at_ += at_ < text_.size() ? 1 : 0;
        continue;
      }
      name = text_.substr(start, at_ - start);
      skip();
      if (at_ >= text_.size() || text_[at_] != '(') continue;
      ++at_;
      read(arguments);
      return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kMostArguments = 4096;

  static bool word(char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
  }

  // Over blanks and comments, which may stand in brackets.
  void skip() {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n;", at_), text_.size());
      if (at_ >= text_.size() || text_[at_] != '#') return;
      ++at_;
      if (!bracket()) at_ = std::min(text_.find('\n', at_), text_.size());
    }
  }

  // `[==[ … ]==]` at the place; what is not closed goes to the end.
  bool bracket() {
    if (at_ >= text_.size() || text_[at_] != '[') return false;
    auto open = at_ + 1;
    while (open < text_.size() && text_[open] == '=') ++open;
    if (open >= text_.size() || text_[open] != '[') return false;
    const auto close = "]" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "]";
    const auto end = text_.find(close, open);
    at_ = end == std::string_view::npos ? text_.size() : end + close.size();
    return true;
  }

  void read(std::vector<std::string_view>& arguments) {
    arguments.clear();
    for (std::size_t depth = 1; depth > 0;) {
      skip();
      if (at_ >= text_.size()) return;
      const char c = text_[at_];
      if (c == '(' || c == ')') {
        depth = c == '(' ? depth + 1 : depth - 1;
        ++at_;
        continue;
      }
      const auto start = at_;
      if (bracket()) continue;
      const auto argument = c == '"' ? quoted() : unquoted(start);
      if (arguments.size() < kMostArguments) arguments.push_back(argument);
    }
  }
  std::string_view quoted() {
    const auto start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
    const auto out = text_.substr(start, at_ - start);
    at_ += at_ < text_.size() ? 1 : 0;
    return out;
  }
  std::string_view unquoted(std::size_t start) {
    at_ = std::min(text_.find_first_of(" \t\r\n;()\"#", at_ + 1), text_.size());
    return text_.substr(start, at_ - start);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string_view after(const std::vector<std::string_view>& arguments, std::string_view keyword) {
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
    if (arguments[i] == keyword) return arguments[i + 1];
  return {};
}

std::string_view repository_name(std::string_view address) {
  if (address.ends_with(".git")) address.remove_suffix(4);
  return address.substr(address.find_last_of("/:") + 1);
}

class CMake {
 public:
  explicit CMake(Reading& reading) : reading_(reading) {}

  void read() {
    Commands commands(reading_.text());
    std::string_view name;
    std::vector<std::string_view> arguments;
    while (!reading_.full() && commands.next(name, arguments))
      command(text::lower(name.substr(0, 64)), arguments);
  }

 private:
  using Arguments = std::vector<std::string_view>;

  void command(const std::string& name, const Arguments& arguments) {
    if (arguments.empty()) return;
    if (name == "project") {
      set_if_empty(reading_.manifest().package, arguments[0]);
      set_if_empty(reading_.manifest().version, after(arguments, "VERSION"));
    } else if (name == "find_package" || name == "find_dependency") {
      const bool version = arguments.size() > 1 && is_exact(arguments[1]);
      reading_.add(Ecosystem::cmake, arguments[0], {.version = version ? arguments[1] : std::string_view()});
    } else if (name == "fetchcontent_declare" || name == "externalproject_add") {
      fetched(arguments[0], arguments);
    } else if (name == "cpmaddpackage" || name == "cpmfindpackage") {
      package_manager(arguments);
    } else if (name == "pkg_check_modules" || name == "pkg_search_module") {
      for (std::size_t i = 1; i < arguments.size(); ++i) module(arguments[i]);
    }
  }

  // The project goes by the name that the file gives to it and by that of its repository.
  void fetched(std::string_view name, const Arguments& arguments) {
    const auto repository = after(arguments, "GIT_REPOSITORY");
    const auto version = after(arguments, "GIT_TAG");
    const auto said = with_version({}, version);
    reading_.add(Ecosystem::cmake, name, said);
    const auto other = repository_name(repository);
    if (!other.empty() && !text::iequals(other, name)) {
      auto as = said;
      as.alias = name;
      reading_.add(Ecosystem::cmake, other, as);
    }
  }

  // `gh:owner/name@1.2.3`, `gh:owner/name#tag`, or NAME, VERSION and where it is.
  void package_manager(const Arguments& arguments) {
    const auto name = after(arguments, "NAME");
    if (!name.empty()) {
      auto version = after(arguments, "VERSION");
      if (version.empty()) version = after(arguments, "GIT_TAG");
      reading_.add(Ecosystem::cmake, name, with_version({}, version));
    } else if (arguments[0].contains('/')) {
      auto rest = arguments[0];
      const auto place = take_until(rest, "@#");
      const auto repository = repository_name(place);
      reading_.add(Ecosystem::cmake, repository, with_version({}, take_until(rest, "@#")));
    }
  }

  // `name`, `name>=1.2`, of pkg-config.
  void module(std::string_view argument) {
    const auto end = argument.find_first_of("<>=");
    const auto name = argument.substr(0, end);
    for (const std::string_view option : {"REQUIRED", "QUIET", "IMPORTED_TARGET", "GLOBAL", "STATIC",
                                          "NO_CMAKE_PATH", "NO_CMAKE_ENVIRONMENT_PATH"})
      if (name == option) return;
    if (name.contains('$')) return;
    reading_.add(Ecosystem::cmake, name,
                 {.version = end == std::string_view::npos ? std::string_view() : argument.substr(end)});
  }

  Reading& reading_;
};

}  // namespace

void read_cmake(Reading& reading) {
  CMake(reading).read();
}

// `dependency('name', version: '>=1.2')`, `subproject('name')`; names are those of pkg-config and CMake.
void read_meson(Reading& reading) {
  const Script source(reading.text(), lex::Language::python);
  tell(reading, source);
  for (std::size_t i = 0; i < source.size() && !reading.full(); ++i) {
    const auto word = source.text(i);
    const bool call = source.is(i + 1, "(") && (i == 0 || !source.is(i - 1, "."));
    if (!call || !source.is_string(i + 2)) continue;
    constexpr std::size_t longest = 256;  // tokens
    const auto end = std::min(source.close_of(i + 1), i + longest);
    std::string_view version, license;
    for (auto at = i + 3; at < end; ++at) {
      if (!source.is(at + 1, ":")) continue;
      auto value = at + 2;
      if (source.is(value, "[")) ++value;
      if (source.is(at, "version")) version = source.string(value);
      if (source.is(at, "license")) license = source.string(value);
    }
    if (word == "project") {
      set_if_empty(reading.manifest().package, source.string(i + 2));
      set_if_empty(reading.manifest().version, version);
      set_if_empty(reading.manifest().license, license);
    } else if (word == "dependency") {
      // More than one: they are tried one after the other.
      for (auto at = i + 2; source.is_string(at); at += 2) {
        reading.add(Ecosystem::cmake, source.string(at), {.version = version});
        if (!source.is(at + 1, ",")) break;
      }
    } else if (word == "subproject") {
      reading.add(Ecosystem::cmake, source.string(i + 2), {.version = version});
    }
  }
}

}  // namespace ostiary::scan
