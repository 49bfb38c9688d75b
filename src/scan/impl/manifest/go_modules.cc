#include "base/text.h"
#include "scan/impl/manifest/reading.h"

// go.mod and go.work (Go Modules Reference), and vendor/modules.txt.

namespace ostiary::scan {

namespace {

// A word of a line, which may stand between quotes.
std::string_view take_word(std::string_view& line) {
  line = text::trim(line);
  if (!line.empty() && (line.front() == '"' || line.front() == '`')) {
    const char quote = line.front();
    line.remove_prefix(1);
    const auto end = line.find(quote);
    const auto word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return word;
  }
  return take_until(line, " \t");
}

bool is_path(std::string_view module) {
  return module.starts_with("./") || module.starts_with("../") || module.starts_with('/') || module == ".";
}

class GoMod {
 public:
  explicit GoMod(Reading& reading) : reading_(reading) {}

  void read() {
    for (auto rest = reading_.text(); !rest.empty() && !reading_.full();) {
      auto line = take_line(rest);
      const auto comment = line.find("//");
      const auto remark = comment == std::string_view::npos ? std::string_view() : line.substr(comment + 2);
      line = text::trim(line.substr(0, comment));
      if (line.empty()) continue;
      if (line == ")") {
        block_ = {};
        continue;
      }
      auto verb = block_;
      if (verb.empty()) verb = take_word(line);
      line = text::trim(line);
      if (line == "(") {
        block_ = verb;
        continue;
      }
      directive(verb, line, text::trim(remark).starts_with("indirect"));
    }
  }

 private:
  void directive(std::string_view verb, std::string_view line, bool indirect) {
    if (verb == "module") {
      set_if_empty(reading_.manifest().package, take_word(line));
    } else if (verb == "require") {
      const auto module = take_word(line);
      const auto version = take_word(line);
      reading_.add(Ecosystem::go, module, with_version({.direct = !indirect}, version));
    } else if (verb == "replace") {
      const auto arrow = line.find("=>");
      if (arrow == std::string_view::npos) return;
      const auto from = take_word(line);
      auto to = reading_.text().substr(reading_.offset(line));
      to = to.substr(0, to.find('\n'));
      to.remove_prefix(std::min(to.size(), to.find("=>") + 2));
      to = to.substr(0, to.find("//"));
      const auto module = take_word(to);
      if (is_path(module)) return;
      auto said = with_version({}, take_word(to));
      said.alias = from == module ? std::string_view() : from;
      reading_.add(Ecosystem::go, module, said);
    }
  }

  Reading& reading_;
  std::string_view block_;
};

}  // namespace

void read_go_mod(Reading& reading) {
  GoMod(reading).read();
}

// `# module version [=> module version]`, and below it `## explicit` where go.mod asks for it.
void read_go_vendor(Reading& reading) {
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    auto line = take_line(rest);
    if (!line.starts_with("# ")) continue;
    line.remove_prefix(2);
    auto module = take_word(line);
    auto version = take_word(line);
    Said said{.direct = rest.starts_with("## explicit")};
    if (version == "=>") {
      version = {};
    } else if (take_word(line) != "=>") {
      line = {};
    }
    if (const auto other = take_word(line); !other.empty() && !is_path(other)) {
      said.alias = module;
      module = other;
      version = take_word(line);
    }
    reading.add(Ecosystem::go, module, with_version(said, version));
  }
}

}  // namespace ostiary::scan
