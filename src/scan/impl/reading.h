#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "scan/manifest.h"

namespace ostiary::scan {

// What a manifest says of one package besides its name.
struct Said {
  std::string_view version;
  std::string_view alias;
  bool locked = false;
  bool development = false;
  bool direct = true;
};

// A file that is being read: its text, which is UTF-8 or nearly so, and what was found in it so far. Readers
// give places as offsets in text().
class Reading {
 public:
  Reading(std::string_view path, std::string_view text, Manifest& out)
      : path_(path), text_(text), out_(&out) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  std::string_view path() const { return path_; }
  std::string_view name() const { return path_.substr(path_.rfind('/') + 1); }
  std::string_view text() const { return text_; }
  Manifest& manifest() const { return *out_; }

  // Takes a package. Names that cannot be one (empty, over 512 bytes, with blanks, control characters or an
  // unresolved `${`) are passed over. False: there are too many, and the reader should end.
  bool add(Ecosystem ecosystem, std::string_view name, std::size_t start, std::size_t end, const Said& said);
  // The same for a name that is a view of text().
  bool add(Ecosystem ecosystem, std::string_view name, const Said& said) {
    const auto start = offset(name);
    return add(ecosystem, name, start, start + name.size(), said);
  }
  std::size_t offset(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }
  // Something was not understood. The first of each kind is kept.
  void partial(files::Why why, std::string text);
  bool full() const { return full_; }

 private:
  std::string_view path_, text_;
  Manifest* out_;
  bool full_ = false;
};

// A line of text() without its line end, and the rest behind it. `text` must not be empty.
std::string_view take_line(std::string_view& text);

// A PEP 508 requirement: `name[extras] constraint ; marker` or `name @ url`. The marker is cut off; of an
// arbitrary or exact pin (`==1.2`, `===1.2`) the version is the pin. False: not a requirement.
bool add_requirement(Reading& reading, std::string_view requirement, std::size_t offset, Said said);

// Readers, by format.
void read_requirements(Reading& reading);

}  // namespace ostiary::scan
