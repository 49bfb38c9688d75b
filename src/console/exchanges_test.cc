#include <condition_variable>
#include <thread>

#include "console/impl/test_house.h"
#include "ledger/record.h"
#include "store/projection.h"

namespace ostiary::console {
namespace {

class ExchangesTest : public testing::TestHouse {
 protected:
  struct Made {
    Id id;
    std::string team, subject;
  };
  // Exchanges that ended, in the ledger and in the table.
  std::vector<Made> make(const std::vector<std::pair<std::string, std::string>>& teams_and_subjects) {
    std::vector<Made> made;
    auto projection = store::Projection::open(folder_ / "exchanges.sqlite");
    EXPECT_TRUE(projection) << projection.error().text();
    EXPECT_TRUE((*projection)->begin());
    for (const auto& [team, subject] : teams_and_subjects) {
      made.push_back({Id::make(), team, subject});
      const auto index = ledger_->size();
      append(made.back());
      store::ExchangeView view;
      view.id = made.back().id;
      view.at = wall_now();
      view.team = team;
      view.subject = subject;
      view.outcome = "complete";
      view.effect = "allow";
      view.model = "m";
      view.outcome_index = index;
      EXPECT_TRUE((*projection)->outcome(view));
    }
    EXPECT_TRUE((*projection)->commit({ledger_->size(), {}, 0, 0}));
    return made;
  }
  void append(const Made& made) {
    ledger::ExchangeRecord record;
    record.id = made.id;
    record.at = wall_now();
    record.team = made.team;
    record.subject = made.subject;
    record.model = "m";
    record.outcome = ledger::Outcome::complete;
    std::string line;
    ledger::append_outcome(line, record);
    ledger::Batch batch;
    batch.add(line);
    EXPECT_TRUE(ledger_->append(batch));
  }
  static std::vector<std::string> ids_of(const Asked& asked) {
    std::vector<std::string> ids;
    const auto document = json::Document::parse(asked.body);
    if (!document) return {"no JSON"};
    for (const auto one : document->root()["exchanges"]) ids.push_back(one["id"].string_or(""));
    return ids;
  }
};

// Reads a stream on this thread.
class Listener {
 public:
  explicit Listener(std::shared_ptr<gateway::SideStream> stream) : stream_(std::move(stream)) {}
  // Nothing comes any more.
  bool ends() {
    until("what never comes");
    return ended_;
  }
  // Everything until `what` has come or all of it; what there is after five seconds.
  std::string until(std::string_view what) {
    for (int i = 0; i < 100 && !ended_ && text_.find(what) == std::string::npos; ++i) {
      auto shared = shared_;
      if (!std::exchange(asked_, true))
        stream_->next([shared](std::string bytes) {
          const std::lock_guard lock(shared->mutex);
          shared->bytes += bytes;
          shared->come = true;
          shared->wake.notify_all();
        });
      std::unique_lock lock(shared->mutex);
      shared->wake.wait_for(lock, std::chrono::milliseconds(50), [&] { return shared->come; });
      if (!std::exchange(shared->come, false)) continue;
      ended_ = shared->bytes.empty();
      text_ += std::exchange(shared->bytes, {});
      asked_ = false;
    }
    return text_;
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable wake;
    std::string bytes;
    bool come = false;
  };
  std::shared_ptr<gateway::SideStream> stream_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::string text_;
  bool asked_ = false, ended_ = false;
};

TEST_F(ExchangesTest, BeforeTheFirstOneThereIsAnEmptyList) {
  const auto asked = ask_here("GET", "/api/v1/exchanges");
  EXPECT_EQ(asked.status, 200);
  EXPECT_EQ(asked.body, "{\"exchanges\":[],\"next\":null}\n");
}

TEST_F(ExchangesTest, PagesAreNewestFirstAndFollowEachOtherWithoutAGap) {
  const auto made = make(std::vector<std::pair<std::string, std::string>>(25, {"blue", "sub_a"}));
  std::vector<std::string> seen;
  std::string cursor;
  for (int pages = 0; pages < 4; ++pages) {
    const auto page = ask_here("GET", "/api/v1/exchanges?limit=10" + cursor);
    for (const auto& id : ids_of(page)) seen.push_back(id);
    if (page.at({"next"}) == "null") break;
    cursor = "&cursor=" + page.at({"next"});
  }
  ASSERT_EQ(seen.size(), made.size());
  for (std::size_t i = 0; i < made.size(); ++i) EXPECT_EQ(seen[i], made[made.size() - 1 - i].id.text());
}

TEST_F(ExchangesTest, ATeamsAdministratorSeesThatTeamsAlone) {
  const auto made = make({{"blue", "sub_a"}, {"red", "sub_b"}, {"blue", "sub_c"}, {"green", "sub_d"}});
  const auto lead = key_with({"team:blue", "team:green"});
  EXPECT_EQ(ids_of(ask_as(lead, "GET", "/api/v1/exchanges")),
            (std::vector{made[3].id.text(), made[2].id.text(), made[0].id.text()}));
  EXPECT_EQ(ids_of(ask_as(lead, "GET", "/api/v1/exchanges?limit=1")), std::vector{made[3].id.text()});
  EXPECT_TRUE(ids_of(ask_as(lead, "GET", "/api/v1/exchanges?team=red")).empty());
  EXPECT_EQ(ask_as(lead, "GET", "/api/v1/exchanges/" + made[0].id.text()).status, 200);
  EXPECT_EQ(ask_as(lead, "GET", "/api/v1/exchanges/" + made[1].id.text()).status, 404);
  EXPECT_EQ(ask_as(key_with({"use"}), "GET", "/api/v1/exchanges").status, 403);
}

TEST_F(ExchangesTest, OneIsShownWithItsRecord) {
  const auto made = make({{"blue", "sub_a"}});
  const auto one = ask_here("GET", "/api/v1/exchanges/" + made[0].id.text());
  EXPECT_EQ(one.at({"exchange", "team"}), "blue");
  EXPECT_EQ(one.at({"record", "kind"}), "outcome");
  EXPECT_EQ(one.at({"record", "id"}), made[0].id.text());
  EXPECT_EQ(ask_here("GET", "/api/v1/exchanges/" + Id::make().text()).status, 404);
}

TEST_F(ExchangesTest, AStreamTellsWhatEndsAndGoesOnBehindAnEvent) {
  append({Id::make(), "blue", "sub_before"});
  auto asked = request("GET", "/api/v1/exchanges/stream?team=blue");
  asked.local = true;
  const auto answer = api_->answer(asked);
  ASSERT_TRUE(answer.stream) << answer.body;
  EXPECT_EQ(answer.content_type, "text/event-stream");
  Listener listener(answer.stream);
  append({Id::make(), "red", "sub_red"});
  append({Id::make(), "blue", "sub_first"});
  const auto text = listener.until("sub_first");
  EXPECT_NE(text.find("id: 2\nevent: exchange\ndata: {"), std::string::npos) << text;
  EXPECT_EQ(text.find("sub_red"), std::string::npos);
  EXPECT_EQ(text.find("sub_before"), std::string::npos);
  append({Id::make(), "blue", "sub_second"});
  asked.headers.emplace_back("Last-Event-ID", "0");
  Listener later(api_->answer(asked).stream);
  const auto resumed = later.until("sub_second");
  EXPECT_NE(resumed.find("sub_first"), std::string::npos);
  EXPECT_EQ(resumed.find("sub_before"), std::string::npos);
}

TEST_F(ExchangesTest, AStreamEndsWithAWordSoonAfterItsKeyIsRevoked) {
  const auto reader = key_with({"read"});
  Listener listener(api_->answer(request_of(reader, "GET", "/api/v1/exchanges/stream")).stream);
  append({Id::make(), "blue", "sub_before"});
  EXPECT_NE(listener.until("sub_before").find("sub_before"), std::string::npos);
  ASSERT_EQ(ask_here("DELETE", "/api/v1/keys/" + reader.id).status, 200);
  append({Id::make(), "blue", "sub_after"});
  const auto began = mono_now();
  const auto text = listener.until("event: error");
  EXPECT_LT(mono_now() - began, 1'000'000'000);
  EXPECT_NE(text.find(R"(event: error
data: {"error":{"code":"unauthorized",)"),
            std::string::npos)
      << text;
  EXPECT_TRUE(listener.ends());
  EXPECT_EQ(text.find("sub_after"), std::string::npos);
}

TEST_F(ExchangesTest, AStreamEndsWhenItsKeyExpiresThoughNothingHappens) {
  store::KeyWish wish;
  wish.team = "blue";
  wish.user = "ada";
  wish.scopes = store::parse_scopes({"read"}).value();
  wish.expires = wall_now() + 300;
  const auto made = backing_->store->create_key(wish, wall_now());
  ASSERT_TRUE(made) << made.error().text();
  const auto reader = made->entry;
  ASSERT_TRUE(publish_keys(*backing_));
  Listener listener(api_->answer(request_of(reader, "GET", "/api/v1/exchanges/stream")).stream);
  const auto began = mono_now();
  EXPECT_NE(listener.until("event: error").find("event: error"), std::string::npos);
  EXPECT_GT(mono_now() - began, 200'000'000);
  EXPECT_LT(mono_now() - began, 1'300'000'000);
  EXPECT_TRUE(listener.ends());
}

TEST_F(ExchangesTest, AKeyHasFourStreamsAtOnce) {
  const auto reader = key_with({"read"}), other = key_with({"read"});
  const auto asked = request_of(reader, "GET", "/api/v1/exchanges/stream");
  std::vector<std::shared_ptr<gateway::SideStream>> open;
  for (int i = 0; i < 4; ++i) open.push_back(api_->answer(asked).stream);
  EXPECT_TRUE(open.back());
  const auto fifth = ask(asked);
  EXPECT_EQ(fifth.status, 429);
  EXPECT_EQ(fifth.at({"error", "code"}), "too_many");
  EXPECT_EQ(ask_as(other, "GET", "/api/v1/exchanges/stream").status, 200);
  open.pop_back();
  EXPECT_EQ(ask(asked).status, 200);
}

TEST_F(ExchangesTest, StreamsAreBounded) {
  auto asked = request("GET", "/api/v1/exchanges/stream");
  asked.local = true;
  std::vector<std::shared_ptr<gateway::SideStream>> open;
  for (int i = 0; i < 64; ++i) open.push_back(api_->answer(asked).stream);
  EXPECT_TRUE(open.back());
  EXPECT_EQ(api_->answer(asked).status, 503);
  open.pop_back();
  EXPECT_EQ(api_->answer(asked).status, 200);
}

}  // namespace
}  // namespace ostiary::console
