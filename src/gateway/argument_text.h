#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace ostiary::gateway {

// Writes the arguments of a tool call, a JSON text that comes in pieces, so that it stays valid JSON with
// parts of it masked: of a masked part the brackets, quotes, commas and blanks stay, its strings lose their
// characters, its numbers become strings. An escape that is cut goes as a whole. Of a text that is no JSON
// nothing that is masked is shown but such signs. Linear; holds at most one escape and one number.
class ArgumentText {
 public:
  void begin();
  void plain(std::string_view text, std::string& out);
  // `placeholder` stands once for what is masked; empty: it stood before.
  void masked(std::string_view text, std::string_view placeholder, std::string& out);
  void finish(std::string& out);

 private:
  void take(char c, bool masked, std::string& out);
  void take_in_string(char c, bool masked, std::string& out);
  void end_escape(std::string& out);
  void end_word(std::string& out);
  void say(std::string& out) { out += std::exchange(placeholder_, {}); }

  bool in_string_ = false;
  std::string escape_, word_;  // under way
  bool escape_masked_ = false, word_masked_ = false;
  std::string placeholder_;  // not said yet
};

}  // namespace ostiary::gateway
