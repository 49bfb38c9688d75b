#include "model/pickle.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "model/impl/pickle_machine.h"

namespace ostiary::model {

namespace {

using Kind = PickleOddity::Kind;

constexpr std::size_t kMostPickles = 10'000;  // in one file
constexpr std::size_t kMostShown = 20;        // globals of an effect that are told by name

bool is_name(std::string_view text) {
  return text.size() > 1 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '.';
         });
}

class Judge {
 public:
  Judge(std::string_view bytes, const PickleSetting& setting, Facts& out)
      : bytes_(bytes), setting_(setting), out_(out) {}

  void run() {
    std::uint64_t at = 0;
    bool legacy = false;
    for (std::size_t n = 0; at < bytes_.size(); ++n) {
      if (n >= kMostPickles)
        return tell("pickle-broken", Severity::medium, "more pickles follow one another than are followed",
                    at, at);
      auto trace = follow_pickle(bytes_, at);
      if (n > 0 && !trace.broken.empty() && !speaks(trace, at)) return trailing(at);
      judge(trace, setting_.torch || legacy);
      if (trace.wrapped) judge_as_plain(at);
      if (!trace.broken.empty()) return broken(trace);
      // Older files of torch: four more pickles, then the bytes of tensors.
      if (n == 0) legacy = trace.torch_magic;
      at = trace.end;
      if (legacy && n == 4) return;
    }
  }

 private:
  void tell(std::string_view id, Severity severity, std::string_view what, std::uint64_t start,
            std::uint64_t end) {
    const auto text =
        setting_.member.empty() ? std::string(what) : fmt::format("{}: {}", setting_.member, what);
    const bool known = !setting_.packed;
    out_.hazard(id, severity, text, known ? setting_.offset + start : 0, known ? setting_.offset + end : 0);
  }

  // Whether what breaks behind a whole pickle is one, and not some other data.
  bool speaks(const PickleTrace& trace, std::uint64_t at) const {
    return begins_as_pickle(bytes_.substr(at)) || std::ranges::any_of(trace.globals, [](const auto& one) {
             return is_name(one.module) && is_name(one.name);
           });
  }

  void trailing(std::uint64_t at) {
    tell("trailing-data", Severity::low,
         fmt::format("{} bytes follow the pickle and are none", bytes_.size() - at), at, bytes_.size());
  }

  void broken(const PickleTrace& trace) {
    tell("pickle-broken", Severity::medium,
         fmt::format("the pickle cannot be followed behind byte {}: {}; what stands before it runs",
                     trace.end, trace.broken),
         trace.end, bytes_.size());
    out_.not_read(files::Why::damaged,
                  fmt::format("{}{}a pickle breaks at byte {}: {}", setting_.member,
                              setting_.member.empty() ? "" : ": ", trace.end, trace.broken));
  }

  void judge(const PickleTrace& trace, bool torch) {
    globals(trace);
    for (const auto& odd : trace.oddities) oddity(odd, torch);
    for (const auto& inner : trace.within) within(inner);
    if (trace.parameters > 0) count(trace);
  }

  void globals(const PickleTrace& trace) {
    std::size_t shown = 0, more = 0;
    for (const auto& one : trace.globals) {
      if (one.effect == Effect::rebuilds) continue;
      if (setting_.script && one.module.starts_with("__torch__")) continue;
      if (one.effect == Effect::unknown && ++shown > kMostShown) {
        ++more;
        continue;
      }
      const auto name = fmt::format("{}.{}", one.module, one.name);
      if (one.effect == Effect::runs)
        tell("pickle-runs", Severity::high, fmt::format("{} {}", one.called ? "calls" : "imports", name),
             one.start, one.end);
      else
        tell("pickle-import", Severity::medium,
             fmt::format("{} {}, which is on no list of what is harmless", one.called ? "calls" : "imports",
                         name),
             one.start, one.end);
    }
    if (more > 0)
      tell("pickle-import", Severity::medium, fmt::format("imports {} more that are on no list", more), 0, 0);
  }

  void oddity(const PickleOddity& odd, bool torch) {
    const auto at = [&](std::string_view id, Severity severity, std::string_view what) {
      tell(id, severity, odd.shown.empty() ? std::string(what) : fmt::format("{} {}", what, odd.shown),
           odd.start, odd.end);
    };
    switch (odd.kind) {
      case Kind::computed_name:
        return at("pickle-computed", Severity::high, "imports something whose name it computes");
      case Kind::computed_call:
        return at("pickle-computed", Severity::high, "calls what it computed");
      case Kind::changed_global:
        return at("pickle-changes", Severity::high, "changes attributes or items of");
      case Kind::extension:
        return at("pickle-extension", Severity::medium,
                  "asks a registry of the loading program for what to call");
      case Kind::persistent_id:
        if (torch) return;
        return at("pickle-persistent-id", Severity::medium, "asks the loading program for objects by an id");
      case Kind::loads_computed:
        return at("pickle-computed", Severity::high, "unpickles bytes that it computes");
    }
  }

  void within(std::string_view bytes) {
    PickleSetting inner = setting_;
    inner.packed = true;
    inner.torch = true;
    if (++inner.nesting > kMostNesting)
      return tell("pickle-broken", Severity::medium, "pickles within pickles, deeper than is followed", 0, 0);
    judge_anything(bytes, inner, out_);
  }

  // Who loads a file of joblib as a plain pickle reads the arrays' bytes as opcodes.
  void judge_as_plain(std::uint64_t at) {
    const auto plain = follow_pickle(bytes_, at, {.raw_arrays = false});
    for (const auto& one : plain.globals)
      if (one.effect == Effect::runs && is_name(one.module) && is_name(one.name))
        tell("pickle-runs", Severity::high,
             fmt::format("{}.{} stands in the bytes of an array, where a plain unpickler finds it",
                         one.module, one.name),
             one.start, one.end);
  }

  void count(const PickleTrace& trace) {
    out_.parameters = out_.parameters.value_or(0) + trace.parameters;
    const auto most = std::ranges::max_element(
        trace.by_storage, {}, [](const auto& pair) { return std::pair(pair.second, pair.first); });
    if (most != trace.by_storage.end()) out_.quantization = type_of(most->first);
  }

  static std::string type_of(std::string_view storage) {
    constexpr std::pair<std::string_view, std::string_view> known[] = {
        {"FloatStorage", "F32"},  {"HalfStorage", "F16"},   {"BFloat16Storage", "BF16"},
        {"DoubleStorage", "F64"}, {"ByteStorage", "U8"},    {"CharStorage", "I8"},
        {"QInt8Storage", "QI8"},  {"QUInt8Storage", "QU8"}, {"LongStorage", "I64"},
        {"IntStorage", "I32"}};
    for (const auto& [name, type] : known)
      if (name == storage) return std::string(type);
    return std::string(storage);
  }

  std::string_view bytes_;
  const PickleSetting& setting_;
  Facts& out_;
};

}  // namespace

void judge_pickles(std::string_view bytes, const PickleSetting& setting, Facts& out) {
  Judge(bytes, setting, out).run();
}

bool begins_as_pickle(std::string_view bytes) {
  if (bytes.size() < 3 || bytes[0] != '\x80' || bytes[1] < 1 || bytes[1] > 5) return false;
  constexpr std::string_view first =
      "()]}lctiNIJKLMFGSTUVXBCPcpq\x8a\x8b\x8c\x8d\x8e\x8f\x88\x89\x95\x96\x80\x82\x83\x84";
  return first.contains(bytes[2]);
}

bool is_old_pickle(std::string_view bytes) {
  const auto trace = follow_pickle(bytes, 0);
  if (trace.broken.empty() && trace.end > 2) return true;
  return std::ranges::any_of(trace.globals, [](const auto& one) {
    return one.effect == Effect::runs || (is_name(one.module) && is_name(one.name));
  });
}

}  // namespace ostiary::model
