#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "files/partial.h"
#include "lex/lexer.h"
#include "scan/sign.h"

namespace ostiary::scan {

// What a string token says: what stands between its quotes.
class Text {
 public:
  Text(std::string_view raw, std::uint64_t start, bool escapes)
      : raw_(raw), start_(start), escapes_(escapes && raw.find('\\') != std::string_view::npos) {}
  std::string_view raw() const { return raw_; }   // as it is written
  std::uint64_t start() const { return start_; }  // of raw() in Source::text()
  // With simple escapes (\n \t \r \0 \\ \" \' \/ \xHH \uHHHH) decoded; others keep the byte behind the
  // backslash. A view of the source, or of `scratch`.
  std::string_view value(std::string& scratch) const;
  // Where byte `index` of value() stands in Source::text().
  std::uint64_t at(std::size_t index) const;

 private:
  std::string_view raw_;
  std::uint64_t start_;
  bool escapes_;
};

enum class Form : std::uint8_t {
  code,     // a program: tokens are code, comments and strings
  build,    // Makefile, CMake, Meson: the same, with `language` "make", "cmake" or "meson"
  prose,    // documentation, outputs, what stands around scripts: one comment token over all
  settings  // manifests, configuration: its comments only
};

// A text of one language in a file, cut into tokens once for all who look at it. What a notebook's cells, a
// page's scripts or PHP's code hold are each one. It refers to the file's bytes, or owns what it decoded.
struct Source {
  Form form = Form::code;
  // As catalog::Sdk::Import has it ("python", "c" for C++ too, "java" for Kotlin and Scala too), "shell",
  // "make", "cmake", "meson"; empty: another.
  std::string_view language;
  lex::Language lexed = lex::Language::generic;
  std::string_view text;
  std::vector<lex::Token> tokens;  // comments among them; text of JSX is a comment

  std::string_view of(const lex::Token& token) const {
    return text.substr(token.start, token.end - token.start);
  }
  // Of a string token. Of what opens a here document and of a regular expression it is empty; a here
  // document's lines are a token of their own.
  Text text_of(const lex::Token& token) const;
  // Whether a line end stands right before token `i`, blanks apart.
  bool begins_line(std::size_t i) const;
  // Whether token `i` is a string that is a statement by itself (Python's docstrings, "use strict").
  bool stands_alone(std::size_t i) const;
  // The byte of the file at an offset of `text`, which may be its end.
  std::uint64_t place(std::uint64_t offset) const;

  // From `text` on the bytes are those of the file from `file` on.
  struct Run {
    std::uint64_t text = 0, file = 0;
  };
  std::vector<Run> runs;               // ascending; never empty
  std::shared_ptr<std::string> owned;  // what `text` refers to where the file holds it otherwise
};

struct Sources {
  std::vector<Source> all;
  std::vector<files::Partial> partial;
};

// The sources in a file, in no particular order; none where it is neither source nor documentation nor known
// configuration. Total and linear; memory is that of the tokens. For any number of threads.
Sources sources_of(const File& file);
// The same, cut once for all detectors that look at one file.
const Sources& sources_of(const File& file, Signs& signs);

// For sources_of().
void read_notebook(const File& file, Sources& out);
Source source_of(Form form, std::string_view language, lex::Language lexed, std::string_view text,
                 std::uint64_t place);
// Tokens of JavaScript in which what stands between the tags of JSX is comments.
std::vector<lex::Token> tokens_of_jsx(std::string_view text);

}  // namespace ostiary::scan
