#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "files/partial.h"

namespace ostiary::scan {

class Branch;

// Structured text as a tree, whatever it was written in: JSON with or without comments and trailing commas,
// TOML, YAML, XML. What the text says is kept where it says it: each name and each scalar knows its bytes.
//
// The readers are for files that others wrote for other programs. They are total, linear and bounded: what
// they do not understand makes `trouble()`, and they go on behind it. Names that stand twice stand twice.
// The text must outlive the tree and be under 4 GiB. For one thread; a finished tree for any number.
class Tree {
 public:
  static constexpr std::uint32_t kMaxNodes = 1'000'000;
  static constexpr std::uint32_t kMaxDepth = 128;

  enum class Kind : std::uint8_t { null, scalar, list, map };

  struct Node {
    std::uint32_t start = 0, end = 0;             // of a scalar's text, without its quotes
    std::uint32_t key_start = 0, key_end = 0;     // of a member's name, without its quotes
    std::uint32_t next = 0, first = 0, last = 0;  // nodes; 0: none
    Kind kind = Kind::null;
    bool quoted = false;
    bool decoded = false, key_decoded = false;  // the text is not what stands at its place
  };

  struct Trouble {
    files::Why why = files::Why::damaged;
    std::string text;
  };

  // RFC 8259, with `//` and `/* */` comments and trailing commas.
  static Tree of_json(std::string_view text);
  // TOML 1.0 and 1.1. Dotted names and tables are maps in one another, an array of tables is a list.
  static Tree of_toml(std::string_view text);
  // YAML 1.2. The root is the list of documents. Anchors and tags are passed over, an alias is a scalar
  // `*name`, a block scalar's text is its lines as they are; lines of a template (`{{ … }}`) do not count.
  static Tree of_yaml(std::string_view text);
  // An element is a map by its local name; its attributes are members of it as its children are. Its text
  // is the first that is not blank. The root is a map of one element.
  static Tree of_xml(std::string_view text);

  Branch root() const;
  const std::vector<Trouble>& trouble() const { return trouble_; }

  // For the readers.
  explicit Tree(std::string_view text, Kind root);
  std::string_view text() const { return text_; }
  std::uint32_t add(std::uint32_t parent, Kind kind);  // 0: there are too many
  Node& node(std::uint32_t i) { return nodes_[i]; }
  const Node& node(std::uint32_t i) const { return nodes_[i]; }
  std::string_view text_of(std::uint32_t i) const;
  std::string_view key_of(std::uint32_t i) const;
  void set_text(std::uint32_t i, std::size_t start, std::size_t end);
  void set_key(std::uint32_t i, std::size_t start, std::size_t end);
  void set_decoded(std::uint32_t i, std::string text);
  void set_decoded_key(std::uint32_t i, std::string text);
  void damaged(std::size_t at, std::string_view what);
  void trouble(files::Why why, std::string text);
  bool full() const { return full_; }

 private:
  std::string_view text_;
  std::vector<Node> nodes_;  // the first is the root
  std::unordered_map<std::uint32_t, std::string> decoded_, decoded_keys_;
  std::vector<Trouble> trouble_;
  bool full_ = false;
};

// A place in a Tree; two words, copied freely. A Branch that is not there answers every question with
// nothing.
class Branch {
 public:
  Branch() = default;
  Branch(const Tree* tree, std::uint32_t node) : tree_(tree), node_(node) {}
  explicit operator bool() const { return tree_ != nullptr; }

  bool is(Tree::Kind kind) const { return tree_ && tree_->node(node_).kind == kind; }
  bool is_map() const { return is(Tree::Kind::map); }
  bool is_list() const { return is(Tree::Kind::list); }
  bool is_scalar() const { return is(Tree::Kind::scalar); }
  bool is_string() const { return is_scalar() && tree_->node(node_).quoted; }
  std::string_view text() const { return tree_ ? tree_->text_of(node_) : std::string_view(); }
  std::string_view key() const { return tree_ ? tree_->key_of(node_) : std::string_view(); }
  bool is_true() const { return text() == "true"; }
  std::size_t start() const { return tree_ ? tree_->node(node_).start : 0; }
  std::size_t end_of_text() const { return tree_ ? tree_->node(node_).end : 0; }
  std::size_t key_start() const { return tree_ ? tree_->node(node_).key_start : 0; }
  std::size_t key_end() const { return tree_ ? tree_->node(node_).key_end : 0; }
  bool empty() const { return !tree_ || tree_->node(node_).first == 0; }

  // The first member of the name; walks over those before it.
  Branch operator[](std::string_view name) const;
  // The same of a name without regard to ASCII case.
  Branch like(std::string_view name) const;

  class Iterator {
   public:
    Iterator(const Tree* tree, std::uint32_t node) : tree_(tree), node_(node) {}
    Branch operator*() const { return {tree_, node_}; }
    Iterator& operator++() { return node_ = tree_->node(node_).next, *this; }
    bool operator==(const Iterator& other) const { return node_ == other.node_; }

   private:
    const Tree* tree_;
    std::uint32_t node_;
  };
  Iterator begin() const { return {tree_, tree_ ? tree_->node(node_).first : 0}; }
  Iterator end() const { return {tree_, 0}; }

 private:
  const Tree* tree_ = nullptr;
  std::uint32_t node_ = 0;
};

// What stands between the quotes of a string with escapes as JSON, TOML, YAML and most languages have them;
// of an escape that none of them has, the character behind the backslash.
std::string unescaped(std::string_view between_quotes);

}  // namespace ostiary::scan
