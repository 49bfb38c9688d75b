#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "scan/impl/tree.h"
#include "scan/sign.h"

namespace ostiary::scan {

// Files of tools, by the paths that the catalogue has for them.
struct FileOfTool {
  const catalog::Tool* tool = nullptr;
  Kind kind = Kind::assistant_config;
};
// The tools whose file this is: those with the longest rule, none or several of one length. Looks at the path
// only; from any thread.
std::vector<FileOfTool> tools_of_file(std::string_view path);

// How a file is written, by its name.
enum class Notation : std::uint8_t { none, json, toml, yaml, markdown };
Notation notation_of(std::string_view path);
// The tree of a file in that notation; of Markdown, of its front matter. `text` must outlive it.
Tree tree_of(std::string_view text, Notation notation);

// The servers of the Model Context Protocol that a tree names, each with its place and a note that says what
// it runs and reaches. `of_servers`: the file is for nothing else, so that a member `servers` of its root
// holds them.
void add_servers(const Tree& tree, bool of_servers, Signs& out);
// The same for text that somebody has read into a tree: the list or map of servers is `servers`.
std::string note_on_server(Branch server);

// What the settings of an agent let it run and reach, as a sentence for people; empty: they say nothing of
// it.
std::string powers_in(const Tree& tree, Notation notation);

// An argument of a command, an address or another short text as it may be shown: without what could be a key,
// a password, or an address's path.
std::string shown(std::string_view text);
// Whether a variable, an option or a header of that name holds a secret.
bool is_secret_name(std::string_view name);
// A note as it may leave the scanner: secrets that the inspection engine knows are masked, and it is cut to
// kLongestNote bytes.
std::string safe_note(std::string note);
constexpr std::size_t kLongestNote = 600;

}  // namespace ostiary::scan
