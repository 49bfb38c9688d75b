// Texts that models are trained with, told from other tables and logs.
#include <algorithm>
#include <set>
#include <vector>

#include "base/text.h"
#include "json/document.h"
#include "scan/impl/formats.h"

namespace ostiary::scan {

namespace {

constexpr std::size_t kLongestLine = 1UL << 20;

std::string_view first_line(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  for (std::string_view rest = bytes.substr(0, kLongestLine);;) {
    const auto end = rest.find('\n');
    const auto line = text::trim(rest.substr(0, end));
    if (!line.empty() || end == std::string_view::npos) return line;
    rest.remove_prefix(end + 1);
  }
}

// An array of turns: objects of a role and what it says.
bool is_chat(json::Value turns) {
  if (!turns.is_array()) return false;
  const auto first = turns.at(0);
  return (first["role"].is_string() && (first["content"] || first["parts"] || first["tool_calls"])) ||
         (first["from"].is_string() && first["value"].is_string());
}

bool has_all(json::Value object, const std::vector<std::string_view>& names) {
  return std::ranges::all_of(names, [&](auto name) { return static_cast<bool>(object[name]); });
}

// Lists of members by which data for training is told anywhere.
const std::vector<std::vector<std::string_view>> kPairs{
    {"prompt", "completion"},  {"prompt", "chosen", "rejected"},  {"chosen", "rejected"},
    {"instruction", "output"}, {"instruction", "response"},       {"anchor", "positive"},
    {"query", "pos", "neg"},   {"question", "context", "answers"}};
// Members and columns that count in a file whose name says that it is for training.
const std::set<std::string, std::less<>> kColumns{
    "text",       "label",      "labels",   "target",      "class",    "category",  "sentence",
    "sentence1",  "prompt",     "question", "answer",      "input",    "output",    "instruction",
    "response",   "completion", "messages", "summary",     "document", "sentiment", "review",
    "premise",    "hypothesis", "source",   "translation", "tokens",   "ner_tags",  "image",
    "image_id",   "pixels",     "y",        "query",       "context",  "intent",    "article",
    "highlights", "content",    "audio",    "caption"};

}  // namespace

bool is_training_jsonl(std::string_view bytes, bool named_so) {
  const auto line = first_line(bytes);
  if (!line.starts_with('{')) return false;
  const auto parsed = json::Document::parse(line, {.max_values = 100'000, .refuse_duplicates = false});
  if (!parsed) return false;
  const auto root = parsed->root();
  for (const auto* member : {"messages", "conversations", "conversation", "contents", "input"})
    if (is_chat(root[member])) return true;
  if (std::ranges::any_of(kPairs, [&](const auto& names) { return has_all(root, names); })) return true;
  if (!named_so) return false;
  for (const auto member : root)
    if (kColumns.contains(text::lower(member.key()))) return true;
  return false;
}

bool is_training_csv(std::string_view bytes) {
  auto line = first_line(bytes);
  const char separator = line.contains('\t') ? '\t' : line.contains(';') ? ';' : ',';
  const auto cells = text::split(line, separator);
  return cells.size() > 1 && std::ranges::any_of(cells, [](std::string_view cell) {
           cell = text::trim(cell);
           if (cell.size() > 1 && cell.starts_with('"') && cell.ends_with('"'))
             cell = cell.substr(1, cell.size() - 2);
           return kColumns.contains(text::lower(cell));
         });
}

}  // namespace ostiary::scan
