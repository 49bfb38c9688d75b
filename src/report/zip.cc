#include "report/impl/zip.h"

#include <algorithm>
#include <array>
#include <utility>
#include <zlib.h>

namespace ostiary::report {

namespace {

constexpr std::uint64_t kMost = 0xfffffffe;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

ZipWriter::ZipWriter() : stream_(std::make_unique<z_stream>()) {
  constexpr int raw = -15, memory = 8;
  ready_ = ::deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw, memory,
                          Z_DEFAULT_STRATEGY) == Z_OK;
}

ZipWriter::~ZipWriter() {
  if (stream_) ::deflateEnd(stream_.get());
}

// Of a member, before its bytes (4.3.7) or in the directory (4.3.12).
void ZipWriter::header(const Member& member, bool central) {
  constexpr std::uint64_t version = 20, deflated = 8, first_day = 0x21;
  put(out_, central ? 0x02014b50 : 0x04034b50, 4);
  if (central) put(out_, version, 2);
  put(out_, version, 2);
  put(out_, 0, 2);
  put(out_, deflated, 2);
  put(out_, 0, 2);
  put(out_, first_day, 2);
  put(out_, member.crc, 4);
  put(out_, member.packed, 4);
  put(out_, member.size, 4);
  put(out_, member.name.size(), 2);
  put(out_, 0, 2);
  if (central) {
    put(out_, 0, 10);
    put(out_, member.at, 4);
  }
  out_ += member.name;
}

void ZipWriter::begin(std::string name) {
  members_.push_back({.name = std::move(name), .at = out_.size()});
  header(members_.back(), false);
  if (ready_) ::deflateReset(stream_.get());
}

void ZipWriter::deflate(int flush) {
  std::array<char, 64 * 1024> buffer;
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_->avail_out = buffer.size();
    ::deflate(stream_.get(), flush);
    out_.append(buffer.data(), buffer.size() - stream_->avail_out);
    members_.back().packed += buffer.size() - stream_->avail_out;
  } while (stream_->avail_out == 0);
}

void ZipWriter::write(std::string_view bytes) {
  constexpr std::size_t piece = 1U << 30;
  for (; ready_ && !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), piece))) {
    const auto part = bytes.substr(0, piece);
    auto& member = members_.back();
    const auto* data = reinterpret_cast<const Bytef*>(part.data());
    member.crc = static_cast<std::uint32_t>(::crc32(member.crc, data, static_cast<uInt>(part.size())));
    member.size += part.size();
    stream_->next_in = const_cast<Bytef*>(data);
    stream_->avail_in = static_cast<uInt>(part.size());
    deflate(Z_NO_FLUSH);
  }
}

void ZipWriter::end() {
  if (!ready_) return;
  stream_->next_in = nullptr;
  stream_->avail_in = 0;
  deflate(Z_FINISH);
  const auto& member = members_.back();
  std::string patch;
  put(patch, member.crc, 4);
  put(patch, member.packed, 4);
  put(patch, member.size, 4);
  constexpr std::size_t before = 14;
  out_.replace(member.at + before, patch.size(), patch);
}

Result<std::string> ZipWriter::take() {
  if (!ready_) return fail(Code::unavailable, "there is not enough memory to pack a file");
  const auto directory = out_.size();
  for (const auto& member : members_) {
    if (member.size > kMost || member.packed > kMost)
      return fail(Code::too_large, "a part of the file would be over 4 GiB", member.name);
    header(member, true);
  }
  const auto size = out_.size() - directory;
  if (out_.size() > kMost || members_.size() > 0xfffe)
    return fail(Code::too_large, "the file would be over 4 GiB");
  put(out_, 0x06054b50, 4);
  put(out_, 0, 4);
  put(out_, members_.size(), 2);
  put(out_, members_.size(), 2);
  put(out_, size, 4);
  put(out_, directory, 4);
  put(out_, 0, 2);
  return std::move(out_);
}

}  // namespace ostiary::report
