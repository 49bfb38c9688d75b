#include "gateway/answer_examiner.h"

#include "gateway/answer_stream.h"
#include "gateway/setup.h"
#include "inspect/decode.h"

namespace ostiary::gateway {

namespace {

// How a body that is no JSON begins.
enum class Beginning : std::uint8_t { text, lines, events };
Beginning beginning(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return Beginning::text;
  const auto line = body.substr(first, body.find('\n', first) - first);
  if (line.starts_with(':') || line.starts_with("data:") || line.starts_with("event:"))
    return Beginning::events;
  const bool json = line.starts_with('{') && json::Document::parse(line, {.refuse_duplicates = false});
  return json ? Beginning::lines : Beginning::text;
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
      const auto begins = beginning(body);
      if (begins != Beginning::text) return examine_events(body, begins, out);
      out = examined(masks_, body, false);
      return true;
    }
    AnswerEvent parts;
    parts.read_whole(document);
    json::Edit edit;
    const bool named = AnswerNames().examine(masks_, document, parts.repeats, edit);
    if (!examine_whole(masks_, parts.whole, edit) && !named) {
      out = body;
      return true;
    }
    drop_repeats(parts.repeats, edit);
    auto edited = edit.apply(body);
    if (edited) out = std::move(*edited);
    return edited.has_value();
  }
  // Lines of JSON, or a stream that does not say that it is one.
  bool examine_events(std::string_view body, Beginning begins, std::string& out) {
    StreamExamination events(masks_);
    begins == Beginning::lines ? events.feed_lines(body, out) : events.feed(body, out);
    events.finish(false, out);
    masks_ = events.masks();
    return !events.refused();
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
