#include "inspect/literals.h"

#include <cstdlib>
#include <fmt/format.h>
#include <hs/hs.h>
#include <utility>

#include "base/log.h"

namespace ostiary::inspect {

namespace {

hs_database_t* database_of(void* pointer) {
  return static_cast<hs_database_t*>(pointer);
}

// Of processors that are in use only the common features are taken for granted; the library picks what it
// runs with when it runs.
constexpr hs_platform_info_t kGeneric{HS_TUNE_FAMILY_GENERIC, 0, 0, 0};

int take_hit(unsigned id, unsigned long long, unsigned long long to, unsigned, void* hits) {
  static_cast<std::vector<Literals::Hit>*>(hits)->push_back({id, static_cast<std::uint32_t>(to)});
  return 0;
}

}  // namespace

Result<Literals> Literals::compile(const std::vector<Literal>& literals) {
  if (literals.empty()) return Literals();
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  std::vector<unsigned> flags, ids;
  for (const auto& literal : literals) {
    ids.push_back(static_cast<unsigned>(texts.size()));
    texts.push_back(literal.text.data());
    sizes.push_back(literal.text.size());
    flags.push_back(literal.any_case ? HS_FLAG_CASELESS : 0);
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* problem = nullptr;
  const auto code = hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), sizes.data(),
                                         static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, &kGeneric,
                                         &database, &problem);
  if (code != HS_SUCCESS) {
    auto why =
        fail(Code::invalid, fmt::format("keywords cannot be compiled: {}", problem ? problem->message : "?"));
    hs_free_compile_error(problem);
    return why;
  }
  Literals out;
  out.database_ = database;
  return out;
}

Result<Literals> Literals::load(std::string_view serialised) {
  if (serialised.empty()) return Literals();
  hs_database_t* database = nullptr;
  const auto code = hs_deserialize_database(serialised.data(), serialised.size(), &database);
  if (code == HS_DB_VERSION_ERROR || code == HS_DB_PLATFORM_ERROR)
    return fail(Code::newer, "keywords were compiled by another version of Vectorscan");
  if (code != HS_SUCCESS) return fail(Code::corrupt, "compiled keywords are damaged");
  Literals out;
  out.database_ = database;
  return out;
}

Result<std::string> Literals::serialise() const {
  if (!database_) return std::string();
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database_of(database_), &bytes, &size) != HS_SUCCESS)
    return fail(Code::io, "compiled keywords cannot be written");
  std::string out(bytes, size);
  std::free(bytes);
  return out;
}

Literals::Literals(Literals&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
Literals& Literals::operator=(Literals&& other) noexcept {
  std::swap(database_, other.database_);
  return *this;
}
Literals::~Literals() {
  hs_free_database(database_of(database_));
}

Literals::Scratch::Scratch(const Literals& literals) {
  hs_scratch_t* scratch = nullptr;
  if (!literals.database_) return;
  if (hs_alloc_scratch(database_of(literals.database_), &scratch) != HS_SUCCESS) {
    log::error("inspection: no memory for a scan");
    std::abort();
  }
  scratch_ = scratch;
}
Literals::Scratch::Scratch(Scratch&& other) noexcept : scratch_(std::exchange(other.scratch_, nullptr)) {}
Literals::Scratch& Literals::Scratch::operator=(Scratch&& other) noexcept {
  std::swap(scratch_, other.scratch_);
  return *this;
}
Literals::Scratch::~Scratch() {
  hs_free_scratch(static_cast<hs_scratch_t*>(scratch_));
}

void Literals::scan(std::string_view text, Scratch& scratch, std::vector<Hit>& hits) const {
  if (text.empty() || !database_) return;
  const auto code = hs_scan(database_of(database_), text.data(), static_cast<unsigned>(text.size()), 0,
                            static_cast<hs_scratch_t*>(scratch.scratch_), take_hit, &hits);
  if (code == HS_SUCCESS) return;
  // A text that was not looked at must not pass as clean.
  log::error(fmt::format("inspection: the keyword scan failed ({})", code));
  std::abort();
}

}  // namespace ostiary::inspect
