#include "gateway/answer_stream.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kMostChannels = 64;
constexpr std::size_t kMostOther = 64;  // channels besides, of no known shape
// Of one event; no service sends so many, and what is looked at for each of them is bounded by it.
constexpr std::size_t kMostNodes = 16'384, kMostOtherTexts = 1024;
constexpr std::size_t kLeastText = 8;  // a shorter string holds nothing by itself

bool is_other(std::string_view channel) {
  return channel.starts_with('?');
}

std::string_view without_end(std::string_view line) {
  return line.substr(0, line.find_last_not_of("\r\n") + 1);
}

// The JSON that an event stands for, from its bytes.
std::optional<std::string> json_of(const EventBytes& event) {
  if (event.form == EventBytes::Form::line) return std::string(without_end(event.bytes));
  json::SseReader reader;
  json::SseEvent read;
  reader.feed(event.bytes);
  if (!reader.next(read)) return std::nullopt;
  return event.form == EventBytes::Form::words ? json::quoted(read.data) : std::string(read.data);
}

// What goes, or is told elsewhere, with names and all.
std::vector<json::Value> apart(const AnswerEvent& parts) {
  auto out = parts.grown;
  out.insert(out.end(), parts.repeats.begin(), parts.repeats.end());
  return out;
}

bool begins_json(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && (line[first] == '{' || line[first] == '[');
}

std::string_view take_line(std::string_view& text) {
  const auto stop = text.find('\n');
  const auto line = text.substr(0, stop == std::string_view::npos ? stop : stop + 1);
  text.remove_prefix(line.size());
  return line;
}

// Nothing is told of a whole text and nothing in it is given back: to ask that at once costs a third of what
// the pieces of a text do.
bool passes_as_it_is(AnswerMasks& masks, std::string_view text) {
  if (!masks.placeholders().kept().empty()) return false;
  const auto found = masks.inspecting().inspect(text);
  return found.findings.empty() && found.partial.empty();
}

}  // namespace

std::string examined(AnswerMasks& masks, std::string_view text, bool json) {
  std::string out;
  AnswerText whole(masks, json, "");
  whole.feed(text, true, out);
  return out;
}

bool examine_whole(AnswerMasks& masks, const std::vector<json::Value>& texts, json::Edit& edit) {
  bool changed = false;
  std::string scratch;
  for (const json::Value value : texts) {
    const auto text = value.as_string(scratch).value_or("");
    if (passes_as_it_is(masks, text)) continue;
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

void StreamExamination::feed(std::string_view bytes, std::string& settled) {
  if (refused()) return;
  if (const auto at = due(); at != 0 && mono_now() >= at) expire(settled);
  if (changes_) return take_bytes(bytes, settled);
  std::string unused;
  take_bytes(bytes, unused);
  settled += bytes;
}

void StreamExamination::take_bytes(std::string_view bytes, std::string& out) {
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
    take_sse(upto(event.end), event, out);
    at = event.end;
  }
  if (reader_.overflowed()) {
    masks_.give_up();
    if (!refused()) out += known.substr(at - raw_from_);
    return std::string().swap(raw_);
  }
  if (refused()) return;
  if (reader_.settled() > at) {  // comments, and fields of events without data
    take_lines(upto(reader_.settled()), out);
    at = reader_.settled();
  }
  if (raw_.empty())
    raw_ = known.substr(at - raw_from_);
  else
    raw_.erase(0, at - raw_from_);
  raw_from_ = at;
}

// What is no event: lines that are JSON are events of their own.
void StreamExamination::take_lines(std::string_view lines, std::string& out) {
  auto other = lines.substr(0, 0);
  const auto pass = [&] {
    if (other.find_first_not_of("\r\n:") == std::string_view::npos) {
      out += other;
    } else {
      if (!other.starts_with(':')) let_go(out);
      out += examined(masks_, other, false);
    }
  };
  while (!lines.empty()) {
    const auto line = take_line(lines);
    if (begins_json(line)) {
      pass();
      other = lines.substr(0, 0);
      if (take_event({line, EventBytes::Form::line, {}}, without_end(line), out)) continue;
      other = line;
    } else {
      other = {other.data(), other.size() + line.size()};
    }
  }
  pass();
}

void StreamExamination::take_sse(std::string_view bytes, const json::SseEvent& read, std::string& out) {
  if (text::trim(read.data) == "[DONE]") {
    end_all(out);
    out += bytes;
    return;
  }
  if (take_event({bytes, EventBytes::Form::json, read.type}, read.data, out)) return;
  take_event({bytes, EventBytes::Form::words, read.type}, json::quoted(read.data), out);
}

// False: it is no JSON, or a single word of it.
bool StreamExamination::take_event(const EventBytes& event, std::string_view json, std::string& out) {
  if (!json::Document::parse_into(json, {.refuse_duplicates = false}, document_)) return false;
  const auto root = document_.root();
  if (!root.is_object() && !root.is_array() && !root.is_string()) return false;
  if (document_.nodes().size() > kMostNodes) return pass_unread(event, out);
  kept_.reset();
  parts_.read(document_, event.type);
  if (parts_.other.size() > kMostOtherTexts) return pass_unread(event, out);
  settle_waiting();
  let_go(out);
  json::Edit edit;
  bool changed = take_pieces(edit, event);
  changed = take_others(edit, event) || changed;
  end_channels(out);
  changed = examine_whole(masks_, parts_.whole, edit) || changed;
  changed = names_.examine(masks_, document_, apart(parts_), edit) || changed;
  // They tell what is still held of the pieces.
  if (masks_.masks())
    for (const json::Value grown : parts_.grown) {
      edit.remove(grown);
      changed = true;
    }
  others_.end_event();
  std::string edited;
  if (changed && changes_) {
    drop_repeats(parts_.repeats, edit);
    const auto made = edit.apply(json);
    if (!made) {
      masks_.give_up();
      return true;
    }
    edited = with_json(event, *made);
  }
  const auto shown = edited.empty() ? event.bytes : std::string_view(edited);
  if (next_waiting_.texts.empty() || !changes_) {
    next_waiting_ = {};
    out += shown;
    return true;
  }
  waiting_ = std::exchange(next_waiting_, {});
  waiting_.event = {std::string(shown), std::string(event.type), event.form};
  waiting_.since = mono_now();
  return true;
}

// It is built to cost too much.
bool StreamExamination::pass_unread(const EventBytes& event, std::string& out) {
  let_go(out);
  masks_.give_up();
  if (!refused()) out += event.bytes;
  return true;
}

StreamExamination::Channel* StreamExamination::channel(const AnswerEvent::Piece& piece) {
  const auto found = channels_.find(piece.channel);
  if (found != channels_.end()) return &found->second;
  const bool other = is_other(piece.channel);
  const auto alike =
      std::ranges::count_if(channels_, [&](const auto& c) { return is_other(c.first) == other; });
  if (static_cast<std::size_t>(alike) == (other ? kMostOther : kMostChannels)) {
    masks_.give_up();
    return nullptr;
  }
  auto& made = channels_[piece.channel];
  made.text = std::make_unique<AnswerText>(masks_, piece.json, shown_pointer(piece.value));
  if (other) made.text->heed(told_);
  return &made;
}

// Whether the event is changed.
bool StreamExamination::take_piece(const AnswerEvent::Piece& piece, std::string_view text, json::Edit& edit,
                                   const EventBytes& event) {
  auto* const known = channel(piece);
  if (!known) return false;
  std::string out;
  const bool last = parts_.ends(piece.channel);
  const auto before = piece.value.as_string(scratch_).value_or("");
  known->text->feed(text, last, out);
  const bool changed = out != before;
  if (last)
    channels_.erase(piece.channel);
  else
    note_held(*known, event);
  if (changed) edit.replace(piece.value, json::quoted(out));
  return changed;
}

bool StreamExamination::take_pieces(json::Edit& edit, const EventBytes& event) {
  bool changed = false;
  std::string decoded;
  for (const auto& piece : parts_.pieces)
    changed = take_piece(piece, piece.value.as_string(decoded).value_or(""), edit, event) || changed;
  return changed;
}

// What the event tells of the one that waits.
void StreamExamination::settle_waiting() {
  kinds_.clear();
  for (const auto& piece : parts_.other) {
    kinds_.push_back(OtherTexts::Kind::own);
    if (channels_.contains(piece.channel)) continue;
    const auto text = piece.value.as_string(scratch_).value_or("");
    kinds_.back() = others_.take(piece.channel, text);
    if (kinds_.back() == OtherTexts::Kind::grows) begin_growing(piece);
    if (kinds_.back() != OtherTexts::Kind::more) continue;
    for (auto& waits : waiting_.texts)
      if (waits.channel == piece.channel) waits.shown = waits.settled;
  }
}

// Its first part came in an event before.
void StreamExamination::begin_growing(const AnswerEvent::Piece& piece) {
  auto* const made = channel(piece);
  if (!made) return;
  for (auto& waits : waiting_.texts) {
    if (waits.channel != piece.channel) continue;
    made->text->feed(waits.masked, false, waits.shown.emplace());
    return;
  }
  made->text->pass_over(others_.last_masked());
}

// A piece of a text as it is by itself.
std::string StreamExamination::examined_piece(std::string_view text, bool json, json::Value place) {
  if (text.size() < kLeastText || passes_as_it_is(masks_, text)) return std::string(text);
  const auto known = masks_.findings().size();
  std::string out;
  AnswerText alone(masks_, json, "", false);
  alone.tell(told_);
  alone.heed(told_);
  alone.feed(text, true, out);
  if (masks_.findings().size() > known) masks_.place(known, shown_pointer(place));
  return out;
}

bool StreamExamination::take_others(json::Edit& edit, const EventBytes& event) {
  bool changed = false;
  std::string decoded;
  for (std::size_t i = 0; i < parts_.other.size(); ++i) {
    const auto& piece = parts_.other[i];
    const auto text = piece.value.as_string(decoded).value_or("");
    if (channels_.contains(piece.channel)) {
      // Within JSON a part is no JSON.
      const auto masked = piece.json ? std::string(text) : examined_piece(text, false, piece.value);
      changed = take_piece(piece, masked, edit, event) || changed;
    } else {
      const bool may_go_on = kinds_[i] != OtherTexts::Kind::own && !parts_.ends(piece.channel);
      changed = take_own(piece, may_go_on, text, edit) || changed;
    }
  }
  return changed;
}

bool StreamExamination::take_own(const AnswerEvent::Piece& piece, bool may_go_on, std::string_view text,
                                 json::Edit& edit) {
  auto masked = examined_piece(text, piece.json, piece.value);
  std::string shown;
  Restoring restoring;
  restoring.begin(masks_.placeholders(), piece.json);
  restoring.feed(masked, shown);
  restoring.finish(shown);
  const bool changed = shown != text;
  if (changed) edit.replace(piece.value, json::quoted(shown));
  if (!may_go_on) return changed;
  others_.remember(piece.channel, masked);
  if (!changes_) return changed;
  AnswerText ahead(masks_, piece.json, shown_pointer(piece.value));
  ahead.heed(told_);
  std::string settled;
  ahead.feed(masked, false, settled);
  if (ahead.holds())
    next_waiting_.texts.push_back(
        {piece.channel, piece.json, std::move(masked), std::move(settled), std::nullopt});
  return changed;
}

// The event that waits goes out.
void StreamExamination::let_go(std::string& out) {
  if (waiting_.texts.empty()) return;
  const auto waiting = std::exchange(waiting_, {});
  if (std::ranges::none_of(waiting.texts, [](const auto& text) { return text.shown.has_value(); })) {
    out += waiting.event.bytes;
    return;
  }
  const auto change = [&](const json::Document&, const AnswerEvent& parts, json::Edit& edit) {
    for (const auto& text : waiting.texts) {
      if (!text.shown) continue;
      // By its place: what was changed when the event came may be a string more or less.
      const auto same = [&](const AnswerEvent::Piece& piece) { return piece.channel == text.channel; };
      const auto found = std::ranges::find_if(parts.other, same);
      if (found == parts.other.end() || std::find_if(found + 1, parts.other.end(), same) != parts.other.end())
        return false;
      edit.replace(found->value, json::quoted(*text.shown));
    }
    return true;
  };
  say_again(waiting.event, change, out);
}

// An event again as `change` makes it; where it gives false, or the event cannot be read, the answer is given
// up.
void StreamExamination::say_again(const KeptEvent& kept, const Change& change, std::string& out) {
  const auto event = kept.view();
  const auto json = json_of(event);
  json::Document document;
  AnswerEvent parts;
  if (!json || !json::Document::parse_into(*json, {.refuse_duplicates = false}, document))
    return masks_.give_up();
  parts.read(document, event.type);
  json::Edit edit;
  if (!change(document, parts, edit)) return masks_.give_up();
  const auto edited = edit.apply(*json);
  if (!edited) return masks_.give_up();
  out += with_json(event, *edited);
}

// What may go on in the next event is masked.
void StreamExamination::expire_waiting(std::string& out) {
  for (auto& waits : waiting_.texts) {
    AnswerText text(masks_, waits.json, "");
    text.heed(told_);
    auto& shown = waits.shown.emplace();
    text.feed(waits.masked, false, shown);
    text.expire(shown);
  }
  let_go(out);
}

// What is held of texts that the event says are over goes before it.
void StreamExamination::end_channels(std::string& out) {
  if (parts_.ended.empty()) return;
  for (auto at = channels_.begin(); at != channels_.end();) {
    if (!parts_.ends(at->first)) {
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
  let_go(out);
  parts_.ended.assign(1, "");
  end_channels(out);
}

void StreamExamination::note_held(Channel& channel, const EventBytes& event) {
  if (!changes_) return;
  if (!channel.text->holds()) {
    channel.held_since = 0;
    return;
  }
  if (!kept_)
    kept_ = std::make_shared<const KeptEvent>(
        KeptEvent{std::string(event.bytes), std::string(event.type), event.form});
  channel.event = kept_;
  if (channel.held_since != 0 && channel.text->out() == channel.held_from) return;
  channel.held_from = channel.text->out();
  channel.held_since = mono_now();
}

// An event like the last one of the channel, with that text and nothing else.
void StreamExamination::say(const std::string& name, const Channel& channel, std::string_view text,
                            std::string& out) {
  if (text.empty() || !channel.event) return;
  const auto change = [&](const json::Document& document, const AnswerEvent& parts, json::Edit& edit) {
    for (const auto* pieces : {&parts.pieces, &parts.other})
      for (const auto& piece : *pieces)
        edit.replace(piece.value, piece.channel == name ? json::quoted(text) : "\"\"");
    for (const json::Value text_of_its_own : parts.whole) edit.replace(text_of_its_own, "\"\"");
    for (const json::Value grown : parts.grown) edit.remove(grown);
    for (const json::Value why : parts.endings) edit.replace(why, "null");
    for (const json::Value member : parts.once) edit.remove(member);
    drop_repeats(parts.repeats, edit);
    auto left = apart(parts);
    left.insert(left.end(), parts.once.begin(), parts.once.end());
    AnswerNames::mask(masks_, document, left, edit);
    return true;
  };
  say_again(*channel.event, change, out);
}

MonoNs StreamExamination::due() const {
  MonoNs soonest = waiting_.since;
  for (const auto& [name, channel] : channels_)
    if (channel.held_since != 0 && (soonest == 0 || channel.held_since < soonest))
      soonest = channel.held_since;
  return soonest == 0 ? 0 : soonest + static_cast<MonoNs>(masks_.rules().hold_ms) * 1'000'000;
}

void StreamExamination::expire(std::string& settled) {
  const auto now = mono_now();
  const auto most = static_cast<MonoNs>(masks_.rules().hold_ms) * 1'000'000;
  if (waiting_.since != 0 && waiting_.since + most <= now) expire_waiting(settled);
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
    expire_waiting(out);
    for (auto& [name, channel] : channels_) {
      std::string rest;
      channel.text->expire(rest);
      say(name, channel, rest, out);
    }
  } else if (!raw_.empty()) {
    reader_.feed("\n\n");
    json::SseEvent event;
    if (reader_.next(event))
      take_sse(std::string(raw_), event, out);
    else
      take_lines(std::string(raw_), out);
  }
  raw_.clear();
  end_all(out);
  if (changes_ && !refused()) settled += out;
}

}  // namespace ostiary::gateway
