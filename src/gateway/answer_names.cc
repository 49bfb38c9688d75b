#include "gateway/answer_names.h"

#include <algorithm>
#include <array>

#include "json/writer.h"

namespace ostiary::gateway {

namespace {

// A name or a number, as bytes of the text.
struct Part {
  std::uint32_t node = 0, start = 0, end = 0;
  bool number = false;
};

// Members of the answers of chat, message, completion, response and embedding APIs, as their references list
// them; of 8 bytes or more.
constexpr std::array<std::string_view, 44> kUsualNames{"accepted_prediction_tokens",
                                                       "annotations",
                                                       "arguments",
                                                       "audio_tokens",
                                                       "background",
                                                       "cache_creation",
                                                       "cache_creation_input_tokens",
                                                       "cache_read_input_tokens",
                                                       "cached_tokens",
                                                       "completed_at",
                                                       "completion_tokens",
                                                       "completion_tokens_details",
                                                       "created_at",
                                                       "embedding",
                                                       "ephemeral_1h_input_tokens",
                                                       "ephemeral_5m_input_tokens",
                                                       "finish_reason",
                                                       "function",
                                                       "function_call",
                                                       "incomplete_details",
                                                       "input_tokens",
                                                       "input_tokens_details",
                                                       "instructions",
                                                       "logprobs",
                                                       "max_output_tokens",
                                                       "metadata",
                                                       "obfuscation",
                                                       "output_tokens",
                                                       "output_tokens_details",
                                                       "parallel_tool_calls",
                                                       "previous_response_id",
                                                       "prompt_tokens",
                                                       "prompt_tokens_details",
                                                       "reasoning",
                                                       "reasoning_content",
                                                       "reasoning_tokens",
                                                       "rejected_prediction_tokens",
                                                       "service_tier",
                                                       "stop_reason",
                                                       "stop_sequence",
                                                       "system_fingerprint",
                                                       "tool_calls",
                                                       "top_logprobs",
                                                       "total_tokens"};
static_assert(std::ranges::is_sorted(kUsualNames));

// Most names differ in their sizes already.
constexpr auto by_size = [](std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
};
constexpr auto kUsualBySize = [] {
  auto names = kUsualNames;
  std::ranges::sort(names, by_size);
  return names;
}();

// A time in seconds, of which there is one in each answer.
bool is_time(std::string_view name, std::string_view number) {
  constexpr std::size_t digits = 10;
  return (name == "created" || name == "created_at" || name == "completed_at") && number.size() == digits &&
         number.starts_with('1') && number.find_first_not_of("0123456789") == std::string_view::npos;
}

// Those that may hold something by themselves or by their names, in order.
std::vector<Part> parts_of(const json::Document& document, const std::vector<json::Value>& apart) {
  std::vector<Part> parts;
  std::vector<std::uint32_t> left;
  left.reserve(apart.size());
  for (const json::Value value : apart) left.push_back(value.index());
  std::ranges::sort(left);
  const auto& nodes = document.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    if (std::ranges::binary_search(left, i)) {
      i = node.next - 1;
      continue;
    }
    if (node.key_end > 0) parts.push_back({i, node.key_start + 1, node.key_end - 1, false});
    if (node.type == json::Type::number) parts.push_back({i, node.start, node.end, true});
  }
  return parts;
}

bool change(AnswerMasks& masks, const json::Document& document, const std::vector<Part>& parts, bool notes,
            json::Edit& edit) {
  const auto found = masks.inspecting().inspect(document);
  if (!found.partial.empty()) masks.give_up();
  bool changed = false;
  std::uint32_t masked_to = 0;
  for (const auto& finding : found.findings) {
    const auto& at = finding.location;
    const auto behind = std::ranges::upper_bound(parts, at.start, {}, &Part::start);
    if (behind == parts.begin() || at.end > (behind - 1)->end) continue;
    const auto& part = *(behind - 1);
    if (notes) masks.note(finding, shown_pointer(json::Value(&document, part.node).parent()));
    if (!masks.masks(finding) || at.start < masked_to) continue;
    const auto between = document.text().substr(at.start, at.end - at.start);
    const auto placeholder = masks.placeholders().of(finding, json::decode_string(between));
    masked_to = static_cast<std::uint32_t>(at.end);
    edit.replace_bytes(static_cast<std::uint32_t>(at.start), masked_to,
                       part.number ? json::quoted(placeholder) : placeholder);
    changed = true;
  }
  return changed;
}

}  // namespace

std::string shown_pointer(json::Value value) {
  constexpr std::size_t most = 200;
  if (!value) return "";
  auto pointer = value.pointer();
  const bool usual = std::ranges::all_of(pointer, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '/';
  });
  return usual && pointer.size() <= most ? pointer : "";
}

bool AnswerNames::examine(AnswerMasks& masks, const json::Document& document,
                          const std::vector<json::Value>& apart, json::Edit& edit) {
  const auto parts = parts_of(document, apart);
  text_.clear();
  bool any = false;
  for (const auto& part : parts) {
    constexpr std::size_t least = 8;  // a shorter one, or one of fewer digits, holds nothing
    const auto text = document.text().substr(part.start, part.end - part.start);
    const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (text.size() < least || (part.number && digits.find_first_not_of("0123456789") < least)) continue;
    const auto& node = document.nodes()[part.node];
    const auto name = document.text().substr(node.key_start, node.key_end - node.key_start);
    if (part.number ? name.size() > 2 && is_time(name.substr(1, name.size() - 2), text)
                    : std::ranges::binary_search(kUsualBySize, text, by_size))
      continue;
    any = true;
    text_.append(text) += '\n';
  }
  if (!any || text_ == clean_) return false;
  const bool told = text_ == told_;
  const auto known = masks.findings().size();
  const bool changed = change(masks, document, parts, !told, edit);
  if (!told) (masks.findings().size() == known ? clean_ : told_).swap(text_);
  return changed;
}

bool AnswerNames::mask(AnswerMasks& masks, const json::Document& document,
                       const std::vector<json::Value>& apart, json::Edit& edit) {
  return change(masks, document, parts_of(document, apart), false, edit);
}

}  // namespace ostiary::gateway
