#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "console/rights.h"
#include "console/schema.h"
#include "gateway/side_door.h"
#include "json/document.h"

namespace ostiary::console {

struct Backing;

// One call of an operation. Its parameters and body have been held to the table.
class Call {
 public:
  explicit Call(const gateway::SideRequest& asked) : request(asked), rights(asked) {}

  const gateway::SideRequest& request;
  Rights rights;
  std::map<std::string, std::string, std::less<>> values;  // of parameters, decoded
  json::Document body;
  std::function<bool()> stopped = [] { return false; };  // true: nobody waits for the answer any more

  bool has(std::string_view name) const { return values.contains(name); }
  std::string text(std::string_view name) const;  // empty: not given
  std::optional<std::int64_t> number(std::string_view name) const;
  std::optional<WallMs> time(std::string_view name) const;
};

struct Reply {
  std::string body = {};  // JSON, unless `type` says otherwise
  std::string type = "application/json";
  std::shared_ptr<gateway::SideStream> stream = nullptr;
  std::uint16_t status = 0;                                       // 0: the operation's own
  std::vector<std::pair<std::string, std::string>> headers = {};  // "Cache-Control" instead of "no-store"
};

struct Parameter {
  enum class In : std::uint8_t { path, query, header };
  In in = In::query;
  std::string name;
  Schema schema;
  bool required = false;
};
Parameter in_path(std::string_view name, Schema schema);
Parameter in_query(std::string_view name, Schema schema);
Parameter in_header(std::string_view name, Schema schema);

// A row of the table from which requests are routed, checked and let in, and openapi.json is written.
struct Operation {
  enum class Lane : std::uint8_t {
    worker,   // on one of the API's threads, at most Api::kLimitMs; what changes something goes before
    at_once,  // on the caller's: touches memory only
    slow,  // reads much: on threads apart, one for each caller, at most Api::kLimitMs; looks at Call::stopped
    alone  // may take minutes: on a thread of its own, one at a time; looks at Call::stopped
  };
  // Whether it may change something.
  bool changes() const { return method != "GET"; }

  std::string id;  // operationId
  std::string method, path;
  std::string tag, summary;
  Need need = Need::admin;
  std::vector<Parameter> parameters;
  std::optional<Schema> body;
  std::size_t most_body = gateway::SideDoor::kMostBody;  // bytes
  bool raw = false;  // the handler reads the body itself, once it knows who sent it; `body` is what it may be
  std::uint16_t status = 200;
  Schema answer;
  std::string type = "application/json";
  std::string other_type = {};          // that an Accept header may ask for instead
  std::vector<std::uint16_t> refusals;  // besides those that follow from what stands here: 404, 409, …
  Lane lane = Lane::worker;
  Result<Reply> (*handler)(Backing& backing, const Call& call) = nullptr;
};

// The whole table.
const std::vector<Operation>& operations();

// Every status that an operation may answer with, ascending.
std::vector<std::uint16_t> statuses_of(const Operation& operation);

// {"error": {"code", "message", "pointer"?, "parameter"?}}
Schema error_schema();
std::string error_body(std::string_view code, std::string_view message, std::string_view pointer = {},
                       std::string_view parameter = {});

}  // namespace ostiary::console
