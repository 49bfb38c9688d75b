#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace ostiary::gateway {

// What of an event of an answer's stream is text, in the shapes of chat completions, completions, responses,
// of streams with a member `delta`, and in any other. Refers to the event's document.
struct AnswerEvent {
  // A string that goes on a text which came in events before: the text of a choice, the arguments of one of
  // its tool calls, a part of a response's output.
  struct Piece {
    json::Value value;
    std::string channel;  // the same for all pieces of one text: "choices/0/content"
    bool json = false;    // the text is JSON
  };
  std::vector<Piece> pieces;
  // Strings of which no known shape tells whether they go on a text: "?" and what stands for the event's type
  // and the string's place in it are the channel.
  std::vector<Piece> other;
  std::vector<json::Value> whole;    // strings that are texts of their own
  std::vector<json::Value> repeats;  // what tells the texts once more, token by token
  std::vector<json::Value> grown;    // what tells the pieces so far once more, beside them
  std::vector<json::Value> once;     // names and such of a delta, which clients would join
  std::vector<json::Value> endings;  // what says why a choice is over
  std::vector<std::string> ended;    // beginnings of the names of channels that are over; "": all

  // `event_type`: of its `event:` line, empty where it has none. Views refer to the document.
  void read(const json::Document& document, std::string_view event_type);
  // An answer that is no event: every string of it is a text of its own.
  void read_whole(const json::Document& document);
  // The channel is over with this event.
  bool ends(std::string_view channel) const;

 private:
  void read_choice(json::Value choice, std::size_t position);
  void read_delta(json::Value delta, const std::string& channel, bool values = false);
  void read_typed(json::Value root, std::string_view type);
  void add_rest(const json::Document& document);
  void tell_others(const json::Document& document, std::string_view type);
  void clear();
};

// The member holds JSON in a string.
bool holds_json(std::string_view name);

}  // namespace ostiary::gateway
