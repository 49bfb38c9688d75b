#include "model/impl/pickle_machine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "base/digits.h"
#include "base/text.h"
#include "model/impl/cursor.h"
#include "model/impl/pickle_values.h"

namespace ostiary::model {

namespace {

using Kind = PickleOddity::Kind;
using V = PickleValue::Kind;

constexpr std::size_t kMostGlobals = 100'000;
constexpr std::size_t kMostName = 1024;

class Machine {
 public:
  Machine(std::string_view bytes, std::uint64_t at, const PickleHow& how)
      : bytes_(bytes), how_(how), at_(bytes, at), heap_(trace_.broken) {}

  PickleTrace run() {
    while (trace_.broken.empty() && !stopped_) {
      op_at_ = at_.at();
      if (at_.left() == 0) {
        heap_.breaks("it ends without a STOP");
        break;
      }
      step(at_.get<std::uint8_t>());
      if (at_.failed()) heap_.breaks("it ends within an opcode");
    }
    trace_.end = at_.failed() ? op_at_ : at_.at();
    return std::move(trace_);
  }

 private:
  // Opcodes by what they do; each function says false where the opcode is not of its kind.
  void step(std::uint8_t op) {
    if (constant(op) || text(op) || container(op) || memo(op) || importing(op) || calling(op) || other(op))
      return;
    heap_.breaks(fmt::format("opcode {:#04x} at byte {} is none", op, op_at_));
  }

  std::string_view line() {
    const auto rest = bytes_.substr(at_.at());
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) {
      at_.skip(~0ULL);
      return {};
    }
    return at_.take(end + 1).substr(0, end);
  }

  void push(PickleValue value) { heap_.push(value); }

  bool constant(std::uint8_t op) {
    switch (op) {
      case 'N':
        return push({V::none}), true;
      case 0x88:
      case 0x89:
        return push({V::boolean, op == 0x88 ? 1U : 0U}), true;
      case 'I':
      case 'L':
        return decimal(line()), true;
      case 'J':
        return push({V::integer, 0,
                     static_cast<std::uint64_t>(static_cast<std::int64_t>(at_.get<std::int32_t>()))}),
               true;
      case 'K':
        return push({V::integer, 0, at_.get<std::uint8_t>()}), true;
      case 'M':
        return push({V::integer, 0, at_.get<std::uint16_t>()}), true;
      case 0x8a:
        return big(at_.take(at_.get<std::uint8_t>())), true;
      case 0x8b:
        return big(at_.take(at_.get<std::uint32_t>())), true;
      case 'F':
        line();
        return push({V::real}), true;
      case 'G':
        at_.skip(8);
        return push({V::real}), true;
      default:
        return false;
    }
  }

  void decimal(std::string_view text) {
    if (text.ends_with('L')) text.remove_suffix(1);
    text = text::trim(text);
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text == "01" || text == "00") return push({V::boolean, text == "01" ? 1U : 0U});
    push(read.ec == std::errc() ? PickleValue{V::integer, 0, static_cast<std::uint64_t>(number)}
                                : PickleValue{V::real});
  }

  void big(std::string_view raw) {
    constexpr std::string_view magic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    if (raw == magic) trace_.torch_magic = true;
    if (raw.size() > 8) return push({V::real});
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < raw.size(); ++i)
      number |= static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << (8 * i);
    push({V::integer, 0, number});
  }

  bool text(std::uint8_t op) {
    switch (op) {
      case 'S':
        return quoted(line()), true;
      case 'V':
        return escaped(line(), false), true;
      case 'T':
        return push_text(V::text, at_.take(at_.get<std::uint32_t>())), true;
      case 'U':
      case 0x8c:
        return push_text(V::text, at_.take(at_.get<std::uint8_t>())), true;
      case 'X':
        return push_text(V::text, at_.take(at_.get<std::uint32_t>())), true;
      case 0x8d:
        return push_text(V::text, at_.take(at_.get<std::uint64_t>())), true;
      case 'B':
        return push_text(V::bytes, at_.take(at_.get<std::uint32_t>())), true;
      case 'C':
        return push_text(V::bytes, at_.take(at_.get<std::uint8_t>())), true;
      case 0x8e:
      case 0x96:
        return push_text(V::bytes, at_.take(at_.get<std::uint64_t>())), true;
      default:
        return false;
    }
  }

  void push_text(V kind, std::string_view text) { push(PickleValue::of(kind, text)); }

  void quoted(std::string_view text) {
    text = text::trim(text);
    if (text.size() < 2 || text.front() != text.back() || (text.front() != '\'' && text.front() != '"'))
      return heap_.breaks("a text without quotes");
    escaped(text.substr(1, text.size() - 2), true);
  }

  // Python's escapes. A long text is no name, and stays as it is.
  void escaped(std::string_view text, bool of_bytes) {
    if (!text.contains('\\') || text.size() > kMostName) return push_text(V::text, text);
    push_text(V::text, heap_.own(unescaped(text, of_bytes)));
  }

  bool container(std::uint8_t op) {
    switch (op) {
      case '(':
        return heap_.mark(), true;
      case ')':
        return push({V::tuple}), true;
      case 't':
        return push(heap_.tuple(held(heap_.pop_mark()))), true;
      case 0x85:
      case 0x86:
      case 0x87:
        return push(heap_.tuple(held(heap_.pop(op - 0x84U)))), true;
      case ']':
      case '}':
      case 0x8f:
        return push({V::container}), true;
      case 'l':
      case 'd':
      case 0x91:
        held(heap_.pop_mark());
        return push({V::container}), true;
      case 'a':
        held(heap_.pop(1));
        return changed(heap_.top()), true;
      case 'e':
      case 0x90:
        held(heap_.pop_mark());
        return changed(heap_.top()), true;
      case 's':
        held(heap_.pop(2));
        return changed(heap_.top()), true;
      case 'u': {
        const auto items = held(heap_.pop_mark());
        changed(heap_.top());
        return heap_.give_items(items), true;
      }
      default:
        return false;
    }
  }

  bool loads(const PickleValue& value) const {
    return value.kind == V::global && trace_.globals[value.number].name == "_load_from_bytes";
  }

  // The one function on the list that unpickles may be called with bytes that are judged, and not be handed
  // to others, which would call it.
  PickleHeap::Items held(PickleHeap::Items items) {
    if (std::ranges::any_of(items, [&](const auto& one) { return loads(one); }))
      odd(Kind::loads_computed, "torch.storage._load_from_bytes");
    return items;
  }

  // Something is put into it or set at it.
  void changed(const PickleValue* target) {
    if (target && target->kind == V::global) odd(Kind::changed_global, shown(*target));
  }

  bool memo(std::uint8_t op) {
    switch (op) {
      case 'p':
        return heap_.put(index(line())), true;
      case 'q':
        return heap_.put(at_.get<std::uint8_t>()), true;
      case 'r':
        return heap_.put(at_.get<std::uint32_t>()), true;
      case 0x94:
        return heap_.memoize(), true;
      case 'g':
        return heap_.get(index(line())), true;
      case 'h':
        return heap_.get(at_.get<std::uint8_t>()), true;
      case 'j':
        return heap_.get(at_.get<std::uint32_t>()), true;
      default:
        return false;
    }
  }

  std::uint64_t index(std::string_view text) {
    const auto number = text::parse_uint(text::trim(text));
    if (!number && !at_.failed()) heap_.breaks("an index of the memo that is no number");
    return number.value_or(0);
  }

  bool importing(std::uint8_t op) {
    switch (op) {
      case 'c': {
        const auto module = line();
        return push(global(module, line())), true;
      }
      case 0x93: {
        const auto names = heap_.pop(2);
        if (names.size() == 2 && names[0].kind == V::text && names[1].kind == V::text)
          return push(global(names[0].text(), names[1].text())), true;
        odd(Kind::computed_name,
            names.size() == 2 && names[1].kind == V::text ? std::string(names[1].text()) : "");
        return push({V::unknown}), true;
      }
      case 0x82:
        at_.skip(1);
        return odd(Kind::extension, ""), push({V::unknown}), true;
      case 0x83:
        at_.skip(2);
        return odd(Kind::extension, ""), push({V::unknown}), true;
      case 0x84:
        at_.skip(4);
        return odd(Kind::extension, ""), push({V::unknown}), true;
      default:
        return false;
    }
  }

  PickleValue global(std::string_view module, std::string_view name) {
    module = module.substr(0, kMostName), name = name.substr(0, kMostName);
    auto key = std::string(module).append(1, '\n').append(name);
    const auto known = index_.find(key);
    if (known != index_.end()) return {V::global, 0, known->second};
    if (trace_.globals.size() >= kMostGlobals) {
      heap_.breaks("more globals than are kept");
      return {V::unknown};
    }
    const auto number = trace_.globals.size();
    index_.emplace(std::move(key), number);
    trace_.globals.push_back({.module = std::string(module),
                              .name = std::string(name),
                              .effect = effect_of(module, name),
                              .called = false,
                              .start = op_at_,
                              .end = at_.at()});
    return {V::global, 0, number};
  }

  bool calling(std::uint8_t op) {
    switch (op) {
      case 'R': {
        const auto two = heap_.pop(2);
        if (two.size() == 2) push(called(two[0], two[1]));
        return true;
      }
      case 0x81: {
        const auto two = heap_.pop(2);
        if (two.size() == 2) push(called(two[0], two[1]));
        return true;
      }
      case 0x92: {
        const auto three = heap_.pop(3);
        if (three.size() == 3) push(called(three[0], three[1]));
        return true;
      }
      case 'i': {
        const auto module = line();
        const auto callee = global(module, line());
        return push(called(callee, heap_.tuple(held(heap_.pop_mark())))), true;
      }
      case 'o': {
        const auto items = heap_.pop_mark();
        if (items.empty()) return heap_.breaks("an object without a class"), true;
        return push(called(items[0], heap_.tuple(held(items.subspan(1))))), true;
      }
      case 'b':
        return build(), true;
      default:
        return false;
    }
  }

  std::string shown(const PickleValue& value) const {
    if (value.kind != V::global && value.kind != V::object) return "";
    if (value.number >= trace_.globals.size()) return "";
    const auto& one = trace_.globals[value.number];
    return one.module + "." + one.name;
  }

  PickleValue called(const PickleValue& callee, const PickleValue& arguments) {
    if (callee.kind != V::global) {
      odd(Kind::computed_call, shown(callee));
      return {V::unknown};
    }
    auto& one = trace_.globals[callee.number];
    one.called = true;
    const PickleValue made{V::object, 0, callee.number};
    if (one.module == "numpy" && one.name == "dtype") return heap_.dtype(arguments);
    if (one.module == "_codecs") return heap_.encoded(arguments, made);
    if (one.module == "torch._utils") count_tensor(one.name, arguments);
    if (one.name == "_load_from_bytes") load_within(arguments);
    // Old classes are made by a function that is given the class.
    if ((one.module == "copyreg" || one.module == "copy_reg") && arguments.size >= 1) {
      const auto items = heap_.items(arguments);
      if (!items.empty() && items[0].kind == V::global) return {V::object, 0, items[0].number};
    }
    return made;
  }

  void load_within(const PickleValue& arguments) {
    const auto items = heap_.items(arguments);
    if (items.empty() || items[0].kind != V::bytes)
      odd(Kind::loads_computed, "torch.storage._load_from_bytes");
    else if (std::ranges::find(trace_.within, items[0].text()) != trace_.within.end())
      return;  // the same bytes again
    else if (trace_.within.size() < PickleTrace::kMost)
      trace_.within.emplace_back(items[0].text());
    else
      odd(Kind::loads_computed, "torch.storage._load_from_bytes");
  }

  void count_tensor(std::string_view function, const PickleValue& arguments) {
    if (!function.starts_with("_rebuild_tensor")) return;
    const auto items = heap_.items(arguments);
    if (items.size() < 3) return;
    std::uint64_t numbers = 1;
    for (const auto& size : heap_.items(items[2])) numbers = times(numbers, size.number);
    trace_.parameters = plus(trace_.parameters, numbers);
    if (items[0].kind != V::object) return;
    auto storage = shown(items[0]);
    // Of the untyped ones the type is said apart.
    if (storage.ends_with("UntypedStorage") && items.size() > 6) storage = shown(items[6]);
    auto& of_storage = trace_.by_storage[storage.substr(storage.rfind('.') + 1)];
    of_storage = plus(of_storage, numbers);
  }

  void build() {
    const auto state = heap_.pop(1);
    const auto* target = heap_.top();
    if (state.empty() || !target) return;
    held(state);
    changed(target);
    if (target->kind == V::dtype) return heap_.set_dtype(*target, state[0]);
    if (!how_.raw_arrays || !shown(*target).ends_with("joblib.numpy_pickle.NumpyArrayWrapper")) return;
    trace_.wrapped = true;
    skip_array(state[0]);
  }

  // joblib (numpy_pickle.py, NumpyArrayWrapper.read_array): padding where alignment is asked for, then the
  // numbers; an array of objects is a pickle of its own.
  void skip_array(const PickleValue& state) {
    const auto array = heap_.array_of(state);
    if (!array) return heap_.breaks("joblib's description of an array is not what joblib writes");
    if (array->of_objects) {
      if (how_.nesting >= kMostNesting) return heap_.breaks("pickles nested too deep");
      auto inner = follow_pickle(bytes_, at_.at(), {.raw_arrays = true, .nesting = how_.nesting + 1});
      take_over(inner);
      at_.skip(inner.end - at_.at());
      return;
    }
    if (array->aligned) at_.skip(at_.get<std::uint8_t>());
    at_.skip(array->numbers, array->bytes_each);
  }

  // What a pickle within the stream does, this one does.
  void take_over(PickleTrace& inner) {
    for (auto& one : inner.globals) {
      const auto here = global(one.module, one.name);
      if (here.kind == V::global) trace_.globals[here.number].called |= one.called;
    }
    std::ranges::move(inner.oddities, std::back_inserter(trace_.oddities));
    std::ranges::move(inner.within, std::back_inserter(trace_.within));
    if (!inner.broken.empty()) heap_.breaks(inner.broken);
  }

  bool other(std::uint8_t op) {
    switch (op) {
      case '.':
        return stop(), true;
      case '0':
        return heap_.drop(), true;
      case '1':
        return heap_.pop_mark(), true;
      case '2':
        return heap_.duplicate(), true;
      case 'P':
        line();
        return odd(Kind::persistent_id, ""), push({V::unknown}), true;
      case 'Q':
        return persistent(), true;
      case 0x80:
        if (at_.get<std::uint8_t>() > 5) heap_.breaks("a protocol that no unpickler knows");
        return true;
      case 0x95:
        return at_.skip(8), true;
      case 0x97:
        return push({V::bytes}), true;
      case 0x98:
        return true;
      default:
        return false;
    }
  }

  // torch's: ("storage", class, key, place, numbers).
  void persistent() {
    const auto id = heap_.pop(1);
    odd(Kind::persistent_id, "");
    const auto items = id.empty() ? std::span<const PickleValue>() : heap_.items(id[0]);
    const bool storage = items.size() > 1 && items[1].kind == V::global;
    push(storage ? PickleValue{V::object, 0, items[1].number} : PickleValue{V::unknown});
  }

  void stop() {
    const auto value = heap_.pop(1);
    stopped_ = true;
    if (!value.empty() && value[0].kind == V::integer) trace_.integer = value[0].number;
  }

  void odd(Kind kind, std::string what) {
    if (odd_[static_cast<std::size_t>(kind)]++ < PickleTrace::kMost)
      trace_.oddities.push_back({kind, op_at_, at_.at(), std::move(what)});
  }

  std::string_view bytes_;
  PickleHow how_;
  Cursor at_;
  PickleTrace trace_;
  PickleHeap heap_;
  std::unordered_map<std::string, std::uint64_t> index_;
  std::array<std::size_t, 6> odd_{};  // by kind
  std::uint64_t op_at_ = 0;
  bool stopped_ = false;
};

}  // namespace

PickleTrace follow_pickle(std::string_view bytes, std::uint64_t at, const PickleHow& how) {
  return Machine(bytes, at, how).run();
}

}  // namespace ostiary::model
