// Libraries that build files link and programs load.
#include <algorithm>

#include "scan/impl/detectors.h"
#include "scan/impl/uses.h"

namespace ostiary::scan {

namespace {

using std::string_view;

constexpr std::size_t kLongestWord = 64, kLongestCall = 2000;  // tokens

class Links {
 public:
  Links(const Source& source, Signs& out) : code_(source), out_(&out) {}
  void read();

 private:
  string_view word_at(std::size_t i, std::size_t& next) const;
  void add(string_view library, std::size_t i, bool declares);
  void read_flag(std::size_t i);
  void read_cmake(std::size_t i);
  void read_loaded(std::size_t i);
  void read_cgo();

  Code code_;
  Signs* out_;
};

string_view Links::word_at(std::size_t i, std::size_t& next) const {
  next = i + 1;
  while (next < i + kLongestWord && code_.touches(next) && !code_.is(next, ")") && !code_.is(next, "(") &&
         !code_.is(next, ","))
    ++next;
  return code_.source().text.substr(code_.start(i), code_.end(next - 1) - code_.start(i));
}

void Links::add(string_view library, std::size_t i, bool declares) {
  const auto* sdks = sdks_of_library(library);
  if (sdks == nullptr) return;
  const auto& source = code_.source();
  for (const auto* sdk : *sdks) {
    auto sign =
        sign_of(*sdk, Grade::imported, "link", source.place(code_.start(i)), source.place(code_.end(i)));
    sign.weak = sdk->ambiguous;
    if (declares) sign.ecosystem = Ecosystem::cmake;
    out_->add(std::move(sign));
  }
}

// -lname, -framework Name, pkg-config --libs name
void Links::read_flag(std::size_t i) {
  std::size_t next = i;
  if (code_.is(i, "-") && code_.touches(i + 1)) {
    auto word = word_at(i + 1, next);
    if (word.starts_with('l')) add(word.substr(1), i + 1, true);
    if (word == "framework") add(code_.at(next), next, true);
  }
  if (code_.is(i, "config") && i >= 2 && code_.is(i - 2, "pkg"))
    for (auto at = i + 1;
         at < std::min(code_.size(), i + kLongestWord) && !code_.begins_line(at) && !code_.is(at, ")");)
      add(word_at(at, next), at, true), at = next;
}

// target_link_libraries(program PRIVATE llama), pkg_check_modules(…), find_library(VARIABLE onnxruntime)
void Links::read_cmake(std::size_t i) {
  const auto name = code_.at(i);
  if (name != "target_link_libraries" && name != "link_libraries" && name != "pkg_check_modules" &&
      name != "pkg_search_module" && name != "find_library")
    return;
  if (!code_.is(i + 1, "(")) return;
  const auto end = std::min(code_.partner(i + 1), i + kLongestCall);
  std::size_t next = i + 2;
  if (name != "link_libraries") word_at(i + 2, next);
  for (auto at = next; at < end; at = next) {
    auto word = word_at(at, next);
    while (!word.empty() && (word.front() == '"' || word.front() == '$')) word.remove_prefix(1);
    while (!word.empty() && word.back() == '"') word.remove_suffix(1);
    if (word.starts_with("-l")) word.remove_prefix(2);
    if (const auto colon = word.rfind("::"); colon != string_view::npos) {
      add(word.substr(colon + 2), at, true);
      word = word.substr(0, colon);
    }
    add(word.substr(0, word.find_first_of("<>=")), at, true);
  }
}

// A string that names a shared library's file, or one in a call that links or loads.
void Links::read_loaded(std::size_t i) {
  auto value = code_.source().text_of(code_.token(i)).raw();
  if (value.size() > 300) return;
  const auto before = i >= 2 ? code_.at(i - 2) : string_view();
  const bool links =
      code_.is(i - 1, "(") && (before == "dependency" || before == "find_library" || before == "DllImport" ||
                               before == "LibraryImport" || before == "loadLibrary" || before == "ffi_lib");
  const bool attribute = i >= 4 && code_.is(i - 1, "=") && code_.is(i - 2, "name") && code_.is(i - 4, "link");
  if (links || attribute) return add(value, i, code_.source().language == "meson");
  constexpr string_view linked = "cargo:rustc-link-lib=";
  if (value.starts_with(linked) || value.starts_with("cargo::rustc-link-lib="))
    return add(value.substr(value.rfind('=') + 1), i, false);
  value = value.substr(value.rfind('/') + 1);
  const auto ending = std::min({value.find(".so"), value.find(".dylib"), value.find(".dll")});
  if (ending == string_view::npos || (ending + 6 < value.size() && value.substr(ending, 3) != ".so")) return;
  auto name = value.substr(0, ending);
  if (name.starts_with("lib")) name.remove_prefix(3);
  add(name, i, false);
}

// // #cgo LDFLAGS: -lllama
void Links::read_cgo() {
  const auto& source = code_.source();
  for (const auto& token : source.tokens) {
    if (token.kind != lex::Kind::comment) continue;
    const auto text = source.of(token);
    for (auto line = text.find("#cgo"); line != string_view::npos; line = text.find("#cgo", line + 4)) {
      const auto end = std::min(text.find('\n', line), text.size());
      for (auto at = text.find("-l", line); at < end; at = text.find("-l", at + 2)) {
        const auto name =
            text.substr(at + 2, std::min(text.find_first_of(" \t\r\n", at), text.size()) - at - 2);
        const auto* sdks = sdks_of_library(name);
        if (sdks == nullptr) continue;
        for (const auto* sdk : *sdks) {
          auto sign = sign_of(*sdk, Grade::imported, "link", source.place(token.start + at),
                              source.place(token.start + at + 2 + name.size()));
          sign.weak = sdk->ambiguous;
          out_->add(std::move(sign));
        }
      }
    }
  }
}

void Links::read() {
  const auto language = code_.source().language;
  if (language == "go") return read_cgo();
  for (std::size_t i = 0; i < code_.size(); ++i) {
    if (language == "make" || language == "shell" || language == "cmake") read_flag(i);
    if (language == "cmake") read_cmake(i);
    if (code_.is_string(i) && language != "make" && language != "cmake") read_loaded(i);
  }
}

}  // namespace

void read_links(const Source& source, Signs& out) {
  Links(source, out).read();
}

}  // namespace ostiary::scan
