#include "net/loop.h"

#include <gtest/gtest.h>
#include <thread>

#include "net/task.h"

namespace ostiary::net {
namespace {

TEST(Loop, StopCancelsWhoWaits) {
  auto loop = *Loop::create();
  Wake why = Wake::ready;
  const auto work = [](Loop& on, Wake& out) -> Task<> {
    Waiter wait(on);
    out = co_await wait;
  };
  spawn(work(*loop, why));
  std::thread other([&] { loop->stop(); });
  loop->run();
  other.join();
  EXPECT_EQ(why, Wake::cancelled);
}

}  // namespace
}  // namespace ostiary::net
