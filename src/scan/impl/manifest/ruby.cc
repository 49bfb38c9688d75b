#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/text.h"
#include "lex/language.h"
#include "scan/impl/manifest/reading.h"

// Gemfile, gems.rb, *.gemspec and Gemfile.lock of Bundler; Podfile and *.podspec of CocoaPods, which are Ruby
// too.

namespace ostiary::scan {

namespace {

constexpr std::size_t kLongestCall = 256;  // tokens in which the options of a gem are looked for

bool names_development(std::string_view symbol) {
  return symbol == "development" || symbol == "test" || says_development(symbol);
}

// The constraints behind a name: strings with commas between, to the first that is an option.
std::string constraints_of(const Script& source, std::size_t i) {
  std::string out;
  while (source.is(i + 1, ",") && source.is_string(i + 2) && !source.is(i + 3, "=")) {
    i += 2;
    out.append(out.empty() ? "" : ", ").append(source.string(i));
  }
  return out;
}

Said with_constraint(Said said, std::string_view constraint) {
  if (constraint.starts_with("= ")) constraint.remove_prefix(2);
  return with_version(said, constraint);
}

// Blocks of a Gemfile or Podfile, to know which `group` or test target a line stands in.
class Blocks {
 public:
  explicit Blocks(const Script& source) : source_(&source) {}

  // Each token, in order.
  void see(std::size_t i) {
    const auto word = source_->text(i);
    if (source_->begins_line(i)) {
      opens_ = word == "group" || word == "target" ? i : kNone;
      // Elsewhere on a line these are said of the line.
      if (word == "if" || word == "unless" || word == "case" || word == "while" || word == "until" ||
          word == "def" || word == "class" || word == "module" || word == "begin")
        open_.push_back(development());
    }
    if (word == "do" && source_->is_word(i)) {
      open_.push_back(development() || (opens_ != kNone && of(opens_, i)));
      opens_ = kNone;
    }
    if (word == "end" && source_->is_word(i) && !open_.empty()) open_.pop_back();
  }
  bool development() const { return !open_.empty() && open_.back(); }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // Whether all that `group :development, :test do` names is for development.
  bool of(std::size_t from, std::size_t to) const {
    bool any = false;
    for (auto i = from + 1; i < to; ++i) {
      const auto name = source_->is_string(i) ? source_->string(i) : source_->text(i);
      if (!source_->is_string(i) && !(source_->is_word(i) && source_->is(i - 1, ":"))) continue;
      const bool target_of_tests = source_->is(from, "target") && name.ends_with("Tests");
      if (!names_development(name) && !target_of_tests) return false;
      any = true;
    }
    return any;
  }

  const Script* source_;
  std::vector<bool> open_;
  std::size_t opens_ = kNone;
};

// `group: :test`, `groups: [:development, :test]`, `:group => :test` behind a gem, to the end of its line.
bool option_says_development(const Script& source, std::size_t i) {
  bool in_group = false, any = false;
  const auto end = std::min(source.size(), i + kLongestCall);
  for (++i; i < end && (!source.begins_line(i) || source.is(i - 1, ",")); ++i) {
    const auto word = source.text(i);
    if (word == "group" || word == "groups") {
      in_group = true;
    } else if (in_group && source.is_word(i)) {
      if (!names_development(word)) return false;
      any = true;
    } else if (source.is(i, ",") && source.is_word(i + 1) && source.is(i + 2, ":")) {
      in_group = false;
    }
  }
  return any;
}

bool receiver_is(const Script& source, std::size_t i) {
  return i >= 2 && source.is(i - 1, ".") && source.is_word(i - 2);
}

// The string of a call's first argument, with or without parentheses; size(): none.
std::size_t first_argument(const Script& source, std::size_t i) {
  if (source.is(i + 1, "(")) ++i;
  return source.is_string(i + 1) ? i + 1 : source.size();
}

void add(Reading& reading, Ecosystem ecosystem, const Script& source, std::size_t name, Said said) {
  const auto string = source.string(name);
  if (string.empty() || string.contains("#{")) return;
  const auto constraint = constraints_of(source, name);
  reading.add(ecosystem, string, with_constraint(said, constraint));
}

void read_spec(Reading& reading, Ecosystem ecosystem) {
  const Script source(reading.text(), lex::Language::ruby);
  tell(reading, source);
  auto& manifest = reading.manifest();
  for (std::size_t i = 2; i < source.size() && !reading.full(); ++i) {
    if (!receiver_is(source, i)) continue;
    const auto word = source.text(i);
    if (source.is(i + 1, "=") && source.is_string(i + 2)) {
      if (word == "name") set_if_empty(manifest.package, source.string(i + 2));
      if (word == "version") set_if_empty(manifest.version, source.string(i + 2));
      if (word == "license") set_if_empty(manifest.license, source.string(i + 2));
    }
    const bool development = word == "add_development_dependency";
    const bool other = word == "add_dependency" || word == "add_runtime_dependency" || word == "dependency";
    if (const auto name = first_argument(source, i); (development || other) && name < source.size())
      add(reading, ecosystem, source, name, {.development = development});
  }
}

// `name (version)` or `name`, four blanks in, below `specs:`.
struct Locked {
  std::string_view name, version;
};
Locked split_locked(std::string_view content) {
  Locked out;
  out.name = take_until(content, " ");
  content = text::trim(content);
  if (!content.starts_with('(')) return out;
  content.remove_prefix(1);
  out.version = take_until(content, ")");
  return out;
}

std::string_view dependency_name(std::string_view content) {
  auto name = split_locked(content).name;
  if (name.ends_with('!')) name.remove_suffix(1);
  return name;
}

}  // namespace

void read_gemfile(Reading& reading) {
  const Script source(reading.text(), lex::Language::ruby);
  tell(reading, source);
  Blocks blocks(source);
  for (std::size_t i = 0; i < source.size() && !reading.full(); ++i) {
    blocks.see(i);
    if (!source.is(i, "gem") || receiver_is(source, i)) continue;
    const auto name = first_argument(source, i);
    if (name < source.size())
      add(reading, Ecosystem::gem, source, name,
          {.development = blocks.development() || option_says_development(source, name)});
  }
}

void read_gemspec(Reading& reading) {
  read_spec(reading, Ecosystem::gem);
}

void read_podspec(Reading& reading) {
  read_spec(reading, Ecosystem::cocoapods);
}

void read_podfile(Reading& reading) {
  const Script source(reading.text(), lex::Language::ruby);
  tell(reading, source);
  Blocks blocks(source);
  for (std::size_t i = 0; i < source.size() && !reading.full(); ++i) {
    blocks.see(i);
    const auto name = source.is(i, "pod") ? first_argument(source, i) : source.size();
    if (name < source.size())
      add(reading, Ecosystem::cocoapods, source, name, {.development = blocks.development()});
  }
}

void read_gemfile_lock(Reading& reading) {
  std::unordered_set<std::string_view> asked;
  std::string_view section;
  for (auto rest = reading.text(); !rest.empty();) {
    const auto line = take_line(rest);
    if (!line.empty() && line.front() != ' ') section = line;
    if (section == "DEPENDENCIES" && line.starts_with("  ")) asked.insert(dependency_name(text::trim(line)));
  }
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    const auto line = take_line(rest);
    if (!line.empty() && line.front() != ' ') section = line;
    // What stands below PATH is ours.
    if ((section != "GEM" && section != "GIT") || !line.starts_with("    ") || line.starts_with("     "))
      continue;
    const auto [name, version] = split_locked(text::trim(line));
    reading.add(Ecosystem::gem, name,
                {.version = version, .locked = !version.empty(), .direct = asked.contains(name)});
  }
}

}  // namespace ostiary::scan
