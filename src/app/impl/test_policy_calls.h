#pragma once

#include <array>
#include <cstdio>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/testing.h"

namespace ostiary::app::testing {

struct Done {
  int code = -1;
  std::string out;  // stderr behind it
};

// For tests that call `ostiary policy` with documents of a folder of their own.
class PolicyCalls : public ::testing::Test {
 protected:
  // `document`: what replaced() changes; must outlive it.
  explicit PolicyCalls(std::string_view document) : document_(document) {}

  std::string write(const std::string& name, std::string_view text) const {
    const auto path = folder_ / name;
    EXPECT_TRUE(write_file_atomic(path, text));
    return path;
  }
  static Done run(const std::string& arguments) {
    const auto call = fmt::format("{} policy {} 2>&1", OSTIARY_BINARY, arguments);
    auto* pipe = ::popen(call.c_str(), "r");
    if (!pipe) return {};
    Done done;
    std::array<char, 4096> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe))
      done.out.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    done.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return done;
  }
  std::string replaced(std::string_view what, std::string_view with) const {
    std::string out(document_);
    out.replace(out.find(what), what.size(), with);
    return out;
  }

  ostiary::testing::TempFolder folder_;

 private:
  std::string_view document_;
};

}  // namespace ostiary::app::testing
