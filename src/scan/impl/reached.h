#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "scan/impl/models.h"
#include "scan/sign.h"

namespace ostiary::scan {

// Where a byte of a text stands in its file.
using At = std::function<std::uint64_t(std::size_t)>;

// How a text stands in its file, and so the grade of what it holds.
struct Stands {
  Grade grade = Grade::declared;
  bool rises = false;  // a value that becomes as strong as the file's calls where the file calls something
};
inline constexpr Stands kMentioned{Grade::mentioned}, kValue{Grade::declared, true},
    kSetting{Grade::declared};

// Collects the endpoints, models and services of one file. What needs a second sign, and what is called only
// if the file calls something, waits for the end. For one thread.
class Reached {
 public:
  explicit Reached(std::string_view bytes) : bytes_(bytes) {}

  // Addresses of providers and servers within a text.
  void addresses(std::string_view text, const At& at, Stands stands);
  // The whole text as a model's name. `wanted`: what its key says; a name of other things too, and one that
  // nobody knows, counts where something else in the file speaks of AI.
  void model(std::string_view name, std::uint64_t start, std::uint64_t end, Stands stands, Wanted wanted);
  // The same where nothing but a model's name can stand: known or not.
  void model_surely(std::string_view name, std::uint64_t start, std::uint64_t end, Stands stands);
  // The same where a library's call takes it, which speaks for the name as much as the library itself does.
  void model_of_call(std::string_view name, std::uint64_t start, std::uint64_t end);
  // Names behind `models/`, `deployments/` and their like.
  void models_in_path(std::string_view text, const At& at, Stands stands);
  // Values of "model" in a body of JSON, however its quotes are escaped.
  void models_in_body(std::string_view text, const At& at, Stands stands);
  // What prose may mention: addresses, models' names, commands of servers.
  void mentions(std::string_view text, const At& at);
  void service(const catalog::Server& server, std::uint64_t start, std::uint64_t end, Stands stands,
               std::string note = {});
  // An image of a container, alone or as a word of a command. False: no server's.
  bool image(std::string_view name, std::uint64_t start, std::uint64_t end, Stands stands);
  void add(Sign sign);
  // Holds where something else in the file speaks of AI.
  void add_if_ai(Sign sign);

  // The file sends requests or calls a library.
  void calls() { calls_ = true; }
  // Something in the file speaks of AI, and so ambiguous names count.
  void speaks_of_ai() { ai_ = true; }
  // A library does, if its module is not one of the tree's own, which is known when all files were seen: what
  // counts by that alone goes with it.
  void speaks_of_ai(const Sign& library);
  // Gives out what was found. `called`: the grade of what calls.
  void finish(Grade called, Signs& out);

 private:
  struct Waiting {
    Sign sign;
    bool rises = false, needs_ai = false;
  };
  void put(Sign sign, Stands stands, bool needs_ai);
  void address(const struct Address& address, const At& at, Stands stands);
  Sign model_sign(std::string_view name, const catalog::ModelFamily* family, std::uint64_t start,
                  std::uint64_t end) const;
  std::string_view lower();
  void mention_models(std::string_view text, const At& at);
  void mention_commands(std::string_view text, const At& at);

  std::string_view bytes_;
  std::string module_;  // of the library that speaks of AI
  std::string_view language_;
  std::string lower_;
  std::vector<Waiting> waiting_;
  // Those that stand in the file at all.
  std::vector<std::pair<const catalog::Server*, std::string_view>> commands_;
  bool commands_known_ = false, calls_ = false, ai_ = false;
};

// The server that a chart of Helm or a custom resource of Kubernetes deploys, by its name behind a
// repository's; nullptr: none.
const catalog::Server* server_of_chart(std::string_view name);
// The server whose image this is, registry mirrors, tag and digest apart; nullptr: none's.
const catalog::Server* server_of_image(std::string_view name);

}  // namespace ostiary::scan
