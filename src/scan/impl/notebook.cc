// Jupyter's notebooks: JSON with cells. nbformat 4, and 3 with its worksheets.
#include <algorithm>
#include <utility>

#include "json/document.h"
#include "scan/impl/languages.h"
#include "scan/impl/source.h"

namespace ostiary::scan {

namespace {

using lex::Language;
using std::string_view;

// A text that is put together of JSON strings, with the places that its bytes come from.
class Gathered {
 public:
  // Of a member that is a string or a list of them; whatever else it is adds nothing.
  void add(json::Value value) {
    if (value.is_string()) add_string(value);
    if (value.is_array())
      for (const auto part : value)
        if (part.is_string()) add_string(part);
    if (value) end_line(value.node().end);
  }
  // The text with a line added, which stands at `place`.
  void add_line(string_view line, const Gathered& from, std::uint64_t offset);
  std::uint64_t place(std::uint64_t offset) const;
  string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }
  Source source(Form form, string_view language, Language lexed) &&;

 private:
  void add_string(json::Value value);
  void put(char c, std::uint64_t place);
  void end_line(std::uint64_t place) {
    if (!text_.empty() && text_.back() != '\n') put('\n', place);
  }
  std::string text_;
  std::vector<Source::Run> runs_;
};

void Gathered::put(char c, std::uint64_t place) {
  if (runs_.empty() || runs_.back().file + (text_.size() - runs_.back().text) != place)
    runs_.push_back({text_.size(), place});
  text_ += c;
}

void Gathered::add_string(json::Value value) {
  const auto raw = value.raw();
  const std::uint64_t start = value.node().start;
  for (std::size_t at = 1; at + 1 < raw.size();) {
    std::size_t size = 1;
    if (raw[at] == '\\') size = raw[at + 1] == 'u' ? 6 : 2;
    if (size == 1) {
      put(raw[at], start + at);
    } else {
      for (const char c : json::decode_string(raw.substr(at, size))) put(c, start + at);
    }
    at += size;
  }
}

std::uint64_t Gathered::place(std::uint64_t offset) const {
  auto run = std::ranges::upper_bound(runs_, offset, {}, &Source::Run::text);
  if (run != runs_.begin()) --run;
  return run->file + (offset - run->text);
}

void Gathered::add_line(string_view line, const Gathered& from, std::uint64_t offset) {
  for (std::size_t i = 0; i < line.size(); ++i) put(line[i], from.place(offset + i));
}

Source Gathered::source(Form form, string_view language, Language lexed) && {
  auto owned = std::make_shared<std::string>(std::move(text_));
  auto out = source_of(form, language, lexed, *owned, 0);
  out.runs = std::move(runs_);
  if (out.runs.empty()) out.runs.push_back({});
  out.owned = std::move(owned);
  return out;
}

struct Cells {
  Gathered code, shell, prose;
};

// Sorts a cell's lines: IPython hands those with `!` to a shell and takes those with `%` itself.
void add_cell(const Gathered& cell, Cells& out) {
  const auto text = cell.text();
  const bool whole_shell =
      text.starts_with("%%bash") || text.starts_with("%%sh") || text.starts_with("%%script");
  const bool whole_other =
      text.starts_with("%%") && !whole_shell && !text.starts_with("%%time") && !text.starts_with("%%capture");
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const auto line = text.substr(at, end - at);
    const auto first = std::min(line.find_first_not_of(" \t"), line.size() - 1);
    const auto body = line.substr(first);
    if (body.starts_with("%%")) {
      // names what the cell is
    } else if (body.starts_with('!') || body.starts_with('%')) {
      out.shell.add_line(body.substr(1), cell, at + first + 1);
    } else if (whole_shell) {
      out.shell.add_line(line, cell, at);
    } else if (whole_other) {
      out.prose.add_line(line, cell, at);
    } else {
      out.code.add_line(line, cell, at);
    }
    at = end;
  }
}

void add_cells(json::Value cells, Cells& out) {
  for (const auto cell : cells) {
    const auto type = cell["cell_type"].string_or("");
    Gathered text;
    text.add(cell["source"]);
    text.add(cell["input"]);  // nbformat 3
    if (type == "code")
      add_cell(text, out);
    else
      out.prose.add_line(text.text(), text, 0);
    for (const auto output : cell["outputs"]) {
      out.prose.add(output["text"]);
      out.prose.add(output["data"]["text/plain"]);
      out.prose.add(output["data"]["text/markdown"]);
    }
  }
}

std::pair<string_view, Language> language_of_kernel(json::Value metadata) {
  auto language = metadata["language_info"]["name"].string_or("");
  if (language.empty()) language = metadata["kernelspec"]["language"].string_or("python");
  if (language == "python" || language == "ipython") return {"python", Language::python};
  if (language == "javascript" || language == "typescript" || language == "deno")
    return {"javascript", Language::javascript};
  if (language == "C#" || language == "csharp" || language == "polyglot-notebook")
    return {"csharp", Language::csharp};
  if (language == "java") return {"java", Language::java};
  if (language == "kotlin") return {"java", Language::kotlin};
  if (language == "scala") return {"java", Language::scala};
  if (language == "go") return {"go", Language::go};
  if (language == "rust") return {"rust", Language::rust};
  if (language == "ruby") return {"ruby", Language::ruby};
  if (language == "c++" || language.starts_with("c++")) return {"c", Language::cpp};
  if (language == "swift") return {"swift", Language::swift};
  if (language == "bash" || language == "sh") return {"shell", Language::shell};
  return {"", Language::generic};
}

}  // namespace

void read_notebook(const File& file, Sources& out) {
  const auto document = json::Document::parse(file.bytes, {.refuse_duplicates = false});
  if (!document) {
    out.partial.push_back({std::string(file.path), files::Why::damaged,
                           "the notebook is no valid JSON: " + document.error().message});
    out.all.push_back(source_of(Form::prose, {}, Language::generic, file.bytes, 0));
    return;
  }
  const auto root = document->root();
  Cells cells;
  add_cells(root["cells"], cells);
  for (const auto sheet : root["worksheets"]) add_cells(sheet["cells"], cells);
  const auto [language, lexed] = language_of_kernel(root["metadata"]);
  if (!cells.code.empty()) out.all.push_back(std::move(cells.code).source(Form::code, language, lexed));
  if (!cells.shell.empty())
    out.all.push_back(std::move(cells.shell).source(Form::code, "shell", Language::shell));
  if (!cells.prose.empty())
    out.all.push_back(std::move(cells.prose).source(Form::prose, {}, Language::generic));
}

}  // namespace ostiary::scan
