#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/impl/reached.h"

namespace ostiary::scan {

// A word of a command, without its quotes and backslashes; it stands at [start, end) of the text.
struct Word {
  std::string text;
  std::size_t start = 0, end = 0;
};

// One thing that a shell text holds.
struct Command {
  enum class Form : std::uint8_t {
    simple,    // words
    array,     // NAME=( words )
    function,  // its name is the only word
    comment,   // [start, end)
    document   // a here document at [start, end); words are those of the command that reads it
  };
  Form form = Form::simple;
  std::vector<Word> words;
  std::size_t start = 0, end = 0;
  bool piped = false;     // what it writes is read by another command
  bool captured = false;  // of a document: it is written into a value, `$(cat <<END …)`
};

// Cuts a shell text into commands without expanding anything. What stands in `$(…)`, backticks, parentheses
// and braces is a command of its own, within double quotes too. Total; linear, substitutions within quotes
// being read again to a depth of kDeepest.
class Commands {
 public:
  explicit Commands(std::string_view text) : text_(text), end_(text.size()) {}
  // False: there are no more.
  bool next(Command& out);
  static constexpr int kDeepest = 3;

 private:
  struct Here {
    std::string close;
    std::vector<Word> words;
    bool piped = false, captured = false;
  };
  struct Range {
    std::size_t start, end;
    int depth;
  };
  bool step(Command& out);
  bool separator(Command& out, bool& ended);
  void redirect(Command& out);
  bool open_paren(Command& out);
  bool document(Command& out);
  void word(std::vector<Word>& words);
  void quoted(Word& word, char quote);
  std::size_t substitution_end(std::size_t from) const;
  char at(std::size_t i) const { return i < end_ ? text_[i] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0, end_ = 0;
  int depth_ = 0;
  bool in_array_ = false, at_line_ = false, nesting_ = true;
  std::size_t substitutions_ = 0;  // that are open
  std::vector<Here> here_;
  std::vector<Range> inner_;
};

// What the commands of a shell text use, and what they install. `stands`: of what they run, `called` in a
// script and `deployed` in a deployment.
void uses_in_shell(std::string_view text, const At& at, Stands stands, Reached& uses);
// Options and arguments without their command: addresses and models among them.
void uses_in_options(std::string_view text, const At& at, Stands stands, Reached& uses);
// The same of one command that is given as its words.
void uses_in_words(const std::vector<Word>& words, const At& at, Stands stands, Reached& uses);
// `model` and what flags hold in the arguments of a server that is told by its image.
void uses_in_server_arguments(const std::vector<Word>& words, const At& at, Stands stands, Reached& uses);

}  // namespace ostiary::scan
