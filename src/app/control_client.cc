#include "app/control_client.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/text.h"
#include "json/document.h"

namespace ostiary::app {

namespace {

constexpr std::string_view kSocket = "control.sock";
constexpr std::size_t kMostBytes = 64 << 20;

Code code_of(int status) {
  switch (status) {
    case 404:
      return Code::not_found;
    case 409:
      return Code::exists;
    case 401:
    case 403:
      return Code::denied;
    case 413:
      return Code::too_large;
    case 503:
      return Code::unavailable;
    default:
      return status < 500 ? Code::invalid : Code::io;
  }
}

Result<> send_all(int fd, std::string_view bytes, const std::string& where) {
  while (!bytes.empty()) {
    const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("ask the gate", where, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::string> receive_all(int fd, const std::string& where, std::int64_t patience_seconds) {
  std::string in;
  char buffer[16384];
  for (;;) {
    const auto n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return fail(Code::timeout, fmt::format("the gate did not answer within {} seconds", patience_seconds),
                  where);
    if (n < 0) return fail_errno("hear the gate", where, errno);
    if (n == 0) return in;
    in.append(buffer, static_cast<std::size_t>(n));
    if (in.size() > kMostBytes) return fail(Code::too_large, "the gate's answer has no end", where);
  }
}

}  // namespace

std::optional<ControlAnswer> parse_answer(std::string_view bytes) {
  constexpr std::string_view version = "HTTP/1.1 ";
  const auto head_end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with(version) || head_end == std::string_view::npos) return std::nullopt;
  const auto status = text::parse_uint(bytes.substr(version.size(), 3));
  if (!status) return std::nullopt;
  ControlAnswer answer{static_cast<int>(*status), bytes.substr(head_end + 4)};
  for (const auto line : text::split(bytes.substr(0, head_end), '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !text::iequals(line.substr(0, colon), "content-length")) continue;
    const auto length = text::parse_uint(text::trim(line.substr(colon + 1)));
    if (!length || *length > answer.body.size()) return std::nullopt;
    answer.body = answer.body.substr(0, *length);
  }
  return answer;
}

Result<std::optional<ControlClient>> ControlClient::find(const std::string& data_folder) {
  const auto where = fmt::format("{}/{}", data_folder, kSocket);
  Fd folder(::open(data_folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder && errno == ENOENT) return std::nullopt;
  if (!folder) return fail_errno("open the data folder", data_folder, errno);
  ControlClient client(std::move(folder), where);
  auto probe = client.connect();
  if (probe) return std::optional(std::move(client));
  if (probe.error().code == Code::not_found || probe.error().code == Code::closed) return std::nullopt;
  return std::unexpected(probe.error());
}

Result<Fd> ControlClient::connect() const {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make a socket", where_, errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = fmt::format("/proc/self/fd/{}/{}", folder_.get(), kSocket);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ECONNREFUSED) return fail(Code::closed, "no gate listens there", where_);
    return fail_errno("reach the gate", where_, errno);
  }
  const timeval patience{.tv_sec = patience_seconds_, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

Result<std::string> ControlClient::call(std::string_view method, std::string_view path,
                                        std::string_view body) {
  TRY(const auto fd, connect());
  TRY_VOID(send_all(
      fd.get(),
      fmt::format(
          "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
          "Content-Length: {}\r\n\r\n{}",
          method, path, body.size(), body),
      where_));
  TRY(const auto bytes, receive_all(fd.get(), where_, patience_seconds_));
  const auto answer = parse_answer(bytes);
  if (!answer)
    return fail(Code::io, "the gate's answer cannot be read; are both of the same version?", where_);
  return result_of(*answer);
}

Result<std::string> result_of(const ControlAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) return std::string(answer.body);
  const auto document = json::Document::parse(answer.body);
  const auto error = document ? document->root()["error"] : json::Value();
  return fail(code_of(answer.status),
              error["message"].string_or(fmt::format("the gate answered with status {}", answer.status)),
              error["pointer"].string_or(""));
}

}  // namespace ostiary::app
