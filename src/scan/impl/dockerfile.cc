// Dockerfiles, Makefiles and Procfiles.
#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/text.h"
#include "scan/impl/configuration.h"
#include "scan/impl/models.h"

namespace ostiary::scan {

namespace {

using std::string_view;
using text::is_blank;

constexpr Stands kDeployed{Grade::deployed};

At from(std::size_t start) {
  return [start](std::size_t i) { return start + i; };
}

// A line with those that it goes on in, comment lines between them too.
std::size_t logical_end(string_view text, std::size_t at) {
  for (;;) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto last = end;
    while (last > at && is_blank(text[last - 1])) --last;
    const auto begin = std::min(text.find_first_not_of(" \t", at), text.size());
    const bool comment = begin < end && text[begin] == '#';
    const bool goes_on = comment || (last > at && text[last - 1] == '\\');
    if (!goes_on || end == text.size()) return end;
    at = end + 1;
  }
}

class Dockerfile {
 public:
  Dockerfile(string_view text, Reached& uses) : text_(text), uses_(uses) {}

  void read() {
    for (std::size_t at = 0; at < text_.size();) {
      while (at < text_.size() && (is_blank(text_[at]) || text_[at] == '\n')) ++at;
      if (at == text_.size()) return;
      if (text_[at] == '#') {
        at = std::min(text_.find('\n', at), text_.size());
        continue;
      }
      auto end = logical_end(text_, at);
      const auto word_end = std::min(text_.find_first_of(" \t\r\n", at), end);
      const auto word = text::lower(text_.substr(at, word_end - at));
      end = with_documents(word, word_end, end);
      instruction(word, word_end, end);
      at = end;
    }
  }

 private:
  // RUN <<EOF goes on to its end.
  std::size_t with_documents(string_view word, std::size_t start, std::size_t end) const {
    if (word != "run" && word != "copy") return end;
    const auto mark = text_.substr(0, end).find("<<", start);
    if (mark == string_view::npos || mark + 2 >= end) return end;
    auto name = text_.substr(mark + 2, std::min(text_.find_first_of(" \t\r\n", mark + 2), end) - mark - 2);
    while (!name.empty() && string_view("-\"'").contains(name.front())) name.remove_prefix(1);
    while (!name.empty() && string_view("\"'").contains(name.back())) name.remove_suffix(1);
    if (name.empty()) return end;
    for (auto at = end; at < text_.size();) {
      const auto line_end = std::min(text_.find('\n', at + 1), text_.size());
      if (text::trim(text_.substr(at, line_end - at)) == name) return line_end;
      at = line_end;
    }
    return end;
  }

  void instruction(string_view word, std::size_t start, std::size_t end) {
    const auto rest = text_.substr(start, end - start);
    if (word == "from") {
      Commands commands(rest);
      Command command;
      if (!commands.next(command)) return;
      for (const auto& image : command.words)
        if (!image.text.starts_with("--")) {
          server_ = server_of_image(image.text);
          uses_.image(image.text, start + image.start, start + image.end, kDeployed);
          return;
        }
    } else if (word == "run") {
      if (!words_in_list(start, end, false)) uses_in_shell(rest, from(start), kDeployed, uses_);
    } else if (word == "cmd" || word == "entrypoint") {
      if (!words_in_list(start, end, true)) uses_in_shell(rest, from(start), kDeployed, uses_);
    } else if (word == "env" || word == "arg") {
      variables(start, end);
    }
  }

  // `["a", "b"]`. False: something else.
  bool words_in_list(std::size_t start, std::size_t end, bool served) {
    while (start < end && is_blank(text_[start])) ++start;
    if (start == end || text_[start] != '[') return false;
    std::vector<Word> words;
    const auto closed = read_flow(text_.substr(0, end), start, 0, {}, [&](const Setting& setting) {
      if (setting.item && words.size() < 4096)
        words.push_back({std::string(setting.value.text()), setting.value.at(0), setting.value.end()});
    });
    if (closed == string_view::npos || words.empty()) return false;
    if (served && server_) uses_in_server_arguments(words, from(0), kDeployed, uses_);
    uses_in_words(words, from(0), kDeployed, uses_);
    return true;
  }

  // `KEY=value KEY="value"` or `KEY value`.
  void variables(std::size_t start, std::size_t end) {
    Commands commands(text_.substr(start, end - start));
    Command command;
    if (!commands.next(command)) return;
    const auto& words = command.words;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto text = string_view(words[i].text);
      const auto equals = text.find('=');
      const bool apart = equals == string_view::npos && i == 0 && words.size() == 2;
      if (equals == string_view::npos && !apart) continue;
      const auto key = text.substr(0, equals);
      const auto value = apart ? string_view(words[1].text) : text.substr(equals + 1);
      const auto place = start + (apart ? words[1].start : words[i].start + equals + 1);
      if (is_known_variable(key)) uses_.speaks_of_ai();
      uses_.image(value, place, place + value.size(), kDeployed);
      uses_.addresses(value, from(place), kSetting);
      uses_.model(value, place, place + value.size(), kSetting, names_model(key));
    }
  }

  string_view text_;
  Reached& uses_;
  const catalog::Server* server_ = nullptr;  // of the stage's image
};

}  // namespace

void uses_in_dockerfile(string_view text, Reached& uses) {
  Dockerfile(text, uses).read();
}

void uses_in_makefile(string_view text, Reached& uses) {
  std::string variables;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = logical_end(text, at);
    const auto line = text.substr(at, end - at);
    if (line.starts_with('\t')) {
      auto skip = std::min(line.find_first_not_of("\t@-+ "), line.size());
      uses_in_shell(line.substr(skip), from(at + skip), {Grade::called}, uses);
    } else if (line.contains('=')) {
      const auto start = at;
      read_lines(line, [&](const Setting& setting) {
        const auto value = setting.value.text();
        const At place = [&](std::size_t i) { return start + setting.value.at(i); };
        uses.addresses(value, place, kValue);
        uses.model(value, place(0), place(value.size()), kValue, names_model(setting.key()));
      });
    }
    at = end + 1;
  }
}

void uses_in_procfile(string_view text, Reached& uses) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    const auto colon = line.find(':');
    if (colon != string_view::npos && !line.starts_with('#'))
      uses_in_shell(line.substr(colon + 1), from(at + colon + 1), kDeployed, uses);
    at = end + 1;
  }
}

}  // namespace ostiary::scan
