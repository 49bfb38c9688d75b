// Values, and settings in braces, lines and elements.
#include "scan/impl/settings.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"

namespace ostiary::scan {

namespace {

using std::string_view;
using text::is_blank;

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

// Reads what stands in braces: JSON, HCL, flows of YAML and TOML.
class Braces {
 public:
  Braces(string_view text, std::uint64_t base, std::vector<string_view> path, const OnSetting& on)
      : text_(text), base_(base), path_(std::move(path)), on_(on) {}

  // Until what is open is closed, where `flow` (the end, or npos), or until the text's end.
  std::size_t read(std::size_t from, bool flow) {
    for (at_ = from; at_ < text_.size();) {
      const char c = text_[at_];
      if (comment()) continue;
      if (c == '{' || c == '[' || c == '(') {
        open(c);
      } else if (c == '}' || c == ']' || c == ')') {
        close();
        if (flow && levels_.empty()) return at_;
      } else if (is_quote(c)) {
        quoted(c);
      } else if (c == ':' || c == '=') {
        key();
      } else if (c == ',' || c == ';' || c == '\n') {
        // A value may stand below its key, and the items of a list on lines of their own.
        const bool goes_on = c == '\n' && (in_list() || (has_key_ && waits_));
        if (!goes_on) words_.clear(), has_key_ = false;
        ++at_;
      } else if (is_blank(c)) {
        ++at_;
      } else if (text_.substr(at_).starts_with("<<") && has_key_) {
        document();
      } else {
        word();
      }
    }
    return flow ? string_view::npos : text_.size();
  }

 private:
  struct Level {
    std::size_t keys;  // of path_, that it added
    bool list;
    std::uint64_t group;
  };
  bool in_list() const { return !levels_.empty() && levels_.back().list; }

  bool comment() {
    const auto rest = text_.substr(at_, 2);
    if (rest[0] == '#' || rest == "//") {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return true;
    }
    if (rest != "/*") return false;
    const auto end = text_.find("*/", at_ + 2);
    at_ = end == string_view::npos ? text_.size() : end + 2;
    return true;
  }

  void open(char c) {
    ++at_;
    Level level{.keys = 0, .list = c == '[' || (c == '(' && in_list()), .group = group_};
    if (c == '{') level.group = group_ = ++groups_;
    const auto push = [&](string_view key) {
      if (path_.size() < kDeepestKey) path_.push_back(key), ++level.keys;
    };
    if (c != '(' && has_key_) {
      push(key_);
    } else if (c == '{') {
      // The words before a block of HCL say what it is.
      for (const auto word : words_) push(word);
    }
    if (levels_.size() < kMost)
      levels_.push_back(level);
    else
      ++beyond_;
    if (c != '(') has_key_ = false;
    waits_ = false;
    words_.clear();
  }

  void close() {
    ++at_;
    has_key_ = waits_ = false;
    words_.clear();
    if (beyond_ > 0) {
      --beyond_;
      return;
    }
    if (levels_.empty()) return;
    path_.resize(path_.size() - levels_.back().keys);
    levels_.pop_back();
    group_ = levels_.empty() ? 0 : levels_.back().group;
  }

  void key() {
    ++at_;
    if (at_ < text_.size() && text_[at_] == '>') ++at_;
    if (words_.empty()) return;
    key_ = words_.back();
    has_key_ = waits_ = true;
    words_.clear();
  }

  void quoted(char quote) {
    const auto from = at_ + 1;
    auto end = from;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    end = std::min(end, text_.size());
    at_ = std::min(end + 1, text_.size());
    give(Value::unescaped(text_.substr(from, end - from), base_ + from, quote, true),
         text_.substr(from, end - from));
  }

  void word() {
    const auto from = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_blank(c) || string_view("\n,;{}[]()\"'=").contains(c)) break;
      if (c == ':' && (at_ + 1 >= text_.size() || string_view(" \t\r\n{[\"'").contains(text_[at_ + 1])))
        break;
      ++at_;
    }
    if (at_ == from) {
      ++at_;
      return;
    }
    const auto one = text_.substr(from, at_ - from);
    give(Value(one, base_ + from), one);
  }

  // <<EOT … EOT of HCL.
  void document() {
    at_ += 2;
    while (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '~')) ++at_;
    const auto name_end = std::min(text_.find('\n', at_), text_.size());
    const auto name = text::trim(text_.substr(at_, name_end - at_));
    at_ = std::min(name_end + 1, text_.size());
    const auto from = at_;
    auto end = from;
    while (at_ < text_.size()) {
      const auto line_end = std::min(text_.find('\n', at_), text_.size());
      const auto line = text::trim(text_.substr(at_, line_end - at_));
      at_ = std::min(line_end + 1, text_.size());
      if (line == name) break;
      end = line_end;
    }
    give(Value(text_.substr(from, end - from), base_ + from), {});
  }

  void give(const Value& value, string_view raw) {
    waits_ = false;
    if (words_.size() < 4) words_.push_back(raw);
    if (has_key_) {
      path_.push_back(key_);
      on_({.path = path_, .value = value, .item = false, .group = group_});
      path_.pop_back();
    } else if (in_list()) {
      on_({.path = path_, .value = value, .item = true, .group = group_});
    }
  }

  static constexpr std::size_t kMost = 4096;
  string_view text_;
  std::uint64_t base_;
  std::vector<string_view> path_;
  const OnSetting& on_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  std::size_t beyond_ = 0;  // levels that are not kept
  std::vector<string_view> words_;
  string_view key_;
  bool has_key_ = false, waits_ = false;  // for the value of key_
  std::uint64_t group_ = 0, groups_ = 0;
};

// Where a line's value stands, without blanks.
string_view rest_of(string_view line, std::size_t from) {
  auto rest = line.substr(std::min(from, line.size()));
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && is_blank(rest.back())) rest.remove_suffix(1);
  return rest;
}

}  // namespace

Value Value::unescaped(string_view raw, std::uint64_t start, char quote, bool backslashes) {
  Value out(raw, start);
  const bool doubled = !backslashes && raw.contains(quote);
  if (!doubled && !(backslashes && raw.contains('\\'))) return out;
  out.copied_ = true;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool two =
        i + 1 < raw.size() && (backslashes ? raw[i] == '\\' : raw[i] == quote && raw[i + 1] == quote);
    char c = raw[i];
    if (two) {
      ++i;
      c = raw[i];
      if (backslashes && c == 'n') c = '\n';
      if (backslashes && (c == 't' || c == 'r')) c = ' ';
      out.runs_.emplace_back(out.copy_.size(), start + i);
      out.runs_.emplace_back(out.copy_.size() + 1, start + i + 1);
    }
    out.copy_ += c;
  }
  return out;
}

Value Value::folded(string_view raw, std::uint64_t start) {
  Value out(raw, start);
  if (!raw.contains('\n')) return out;
  out.copied_ = true;
  out.copy_ = raw;
  std::ranges::replace(out.copy_, '\n', ' ');
  return out;
}

std::uint64_t Value::at(std::size_t index) const {
  const auto after =
      std::ranges::upper_bound(runs_, index, {}, &std::pair<std::size_t, std::uint64_t>::first);
  if (after == runs_.begin()) return start_ + index;
  const auto& run = *std::prev(after);
  return run.second + (index - run.first);
}

void read_braces(string_view text, const OnSetting& on) {
  Braces(text, 0, {}, on).read(0, false);
}

std::size_t read_flow(string_view text, std::size_t from, std::uint64_t base, std::vector<string_view> path,
                      const OnSetting& on) {
  return Braces(text, base, std::move(path), on).read(from, true);
}

namespace {

// Settings by lines.
class Lines {
 public:
  Lines(string_view text, const OnSetting& on) : text_(text), on_(on) {}

  void read() {
    while (at_ < text_.size()) {
      const auto end = std::min(text_.find('\n', at_), text_.size());
      const auto from = at_;
      at_ = std::min(end + 1, text_.size());
      line(from, end);
    }
  }

 private:
  void line(std::size_t from, std::size_t end) {
    while (from < end && is_blank(text_[from])) ++from;
    if (from == end || string_view("#;!").contains(text_[from])) return;
    const auto line = text_.substr(from, end - from);
    if (line.starts_with('[') && line.contains(']')) {
      section_ = line.substr(0, line.rfind(']'));
      section_.remove_prefix(std::min(section_.find_first_not_of('['), section_.size()));
      return;
    }
    const auto mark = line.find_first_of("=:");
    if (mark == string_view::npos || mark == 0) return;
    auto key = rest_of(line.substr(0, mark), 0);
    for (const string_view before : {"export ", "set ", "Environment"})
      if (before != "Environment" && key.starts_with(before)) key = rest_of(key, before.size());
    while (!key.empty() && (is_quote(key.front()) || string_view("?+:").contains(key.front())))
      key.remove_prefix(1);
    while (!key.empty() && (is_quote(key.back()) || string_view("?+:").contains(key.back())))
      key.remove_suffix(1);
    path_ = {section_, key};
    value(from + mark + 1, end);
  }

  void value(std::size_t from, std::size_t end) {
    while (from < end && (is_blank(text_[from]) || text_[from] == '=')) ++from;
    if (from == end) return;
    const char c = text_[from];
    const auto rest = text_.substr(from);
    for (const string_view marks : {"\"\"\"", "'''"}) {
      if (!rest.starts_with(marks)) continue;
      const auto close = std::min(text_.find(marks, from + 3), text_.size());
      at_ = std::min(close + 3, text_.size());
      return give(Value(text_.substr(from + 3, close - from - 3), from + 3));
    }
    if (is_quote(c)) {
      auto close = from + 1;
      while (close < end && text_[close] != c) close += text_[close] == '\\' && c == '"' ? 2 : 1;
      close = std::min(close, end);
      // Several in a row stay as they are written.
      const auto behind = text_.substr(close, end - close);
      if (behind.find_first_of("\"'", 1) != string_view::npos && !behind.contains('#'))
        return give(Value(rest_of(text_.substr(from, end - from), 0), from));
      return give(Value::unescaped(text_.substr(from + 1, close - from - 1), from + 1, c, c == '"'));
    }
    if ((c == '[' || c == '{') && flows_ < kMostFlows) {
      const auto close = read_flow(text_, from, 0, path_, on_);
      if (close != string_view::npos) {
        at_ = std::max(at_, std::min(text_.find('\n', close), text_.size()));
        return;
      }
      ++flows_;
    }
    // The line goes on behind a backslash.
    while (end < text_.size() && end > from && text_[end - 1] == '\\')
      end = std::min(text_.find('\n', end + 1), text_.size());
    at_ = std::max(at_, std::min(end + 1, text_.size()));
    auto plain = text_.substr(from, end - from);
    if (const auto comment = plain.find(" #"); comment != string_view::npos) plain = plain.substr(0, comment);
    give(Value(rest_of(plain, 0), from));
  }

  void give(const Value& value) { on_({.path = path_, .value = value, .item = false, .group = 0}); }

  static constexpr int kMostFlows = 16;  // that are not closed
  string_view text_;
  const OnSetting& on_;
  std::size_t at_ = 0;
  int flows_ = 0;
  string_view section_;
  std::vector<string_view> path_;
};

// Elements of XML. What is named beside a value stays until another name comes.
class Elements {
 public:
  Elements(string_view text, const OnSetting& on) : text_(text), on_(on) {}

  void read() {
    for (std::size_t at = 0; at < text_.size();) {
      const auto open = std::min(text_.find('<', at), text_.size());
      content(at, open);
      if (open == text_.size()) return;
      at = text_.substr(open).starts_with("<!--") ? text_.find("-->", open) : tag(open);
      if (at == string_view::npos) return;
      if (text_.substr(at).starts_with("-->")) at += 3;
    }
  }

 private:
  void content(std::size_t from, std::size_t end) {
    const auto text = text::trim(text_.substr(from, end - from));
    if (text.empty() || element_.empty()) return;
    if (element_ == "key" || element_ == "name") {
      named_ = text;
      return;
    }
    const bool general = element_ == "value" || element_ == "string";
    give(general && !named_.empty() ? named_ : element_, text);
  }

  // Returns where the tag ends.
  std::size_t tag(std::size_t open) {
    auto at = open + 1;
    const auto name_end = std::min(text_.find_first_of(" \t\r\n/>", at), text_.size());
    element_ = text_.substr(at, name_end - at);
    if (element_.starts_with('/')) element_ = {};
    string_view name;
    for (at = name_end; at < text_.size() && text_[at] != '>';) {
      if (!is_quote(text_[at])) {
        ++at;
        continue;
      }
      const auto close = std::min(text_.find(text_[at], at + 1), text_.size());
      const auto attribute = attribute_before(at, name_end);
      const auto value = text_.substr(at + 1, close - at - 1);
      if (attribute == "key" || attribute == "name" || attribute == "Include")
        name = named_ = value;
      else
        give(attribute == "value" && !name.empty() ? name : attribute, value);
      at = std::min(close + 1, text_.size());
    }
    return std::min(at + 1, text_.size());
  }
  string_view attribute_before(std::size_t quote, std::size_t least) const {
    auto end = quote;
    while (end > least && (text_[end - 1] == '=' || is_blank(text_[end - 1]))) --end;
    auto from = end;
    while (from > least && !is_blank(text_[from - 1]) && text_[from - 1] != '\n' && end - from < 100) --from;
    return text_.substr(from, end - from);
  }

  void give(string_view key, string_view value) {
    const std::vector<string_view> path{key};
    on_({.path = path,
         .value = Value(value, static_cast<std::uint64_t>(value.data() - text_.data())),
         .item = false,
         .group = 0});
  }

  string_view text_;
  const OnSetting& on_;
  string_view element_, named_;
};

}  // namespace

void read_lines(string_view text, const OnSetting& on) {
  Lines(text, on).read();
}

void read_xml(string_view text, const OnSetting& on) {
  Elements(text, on).read();
}

}  // namespace ostiary::scan
