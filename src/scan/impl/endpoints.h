#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace ostiary::scan {

// An address of a provider of the catalogue, or one that may be that of a server, within a text.
struct Address {
  std::size_t start = 0, end = 0;  // of the text: with scheme, port and path where they are there
  std::string_view host;
  std::uint32_t port = 0;  // 0: none is written
  std::string_view path;   // from its first '/'
  const catalog::Provider* provider = nullptr;
  std::string_view surface;  // of the provider

  // Where it is no provider's: whose server may listen there, and what more has to be found.
  enum class Needs : std::uint8_t {
    nothing,   // its usual port is no other's, or its name is the host's
    anywhere,  // a word of the server somewhere in the file
    near       // the same within a line or two
  };
  struct Guess {
    const catalog::Server* server = nullptr;
    Needs needs = Needs::nothing;
  };
  std::vector<Guess> guesses;  // empty where a provider is known; otherwise never
};

// All of them in a text, in order. Linear.
std::vector<Address> addresses_in(std::string_view text);

// Words that stand for a server alone: its name, programs, images, variables. Small letters.
const std::vector<std::string>& words_of(const catalog::Server& server);

// Which of the servers is named by a word in `text` (in any case, not within a longer word), nearest to
// `from`, and at most `within` bytes away from it. nullptr: none. Linear in the text for each server.
const catalog::Server* server_named(std::string_view text, std::size_t from, std::size_t within,
                                    const std::vector<const catalog::Server*>& servers);

}  // namespace ostiary::scan
