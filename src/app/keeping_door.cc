#include "app/keeping_door.h"

#include "console/operation.h"

namespace ostiary::app {

namespace {

// The store under its lock, and the gate closed at once to the keys of who is forgotten.
class LockedPeople final : public People {
 public:
  explicit LockedPeople(console::Backing& backing) : backing_(backing), people_(*backing.store) {}
  Result<bool> knows(const std::string& subject) override {
    const std::lock_guard lock(backing_.store_mutex);
    return people_.knows(subject);
  }
  Result<> forget(const std::string& subject) override {
    const std::lock_guard lock(backing_.store_mutex);
    TRY_VOID(people_.forget(subject));
    if (backing_.desk) TRY_VOID(backing_.desk->subject_erased());
    TRY(auto keys, backing_.store->keys());
    backing_.shared.keys.replace(std::move(keys));
    return {};
  }
  Result<std::optional<std::string>> find(const std::string& user) override {
    const std::lock_guard lock(backing_.store_mutex);
    return people_.find(user);
  }

 private:
  console::Backing& backing_;
  StorePeople people_;
};

gateway::SideAnswer answer_of(const Result<std::string>& done) {
  gateway::SideAnswer answer;
  if (done) {
    answer.body = *done;
    return answer;
  }
  const auto& error = done.error();
  const auto told = [&](std::uint16_t status, std::string_view code) {
    answer.status = status;
    answer.body = console::error_body(code, error.text());
  };
  switch (error.code) {
    case Code::invalid:
      told(400, "invalid");
      break;
    case Code::denied:
      told(403, "denied");
      break;
    case Code::not_found:
      told(404, "not_found");
      break;
    case Code::exists:
      told(409, "exists");
      break;
    case Code::closed:
    case Code::unavailable:
      told(503, "unavailable");
      break;
    default:
      told(500, "io");
  }
  return answer;
}

}  // namespace

KeepingDoor::~KeepingDoor() {
  keeper_.stop();
  errands_.finish();
}

void KeepingDoor::start_keeper() {
  people_ = std::make_unique<LockedPeople>(backing_);
  keeper_.start(people_.get());
}

void KeepingDoor::ask(gateway::SideRequest request, std::function<void(gateway::SideAnswer)> done) {
  if (!request.path.starts_with(kKeepingPath)) return api_.ask(std::move(request), std::move(done));
  errands_.send([this, request = std::move(request), done = std::move(done)] {
    LockedPeople people(backing_);
    done(answer_of(keep({request.method, request.path, request.body}, keeper_, people)));
  });
}

}  // namespace ostiary::app
