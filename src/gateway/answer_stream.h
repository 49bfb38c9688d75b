#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/answer_event.h"
#include "gateway/answer_form.h"
#include "gateway/answer_names.h"
#include "gateway/answer_text.h"
#include "gateway/other_texts.h"
#include "gateway/steps.h"
#include "json/edit.h"
#include "json/sse.h"

namespace ostiary::gateway {

// The examination of an answer that comes as events: server-sent ones, or lines of JSON. Events go out as
// they come but for the texts in them that are held, and for one that brings a string of which only the next
// event tells whether it goes on: that one waits.
class StreamExamination final : public Examination {
 public:
  explicit StreamExamination(AnswerMasks masks) : masks_(std::move(masks)), changes_(masks_.changes()) {}

  void feed(std::string_view bytes, std::string& settled) override;
  void finish(bool cut, std::string& settled) override;
  std::vector<inspect::Finding> findings() const override { return masks_.findings(); }
  MonoNs due() const override;
  void expire(std::string& settled) override;
  bool refused() const override { return masks_.masks() && masks_.gave_up(); }
  // Lines of JSON that came at once, however many; finish() follows.
  void feed_lines(std::string_view lines, std::string& settled) { take_lines(lines, settled); }
  const AnswerMasks& masks() const { return masks_; }

 private:
  // An event that is made use of when it has passed.
  struct KeptEvent {
    std::string bytes, type;
    EventBytes::Form form = EventBytes::Form::json;
    EventBytes view() const { return {bytes, form, type}; }
  };
  // A text that comes in several events.
  struct Channel {
    std::unique_ptr<AnswerText> text;
    std::shared_ptr<const KeptEvent> event;  // the last one that brought some of it, while something is held
    MonoNs held_since = 0;                   // 0: nothing is held
    std::uint64_t held_from = 0;
  };
  // An event that waits for the next one.
  struct Waiting {
    struct Text {
      std::string channel;
      bool json = false;
      std::string masked;                // the string as it may be looked at on
      std::string settled;               // what of it no text that follows can change
      std::optional<std::string> shown;  // what takes its place
    };
    KeptEvent event;
    std::vector<Text> texts;
    MonoNs since = 0;
  };

  void take_bytes(std::string_view bytes, std::string& out);
  void take_lines(std::string_view lines, std::string& out);
  void take_sse(std::string_view bytes, const json::SseEvent& read, std::string& out);
  bool take_event(const EventBytes& event, std::string_view json, std::string& out);
  bool take_pieces(json::Edit& edit, const EventBytes& event);
  bool take_piece(const AnswerEvent::Piece& piece, std::string_view text, json::Edit& edit,
                  const EventBytes& event);
  bool take_others(json::Edit& edit, const EventBytes& event);
  std::string examined_piece(std::string_view text, bool json, json::Value place);
  bool take_own(const AnswerEvent::Piece& piece, bool may_go_on, std::string_view text, json::Edit& edit);
  bool pass_unread(const EventBytes& event, std::string& out);
  void settle_waiting();
  void begin_growing(const AnswerEvent::Piece& piece);
  void let_go(std::string& out);
  void expire_waiting(std::string& out);
  void end_channels(std::string& out);
  void end_all(std::string& out);
  Channel* channel(const AnswerEvent::Piece& piece);
  void note_held(Channel& channel, const EventBytes& event);
  void say(const std::string& name, const Channel& channel, std::string_view text, std::string& out);
  using Change = std::function<bool(const json::Document&, const AnswerEvent&, json::Edit&)>;
  void say_again(const KeptEvent& kept, const Change& change, std::string& out);

  AnswerMasks masks_;
  bool changes_;
  // Of a larger event nothing is known: with a class to be masked that ends the answer.
  static constexpr std::size_t kMostEvent = 1u << 20, kMostEventMasked = 8u << 20;
  json::SseReader reader_{masks_.masks() ? kMostEventMasked : kMostEvent};
  std::string raw_;             // bytes of an event that is not finished
  std::uint64_t raw_from_ = 0;  // their offset in the stream
  json::Document document_;
  AnswerEvent parts_;
  AnswerNames names_;
  OtherTexts others_;
  std::vector<OtherTexts::Kind> kinds_;    // of the event's other strings that are no channel yet
  Told told_;                              // of other strings
  Waiting waiting_, next_waiting_;         // without texts: none
  std::shared_ptr<const KeptEvent> kept_;  // the event, once some of it is held
  std::map<std::string, Channel, std::less<>> channels_;
  std::string scratch_;
};

// One string that came whole.
std::string examined(AnswerMasks& masks, std::string_view text, bool json);
// Examines the texts that came whole and notes their changes. Whether there are any.
bool examine_whole(AnswerMasks& masks, const std::vector<json::Value>& texts, json::Edit& edit);
void drop_repeats(const std::vector<json::Value>& repeats, json::Edit& edit);

}  // namespace ostiary::gateway
