#include "model/impl/pickle_values.h"

#include <algorithm>

#include "base/digits.h"
#include "base/text.h"
#include "model/impl/cursor.h"

namespace ostiary::model {

using V = PickleValue::Kind;

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// So many digits of a base from `at`; nullopt: there are fewer.
std::optional<std::uint32_t> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (count > text.size() - std::min(at, text.size())) return std::nullopt;
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int value = hex_value(text[at + i]);
    if (value < 0) return std::nullopt;
    out = out * 16 + static_cast<std::uint32_t>(value);
  }
  return out;
}

// The escape behind a backslash at `at`, appended; how many characters it took, 0: none that is known.
std::size_t escape(std::string_view text, std::size_t at, bool of_bytes, std::string& out) {
  const char kind = text[at];
  if (!of_bytes && kind != 'u' && kind != 'U') return 0;
  if (const std::size_t count = kind == 'x' ? 2 : of_bytes ? 0 : kind == 'u' ? 4 : 8; count > 0) {
    const auto value = digits(text, at + 1, count);
    if (!value) return 0;
    append_utf8(out, std::min<std::uint32_t>(*value, 0x10ffff));
    return count + 1;
  }
  if (kind >= '0' && kind <= '7') {
    std::uint32_t value = 0;
    std::size_t i = 0;
    for (; i < 3 && at + i < text.size() && text[at + i] >= '0' && text[at + i] <= '7'; ++i)
      value = value * 8 + static_cast<std::uint32_t>(text[at + i] - '0');
    append_utf8(out, value & 0xff);
    return i;
  }
  constexpr std::string_view names = "\\'\"nrtabfv", values = "\\'\"\n\r\t\a\b\f\v";
  const auto found = names.find(kind);
  if (found == std::string_view::npos) return 0;
  out += values[found];
  return 1;
}

}  // namespace

PickleValue PickleValue::of(Kind kind, std::string_view text) {
  return {kind, 0, text.size(), text.data()};
}

std::string unescaped(std::string_view text, bool of_bytes) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      if (const auto taken = escape(text, i + 1, of_bytes, out)) {
        i += taken;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

void PickleHeap::push(PickleValue value) {
  if (stack_.size() >= kMostValues) return breaks("more values at once than are followed");
  stack_.push_back(value);
}

PickleHeap::Items PickleHeap::pop(std::size_t count) {
  if (stack_.size() - fence() < count) {
    breaks("it takes a value where there is none");
    return {};
  }
  popped_.assign(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return popped_;
}

PickleHeap::Items PickleHeap::pop_mark() {
  if (marks_.empty()) {
    breaks("it goes back to a mark where there is none");
    return {};
  }
  const auto from = marks_.back();
  marks_.pop_back();
  popped_.assign(stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
  stack_.resize(from);
  return popped_;
}

void PickleHeap::mark() {
  if (marks_.size() >= kMostValues) return breaks("more marks at once than are followed");
  marks_.push_back(stack_.size());
}

void PickleHeap::drop() {
  if (!marks_.empty() && marks_.back() == stack_.size())
    marks_.pop_back();
  else
    pop(1);
}

void PickleHeap::duplicate() {
  if (auto* value = top()) push(PickleValue(*value));
}

PickleValue* PickleHeap::top() {
  if (stack_.size() > fence()) return &stack_.back();
  breaks("it needs a value where there is none");
  return nullptr;
}

void PickleHeap::put(std::uint64_t index) {
  const auto* value = top();
  if (!value) return;
  if (memo_size_ >= kMostValues) return breaks("more memos than are followed");
  if (index <= memo_.size() && far_memo_.empty()) {
    if (index == memo_.size()) memo_.push_back(*value), ++memo_size_;
    memo_[index] = *value;
    return;
  }
  if (index < memo_.size()) {
    memo_[index] = *value;
  } else {
    const auto [at, added] = far_memo_.insert_or_assign(index, *value);
    if (added) ++memo_size_;
  }
}

void PickleHeap::memoize() {
  put(memo_size_);
}

void PickleHeap::get(std::uint64_t index) {
  if (index < memo_.size()) return push(memo_[index]);
  const auto at = far_memo_.find(index);
  if (at == far_memo_.end()) return breaks("it takes a memo that was never made");
  push(at->second);
}

PickleValue PickleHeap::tuple(Items items) {
  PickleValue out{V::tuple};
  if (items.size() > kMostItems || kept_.size() + items.size() > kMostValues) {
    out.size = PickleValue::kNotKept;
    return out;
  }
  out.size = static_cast<std::uint32_t>(items.size());
  out.number = kept_.size();
  kept_.insert(kept_.end(), items.begin(), items.end());
  return out;
}

void PickleHeap::give_items(Items items) {
  const auto kept = tuple(items);
  auto* target = top();
  if (!target || target->kind != V::container) return;
  // Of what is filled in pieces no piece is known.
  target->number = kept.number;
  target->size = target->size > 0 ? PickleValue::kNotKept : kept.size;
}

PickleHeap::Items PickleHeap::items(const PickleValue& value) const {
  if ((value.kind != V::tuple && value.kind != V::container) || value.size == PickleValue::kNotKept)
    return {};
  return Items(kept_).subspan(value.number, value.size);
}

std::string_view PickleHeap::own(std::string text) {
  owned_bytes_ += text.size();
  if (owned_bytes_ > kMostOwned) {
    breaks("more texts than are kept");
    return {};
  }
  return owned_.emplace_back(std::move(text));
}

PickleValue PickleHeap::dtype(const PickleValue& arguments) {
  Dtype made;
  const auto args = items(arguments);
  if (!args.empty() && args[0].kind == V::text && args[0].text().size() >= 2) {
    auto text = args[0].text();
    if (std::string_view("<>=|").contains(text[0])) text.remove_prefix(1);
    const auto bytes = text::parse_uint(text.substr(1));
    constexpr std::string_view plain = "biufcSU";
    made.objects = text[0] == 'O';
    made.record = text[0] == 'V';
    made.sized = std::string_view("SUV").contains(text[0]);
    if (bytes && *bytes < (1u << 20) && plain.contains(text[0]))
      made.bytes = static_cast<std::uint32_t>(*bytes) * (text[0] == 'U' ? 4 : 1);
  }
  if (dtypes_.size() >= kMostValues) {
    breaks("more types of numbers than are followed");
    return {V::unknown};
  }
  dtypes_.push_back(made);
  return {V::dtype, 0, dtypes_.size() - 1};
}

void PickleHeap::set_dtype(const PickleValue& dtype, const PickleValue& state) {
  const auto values = items(state);
  auto& one = dtypes_[dtype.number];
  // (version, order, subtype, names, fields, bytes, alignment, flags); the lowest flag says that there are
  // references to objects in it, whatever its name is, and is taken as it stands here.
  const bool known = values.size() >= 8 && values[2].kind == V::none && values[7].kind == V::integer &&
                     (values[7].number & 1) == (one.objects ? 1 : 0) && values[5].kind == V::integer;
  const bool named = known && (values[3].kind != V::none || values[4].kind != V::none);
  if (!known || (named && !one.record))
    one = {};
  else if (one.sized)
    one.bytes = values[5].number < (1u << 20) ? static_cast<std::uint32_t>(values[5].number) : 0;
}

PickleValue PickleHeap::encoded(const PickleValue& arguments, const PickleValue& otherwise) {
  const auto args = items(arguments);
  if (args.size() != 2 || args[0].kind != V::text || args[1].kind != V::text) return otherwise;
  const auto how = args[1].text();
  if (how != "latin1" && how != "latin-1") return otherwise;
  std::string out;
  const auto text = args[0].text();
  if (text.size() > kMostOwned) return otherwise;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      out += text[i];
    } else if ((byte & 0xfcU) == 0xc0 && i + 1 < text.size()) {
      out += static_cast<char>((byte & 3U) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3fU));
    } else {
      return otherwise;
    }
  }
  return PickleValue::of(V::bytes, own(std::move(out)));
}

std::optional<PickledArray> PickleHeap::array_of(const PickleValue& state) const {
  PickledArray out{.of_objects = false, .aligned = false, .numbers = 1};
  const auto values = items(state);
  bool shape = false, dtype = false;
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
    const auto& value = values[i + 1];
    if (values[i].kind != V::text) return std::nullopt;
    const auto name = values[i].text();
    if (name == "shape" && value.kind == V::tuple && value.size != PickleValue::kNotKept) {
      shape = true;
      for (const auto& size : items(value)) {
        if (size.kind != V::integer) return std::nullopt;
        out.numbers = times(out.numbers, size.number);
      }
    } else if (name == "dtype" && value.kind == V::dtype) {
      dtype = true;
      out.of_objects = dtypes_[value.number].objects;
      out.bytes_each = dtypes_[value.number].bytes;
    } else if (name == "numpy_array_alignment_bytes") {
      out.aligned = value.kind != V::none;
    }
  }
  if (!shape || !dtype || (!out.of_objects && out.bytes_each == 0)) return std::nullopt;
  return out;
}

}  // namespace ostiary::model
