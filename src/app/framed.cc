#include "app/impl/framed.h"

#include <map>

#include "json/writer.h"

namespace ostiary::app {

std::string framed(std::string_view kind, json::Value answer) {
  std::map<std::string, std::string> members = {{"partial", "[]"}};
  for (const auto member : answer) members.insert_or_assign(member.key(), std::string(member.raw()));
  members["kind"] = json::quoted(kind);
  members["ostiary"] = "1";
  std::string out;
  json::Writer w(out);
  w.begin_object();
  for (const auto& [name, value] : members) {
    w.key(name);
    w.raw(value);
  }
  w.end_object();
  return out + '\n';
}

}  // namespace ostiary::app
