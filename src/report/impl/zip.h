#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct z_stream_s;

namespace ostiary::report {

// Writes a ZIP file (APPNOTE 6.3.10, without Zip64) of deflated members, one behind the other. There is no
// time in it but 1980-01-01, so that the same members give the same bytes. libarchive's writer takes the time
// zone of the machine into account.
class ZipWriter {
 public:
  ZipWriter();
  ~ZipWriter();
  void begin(std::string name);  // of ASCII
  void write(std::string_view bytes);
  void end();
  // The file; `too_large` where it, or a member, is over 4 GiB, `unavailable` without memory.
  Result<std::string> take();

 private:
  struct Member {
    std::string name;
    std::uint64_t at = 0, size = 0, packed = 0;
    std::uint32_t crc = 0;
  };
  void deflate(int flush);
  void header(const Member& member, bool central);

  std::string out_;
  std::vector<Member> members_;
  std::unique_ptr<z_stream_s> stream_;
  bool ready_ = false;
};

}  // namespace ostiary::report
