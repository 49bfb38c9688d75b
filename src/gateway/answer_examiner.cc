#include "gateway/answer_examiner.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "base/time.h"
#include "gateway/answer_event.h"
#include "gateway/setup.h"
#include "inspect/decode.h"
#include "json/edit.h"
#include "json/sse.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kMostChannels = 64;

// One string that came whole.
std::string examined(AnswerMasks& masks, std::string_view text, bool json) {
  std::string out;
  AnswerText whole(masks, json, "");
  whole.feed(text, true, out);
  return out;
}

// The pointer of a value; nothing where a name in it is unusual, since names may hold anything.
std::string shown_pointer(json::Value value) {
  constexpr std::size_t most = 200;
  auto pointer = value.pointer();
  const bool usual = std::ranges::all_of(pointer, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '/';
  });
  return usual && pointer.size() <= most ? pointer : "";
}

// Examines the texts that came whole and notes their changes. Whether there are any.
bool examine_whole(AnswerMasks& masks, const std::vector<json::Value>& texts, json::Edit& edit) {
  bool changed = false;
  std::string scratch;
  for (const json::Value value : texts) {
    const auto text = value.as_string(scratch).value_or("");
    const auto known = masks.findings().size();
    const auto out = examined(masks, text, holds_json(value.key_raw()));
    if (masks.findings().size() > known) masks.place(known, shown_pointer(value));
    if (out == text) continue;
    edit.replace(value, json::quoted(out));
    changed = true;
  }
  return changed;
}

void drop_repeats(const std::vector<json::Value>& repeats, json::Edit& edit) {
  for (const json::Value value : repeats) edit.replace(value, value.is_array() ? "[]" : "null");
}

// The event with other data; all other lines stay as they are.
std::string with_data(std::string_view event, std::string_view data) {
  std::string out;
  bool said = false;
  while (!event.empty()) {
    const auto stop = event.find_first_of("\r\n");
    const auto line = event.substr(0, stop);
    auto size = line.size();
    if (stop != std::string_view::npos) size += event.substr(stop).starts_with("\r\n") ? 2 : 1;
    const bool is_data = line == "data" || line.starts_with("data:");
    if (!is_data) out += event.substr(0, size);
    if (is_data && !said) {
      said = true;
      const auto end = event.substr(line.size(), size - line.size());
      for (const auto part : text::split(data, '\n')) {
        out += "data: ";
        out += part;
        out += end;
      }
    }
    event.remove_prefix(size);
  }
  return out;
}

// A stream of events.
class StreamExamination final : public Examination {
 public:
  explicit StreamExamination(AnswerMasks masks) : masks_(std::move(masks)), changes_(masks_.changes()) {}

  void feed(std::string_view bytes, std::string& settled) override;
  void finish(bool cut, std::string& settled) override;
  std::vector<inspect::Finding> findings() const override { return masks_.findings(); }
  MonoNs due() const override;
  void expire(std::string& settled) override;
  bool refused() const override { return masks_.masks() && masks_.gave_up(); }

 private:
  // A text that comes in several events.
  struct Channel {
    std::unique_ptr<AnswerText> text;
    std::string event;      // the last one that brought some of it, while something is held
    MonoNs held_since = 0;  // 0: nothing is held
    std::uint64_t held_from = 0;
  };
  void take_events(std::string_view bytes, std::string& out);
  void take_event(std::string_view event, const json::SseEvent& read, std::string& out);
  void take_words(std::string_view event, std::string_view data, std::string& out);
  bool take_pieces(json::Edit& edit, std::string_view event);
  bool ends(const std::string& channel) const;
  void end_channels(std::string& out);
  void end_all(std::string& out);
  Channel* channel(const AnswerEvent::Piece& piece);
  void note_held(Channel& channel, std::string_view event);
  void say(const std::string& name, const Channel& channel, std::string_view text, std::string& out);

  AnswerMasks masks_;
  bool changes_;
  // Of a larger event nothing is known: with a class to be masked that ends the answer.
  static constexpr std::size_t kMostEvent = 1u << 20, kMostEventMasked = 8u << 20;
  json::SseReader reader_{masks_.masks() ? kMostEventMasked : kMostEvent};
  std::string raw_;             // bytes of an event that is not finished
  std::uint64_t raw_from_ = 0;  // their offset in the stream
  json::Document document_;
  AnswerEvent parts_;
  std::map<std::string, Channel, std::less<>> channels_;
  std::string scratch_;
};

void StreamExamination::feed(std::string_view bytes, std::string& settled) {
  if (refused()) return;
  if (const auto at = due(); at != 0 && mono_now() >= at) expire(settled);
  if (changes_) return take_events(bytes, settled);
  std::string unused;
  take_events(bytes, unused);
  settled += bytes;
}

void StreamExamination::take_events(std::string_view bytes, std::string& out) {
  if (reader_.overflowed()) {  // with nothing to mask: an event that large is not looked at, nor what follows
    out += bytes;
    return;
  }
  std::string_view known = bytes;
  if (!raw_.empty()) known = raw_ += bytes;
  reader_.feed(bytes);
  std::uint64_t at = raw_from_;
  const auto upto = [&](std::uint64_t end) { return known.substr(at - raw_from_, end - at); };
  json::SseEvent event;
  while (!refused() && reader_.next(event)) {
    take_event(upto(event.end), event, out);
    at = event.end;
  }
  if (reader_.overflowed()) {
    masks_.give_up();
    if (!refused()) out += known.substr(at - raw_from_);
    return std::string().swap(raw_);
  }
  if (refused()) return;
  if (reader_.settled() > at) {  // comments, and fields of events without data
    const auto gap = upto(reader_.settled());
    out += gap.find_first_not_of("\r\n:") == std::string_view::npos ? std::string(gap)
                                                                    : examined(masks_, gap, false);
    at = reader_.settled();
  }
  if (raw_.empty())
    raw_ = known.substr(at - raw_from_);
  else
    raw_.erase(0, at - raw_from_);
  raw_from_ = at;
}

void StreamExamination::take_event(std::string_view event, const json::SseEvent& read, std::string& out) {
  const auto data = text::trim(read.data);
  if (data == "[DONE]") {
    end_all(out);
    out += event;
    return;
  }
  if (!json::Document::parse_into(read.data, {.refuse_duplicates = false}, document_))
    return take_words(event, read.data, out);
  parts_.read(document_, read.type);
  json::Edit edit;
  bool changed = take_pieces(edit, event);
  end_channels(out);
  changed = examine_whole(masks_, parts_.whole, edit) || changed;
  // They tell what is still held of the pieces.
  if (masks_.masks())
    for (const json::Value grown : parts_.grown) {
      edit.remove(grown);
      changed = true;
    }
  if (!changed || !changes_) {
    out += event;
    return;
  }
  drop_repeats(parts_.repeats, edit);
  if (const auto edited = edit.apply(read.data))
    out += with_data(event, *edited);
  else
    masks_.give_up();
}

// An event that is no JSON.
void StreamExamination::take_words(std::string_view event, std::string_view data, std::string& out) {
  const auto words = examined(masks_, data, false);
  if (words == data)
    out += event;
  else
    out += with_data(event, words);
}

StreamExamination::Channel* StreamExamination::channel(const AnswerEvent::Piece& piece) {
  const auto found = channels_.find(piece.channel);
  if (found != channels_.end()) return &found->second;
  if (channels_.size() == kMostChannels) {
    masks_.give_up();
    return nullptr;
  }
  auto& made = channels_[piece.channel];
  made.text = std::make_unique<AnswerText>(masks_, piece.json, shown_pointer(piece.value));
  return &made;
}

bool StreamExamination::ends(const std::string& channel) const {
  return std::ranges::any_of(parts_.ended,
                             [&](const std::string& front) { return channel.starts_with(front); });
}

bool StreamExamination::take_pieces(json::Edit& edit, std::string_view event) {
  bool changed = false;
  for (const auto& piece : parts_.pieces) {
    auto* const known = channel(piece);
    if (!known) return false;
    const auto text = piece.value.as_string(scratch_).value_or("");
    std::string out;
    const bool last = ends(piece.channel);
    known->text->feed(text, last, out);
    if (last)
      channels_.erase(piece.channel);
    else
      note_held(*known, event);
    if (out == text) continue;
    edit.replace(piece.value, json::quoted(out));
    changed = true;
  }
  return changed;
}

// What is held of texts that the event says are over goes before it.
void StreamExamination::end_channels(std::string& out) {
  if (parts_.ended.empty()) return;
  for (auto at = channels_.begin(); at != channels_.end();) {
    if (!ends(at->first)) {
      ++at;
      continue;
    }
    std::string rest;
    at->second.text->feed({}, true, rest);
    say(at->first, at->second, rest, out);
    at = channels_.erase(at);
  }
}

void StreamExamination::end_all(std::string& out) {
  parts_.ended.assign(1, "");
  end_channels(out);
}

void StreamExamination::note_held(Channel& channel, std::string_view event) {
  if (!changes_) return;
  if (!channel.text->holds()) {
    channel.held_since = 0;
    return;
  }
  channel.event = event;
  if (channel.held_since != 0 && channel.text->out() == channel.held_from) return;
  channel.held_from = channel.text->out();
  channel.held_since = mono_now();
}

// An event like the last one of the channel, with that text and nothing else.
void StreamExamination::say(const std::string& name, const Channel& channel, std::string_view text,
                            std::string& out) {
  if (text.empty() || channel.event.empty()) return;
  json::SseReader reader;
  json::SseEvent event;
  reader.feed(channel.event);
  json::Document document;
  AnswerEvent parts;
  if (!reader.next(event) || !json::Document::parse_into(event.data, {.refuse_duplicates = false}, document))
    return masks_.give_up();
  parts.read(document, event.type);
  json::Edit edit;
  for (const auto& piece : parts.pieces)
    edit.replace(piece.value, piece.channel == name ? json::quoted(text) : "\"\"");
  for (const json::Value text_of_its_own : parts.whole) edit.replace(text_of_its_own, "\"\"");
  for (const json::Value grown : parts.grown) edit.remove(grown);
  for (const json::Value why : parts.endings) edit.replace(why, "null");
  for (const json::Value member : parts.once) edit.remove(member);
  drop_repeats(parts.repeats, edit);
  const auto edited = edit.apply(event.data);
  if (!edited) return masks_.give_up();
  out += with_data(channel.event, *edited);
}

MonoNs StreamExamination::due() const {
  MonoNs soonest = 0;
  for (const auto& [name, channel] : channels_)
    if (channel.held_since != 0 && (soonest == 0 || channel.held_since < soonest))
      soonest = channel.held_since;
  return soonest == 0 ? 0 : soonest + static_cast<MonoNs>(masks_.rules().hold_ms) * 1'000'000;
}

void StreamExamination::expire(std::string& settled) {
  const auto now = mono_now();
  const auto most = static_cast<MonoNs>(masks_.rules().hold_ms) * 1'000'000;
  for (auto& [name, channel] : channels_) {
    if (channel.held_since == 0 || channel.held_since + most > now) continue;
    std::string out;
    channel.text->expire(out);
    say(name, channel, out, settled);
    channel.held_since = 0;
  }
}

void StreamExamination::finish(bool cut, std::string& settled) {
  if (refused()) return;
  std::string out;
  if (cut) {
    for (auto& [name, channel] : channels_) {
      std::string rest;
      channel.text->expire(rest);
      say(name, channel, rest, out);
    }
  } else if (!raw_.empty()) {
    reader_.feed("\n\n");
    json::SseEvent event;
    if (reader_.next(event))
      take_event(std::string(raw_), event, out);
    else
      out += examined(masks_, raw_, false);
  }
  raw_.clear();
  end_all(out);
  if (changes_ && !refused()) settled += out;
}

// A body that is fed at once.
class WholeExamination final : public Examination {
 public:
  explicit WholeExamination(AnswerMasks masks) : masks_(std::move(masks)) {}

  void feed(std::string_view bytes, std::string& settled) override {
    std::string out;
    if (!examine(bytes, out)) masks_.give_up();
    if (!refused()) settled += masks_.changes() ? std::string_view(out) : bytes;
  }
  void finish(bool, std::string&) override {}
  std::vector<inspect::Finding> findings() const override { return masks_.findings(); }
  bool refused() const override { return masks_.masks() && masks_.gave_up(); }

 private:
  // False: it cannot be read.
  bool examine(std::string_view body, std::string& out) {
    json::Document document;
    if (!json::Document::parse_into(body, {.refuse_duplicates = false}, document)) {
      if (!inspect::is_text(body)) return false;
      out = examined(masks_, body, false);
      return true;
    }
    AnswerEvent parts;
    parts.read_whole(document);
    json::Edit edit;
    if (!examine_whole(masks_, parts.whole, edit)) {
      out = body;
      return true;
    }
    drop_repeats(parts.repeats, edit);
    auto edited = edit.apply(body);
    if (edited) out = std::move(*edited);
    return edited.has_value();
  }
  AnswerMasks masks_;
};

// A body in pieces, which can only be passed on or refused.
class UnreadExamination final : public Examination {
 public:
  explicit UnreadExamination(bool refuses) : refuses_(refuses) {}
  void feed(std::string_view bytes, std::string& settled) override {
    if (!refuses_) settled += bytes;
  }
  void finish(bool, std::string&) override {}
  std::vector<inspect::Finding> findings() const override { return {}; }
  bool refused() const override { return refuses_; }

 private:
  bool refuses_;
};

}  // namespace

std::unique_ptr<Examination> AnswerExaminer::begin(const Exchange& exchange, AnswerKind kind) const {
  const auto endpoint = exchange.asked.endpoint.name;
  if (endpoint == "embeddings" || endpoint == "models") return nullptr;
  auto placeholders =
      exchange.placeholders ? exchange.placeholders : std::make_shared<Placeholders>(exchange.digest_key);
  AnswerMasks masks(rules_, std::move(placeholders));
  if (kind == AnswerKind::stream) return std::make_unique<StreamExamination>(std::move(masks));
  if (kind == AnswerKind::whole) return std::make_unique<WholeExamination>(std::move(masks));
  return masks.masks() ? std::make_unique<UnreadExamination>(true) : nullptr;
}

}  // namespace ostiary::gateway
