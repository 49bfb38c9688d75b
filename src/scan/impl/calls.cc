// Where code calls something, and by which path.
#include <algorithm>

#include "scan/impl/uses.h"

namespace ostiary::scan {

namespace {

using std::string_view;

constexpr std::size_t kLongestPath = 8;

// Walks over the code of one source once.
class Calls {
 public:
  Calls(const Code& code, Uses& uses) : code_(&code), uses_(&uses), language_(uses.language()) {}
  void read();

 private:
  bool is_called(std::size_t i) const;
  bool opens_call(std::size_t i) const;
  bool is_declared_variable(std::size_t i) const;
  std::size_t behind_generics(std::size_t i) const;
  std::size_t accessor_before(std::size_t i) const;
  bool is_member(std::size_t i) const { return accessor_before(i) != i; }
  std::vector<string_view> path_to(std::size_t i, std::size_t& first) const;
  void mark_bases();
  void read_variable(std::size_t i);

  const Code* code_;
  Uses* uses_;
  string_view language_;
  std::vector<bool> bases_;  // names of classes that another is made of
};

// Where what goes on behind a name's type arguments; the name's end where it has none.
std::size_t Calls::behind_generics(std::size_t i) const {
  constexpr std::size_t most = 40;
  auto at = i + 1;
  if (language_ == "rust" && code_->is(at, ":") && code_->is(at + 1, ":") && code_->is(at + 2, "<")) at += 2;
  const bool square = language_ == "go" || (language_ == "java" && code_->is(at, "["));
  if (square && code_->is(at, "[") && code_->partner(at) - at < most &&
      code_->is(code_->partner(at) + 1, "("))
    return code_->partner(at) + 1;
  if (!code_->is(at, "<")) return i + 1;
  std::size_t depth = 0;
  for (auto end = at; end < std::min(at + most, code_->size()); ++end) {
    if (code_->is(end, "<")) ++depth;
    if (code_->is(end, ">") && --depth == 0) return end + 1;
    if (code_->is(end, ";") || code_->is(end, "&")) break;
  }
  return i + 1;
}

// `Ort::Session session(…)`, `Ort::Session session{…}`, `std::make_unique<Ort::Session>(…)`.
bool Calls::is_declared_variable(std::size_t i) const {
  if (language_ != "c") return false;
  if (code_->is_identifier(i + 1) && (code_->is(i + 2, "(") || code_->is(i + 2, "{") ||
                                      code_->is(i + 2, "=") || (code_->is(i + 2, ";") && is_member(i))))
    return true;
  return code_->is(i + 1, ">") && code_->is(i + 2, "(");
}

bool Calls::opens_call(std::size_t i) const {
  const auto behind = behind_generics(i);
  const auto next = code_->at(behind);
  if (next == "(") return true;
  if (next == "?" && code_->is(behind + 1, ".") && code_->is(behind + 2, "(")) return true;
  if (language_ == "rust" && next == "!" && !code_->is(behind + 1, "=")) return true;
  if (next == "{") {
    if (language_ == "c") return true;
    return (language_ == "java" || language_ == "swift") && is_member(i);
  }
  if (next == "`" || (language_ == "javascript" && code_->is_string(behind) && next.starts_with('`')))
    return true;
  // Messages of Objective-C.
  if (language_ == "c" && (next == ":" || next == "]") && !code_->is(behind + 1, ":"))
    return code_->is(i - 1, "[") || code_->is(i - 1, "]") || code_->is_identifier(i - 1) || next == ":";
  return false;
}

bool Calls::is_called(std::size_t i) const {
  const auto before = i > 0 ? code_->at(i - 1) : string_view();
  if (before == "def" || before == "fn" || before == "func" || before == "fun" || before == "function" ||
      before == "class" || before == "interface" || before == "struct" || before == "trait" ||
      before == "enum" || before == "protocol" || before == "namespace" || before == "package")
    return false;
  if (opens_call(i) || bases_[i] || is_declared_variable(i)) return true;
  if (before == "new" || (before == "<" && language_ == "javascript" && code_->at(i).front() < 'a'))
    return true;
  if (language_ == "ruby" || (language_ == "java" && code_->source().lexed == lex::Language::scala))
    return is_member(i);
  std::size_t first = i;
  if (is_member(i)) path_to(i, first);
  const auto ahead = first > 0 ? code_->at(first - 1) : string_view();
  return ahead == "@" || ahead == "new" || (ahead == "[" && language_ == "c" && code_->is_identifier(i + 1));
}

// The accessor's first token that stands before token `i`; `i` where there is none.
std::size_t Calls::accessor_before(std::size_t i) const {
  if (i == 0) return i;
  const auto one = code_->at(i - 1);
  if (one == ".") return i > 1 && (code_->is(i - 2, "?") || code_->is(i - 2, "!")) ? i - 2 : i - 1;
  if (one == "\\" && language_ == "php") return i - 1;
  if (i < 2) return i;
  if (one == ":" && code_->is(i - 2, ":")) return i - 2;
  if (one == ">" && code_->is(i - 2, "-")) return i > 2 && code_->is(i - 3, "?") ? i - 3 : i - 2;
  return i;
}

// The names that lead to `i`, through what is called or indexed on the way; `first` becomes the first one.
std::vector<string_view> Calls::path_to(std::size_t i, std::size_t& first) const {
  std::vector<string_view> out{code_->at(i)};
  first = i;
  while (out.size() < kLongestPath) {
    auto at = accessor_before(first);
    if (at == first || at == 0) break;
    --at;
    while (at > 0 && (code_->is(at, ")") || code_->is(at, "]")) && code_->partner(at) < at &&
           code_->partner(at) > 0)
      at = code_->partner(at) - 1;
    if (!code_->is_word(at)) break;
    first = at;
    out.push_back(code_->at(at));
  }
  std::ranges::reverse(out);
  return out;
}

// `class A(nn.Module)`, `class A extends B`.
void Calls::mark_bases() {
  bases_.resize(code_->size());
  for (std::size_t i = 0; i < code_->size(); ++i) {
    if (language_ == "python" && code_->is(i, "class") && code_->is(i + 2, "(")) {
      const auto end = code_->partner(i + 2);
      for (auto at = i + 3; at < end; ++at)
        if (code_->is_identifier(at) && !code_->is(at + 1, ".") && !code_->is(at + 1, "=")) bases_[at] = true;
      i = std::max(i, end);
    }
    if (code_->is(i, "extends"))
      for (auto at = i + 1; at < i + kLongestPath * 2 && (code_->is_word(at) || code_->is(at, ".")); ++at)
        if (code_->is_word(at) && !code_->is(at + 1, ".")) bases_[at] = true;
  }
}

// `Client client`, `client: Client`; of C#'s `Client client = new(…)` the type is called.
void Calls::read_variable(std::size_t i) {
  const auto type = code_->at(i);
  if (type.front() < 'A' || type.front() > 'Z') return;
  if (code_->is(i - 1, ":") && !code_->is(i - 2, ":") && code_->is_identifier(i - 2))
    uses_->declare(type, code_->at(i - 2));
  if (!code_->is_identifier(i + 1) || code_->begins_line(i + 1)) return;
  uses_->declare(type, code_->at(i + 1));
  if (code_->is(i + 2, "=") && code_->is(i + 3, "new") && code_->is(i + 4, "("))
    uses_->call({type}, code_->start(i), code_->end(i));
}

void Calls::read() {
  mark_bases();
  std::string scratch;
  for (std::size_t i = 0; i < code_->size(); ++i) {
    if (code_->is_string(i)) {
      const auto text = code_->source().text_of(code_->token(i));
      if (text.raw().size() < 60) uses_->argument(text.raw(), code_->start(i), code_->end(i));
      continue;
    }
    if (code_->is_identifier(i)) read_variable(i);
    if (!code_->is_word(i) || !is_called(i)) continue;
    std::size_t first = i;
    const auto path = path_to(i, first);
    uses_->call(path, code_->start(first), code_->end(i));
  }
}

}  // namespace

void read_calls(const Code& code, Uses& uses) {
  const bool by_constant = uses.language() == "ruby" || uses.language() == "php";
  if (uses.any() || by_constant) Calls(code, uses).read();
}

}  // namespace ostiary::scan
