#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ostiary::model {

// A value of a pickle, as far as judging needs to know it.
struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,    // `number`; negative ones as two's complement
    real,       // or an integer too large
    text,       // text()
    bytes,      // text()
    tuple,      // items() of the heap
    container,  // list, dict or set; items() are keys and values of a dict
    global,     // `number` is its index
    object,     // what calling the global `number` gave
    dtype,      // a type of numpy's numbers; `number` is its index
    unknown
  };
  Kind kind = Kind::unknown;
  std::uint32_t size = 0;
  std::uint64_t number = 0;
  const char* data = nullptr;

  static constexpr std::uint32_t kNotKept = ~0U;  // size of a tuple or dict whose items are not known
  static PickleValue of(Kind kind, std::string_view text);
  std::string_view text() const { return {data, static_cast<std::size_t>(number)}; }
};

// Texts of Python literals. `of_bytes`: the escapes of STRING, else those of UNICODE (raw-unicode-escape).
std::string unescaped(std::string_view text, bool of_bytes);

// An array as joblib describes it before its numbers.
struct PickledArray {
  bool of_objects = false, aligned = false;
  std::uint64_t numbers = 0, bytes_each = 0;
};

// Stack, marks and memo of an unpickler. What an unpickler would stop at breaks it; so does more than can be
// kept: kMostValues on the stack, in the memo and in tuples.
class PickleHeap {
 public:
  static constexpr std::size_t kMostValues = 4'000'000;
  static constexpr std::size_t kMostItems = 16;  // of a tuple or dict that are kept
  static constexpr std::size_t kMostOwned = 64u << 20;

  // `broken` is where breaks() writes.
  explicit PickleHeap(std::string& broken) : broken_(broken) {}

  void breaks(std::string why) {
    if (broken_.empty()) broken_ = std::move(why);
  }

  using Items = std::span<const PickleValue>;  // valid until the next pop
  void push(PickleValue value);
  Items pop(std::size_t count);  // in the order in which they were pushed; empty where there are too few
  Items pop_mark();              // down to the last mark
  void mark();
  void drop();  // the top, or a mark that stands there
  void duplicate();
  PickleValue* top();  // nullptr where there is none, which breaks

  void put(std::uint64_t index);
  void memoize();
  void get(std::uint64_t index);

  PickleValue tuple(Items items);
  // What a dict on the top of the stack holds now.
  void give_items(Items items);
  Items items(const PickleValue& value) const;
  std::string_view own(std::string text);

  // numpy.dtype(text, …), and what BUILD does to it.
  PickleValue dtype(const PickleValue& arguments);
  void set_dtype(const PickleValue& dtype, const PickleValue& state);
  // _codecs.encode(text, 'latin1'), which is how bytes stand in protocols 0 to 2; `otherwise` of other texts.
  PickleValue encoded(const PickleValue& arguments, const PickleValue& otherwise);
  // The state of joblib's NumpyArrayWrapper; nullopt: not what joblib writes.
  std::optional<PickledArray> array_of(const PickleValue& state) const;

 private:
  struct Dtype {
    std::uint32_t bytes = 0;  // of a number; 0: unknown
    bool objects = false;
    bool record = false;  // of named fields
    bool sized = false;   // texts and records: their state tells how many bytes
  };
  std::size_t fence() const { return marks_.empty() ? 0 : marks_.back(); }

  std::string& broken_;
  std::vector<PickleValue> stack_, popped_, kept_;
  std::vector<std::size_t> marks_;
  std::vector<PickleValue> memo_;                            // of indices that follow one another
  std::unordered_map<std::uint64_t, PickleValue> far_memo_;  // of others
  std::uint64_t memo_size_ = 0;
  std::deque<std::string> owned_;
  std::size_t owned_bytes_ = 0;
  std::vector<Dtype> dtypes_;
};

}  // namespace ostiary::model
