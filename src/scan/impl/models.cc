#include "scan/impl/models.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/ascii.h"
#include "base/text.h"
#include "catalog/word.h"

namespace ostiary::scan {

namespace {

using catalog::ModelFamily;
using catalog::says;
using catalog::Says;
using std::string_view;
using text::is_digit;
using text::is_letter;

constexpr std::size_t kLongest = 200;  // of a model's name

constexpr std::uint64_t kHashStart = 0xcbf29ce484222325ULL;  // FNV-1a
constexpr std::uint64_t hash_on(std::uint64_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}

// Patterns by what stands before their first `*`, so that a name meets only those that can match it.
class Patterns {
 public:
  void add(string_view pattern, const ModelFamily& family) {
    const auto text = text::lower(pattern);
    const auto star = std::min(text.find('*'), text.size());
    if (star > kLongest) return;
    auto hash = kHashStart;
    for (const char c : text.substr(0, star)) hash = hash_on(hash, c);
    by_prefix_[hash].push_back({text, star, &family});
    lengths_.set(star);
  }
  // The family with the longest text before its `*`.
  const ModelFamily* find(string_view name) const {
    const ModelFamily* found = nullptr;
    auto hash = kHashStart;
    for (std::size_t size = 0; size <= std::min(name.size(), kLongest); ++size) {
      if (lengths_.test(size)) {
        const auto at = by_prefix_.find(hash);
        if (at != by_prefix_.end())
          for (const auto& one : at->second)
            if (one.matches(name, size)) found = one.family;
      }
      if (size < name.size()) hash = hash_on(hash, name[size]);
    }
    return found;
  }

 private:
  struct Pattern {
    std::string text;
    std::size_t literal;  // bytes before the first `*`
    const ModelFamily* family;
    bool matches(string_view name, std::size_t size) const {
      const auto whole = string_view(text);
      return literal == size && name.substr(0, size) == whole.substr(0, size) &&
             (literal == whole.size() ? name.size() == size
                                      : text::glob(whole.substr(size), name.substr(size)));
    }
  };
  std::unordered_map<std::uint64_t, std::vector<Pattern>> by_prefix_;
  std::bitset<kLongest + 1> lengths_;
};

// Drops the name's first part where it says this and a dot follows: `us.`, `anthropic.`.
void drop_first(string_view& name, Says what) {
  const auto dot = name.find('.');
  if (dot != string_view::npos && says(name.substr(0, dot), what)) name.remove_prefix(dot + 1);
}

// Of a model's name alone, whether other things are hardly called so: `gpt-4o` is, `phi3` (a variable) and
// `command-a` (a shortcut) are not.
bool is_telling(string_view name) {
  return std::ranges::any_of(name, is_digit) && name.find_first_of("-.:") != string_view::npos;
}

class Models {
 public:
  Models() {
    for (const auto& family : catalog::models()) {
      for (const auto& name : family.names) names_.add(name, family);
      for (const auto& repository : family.repositories) {
        repositories_.add(repository, family);
        owners_.insert(text::lower(string_view(repository).substr(0, repository.find('/'))));
      }
    }
  }

  std::optional<ModelName> find(string_view text) const {
    const auto whole = text::lower(text);
    auto name = string_view(whole);
    if (const auto colon = name.rfind(':');
        colon != string_view::npos && says(name.substr(colon + 1), Says::model_variant))
      name = name.substr(0, colon);
    if (const auto behind = behind_client(name); behind > 0)
      if (const auto found = find(text.substr(behind))) return found;
    const auto slash = name.rfind('/');
    if (slash == string_view::npos) return by_name(name, text);
    if (const auto* family = by_repository(name)) return ModelName{family, true};
    const auto owner_from = name.substr(0, slash).rfind('/');
    const auto owner = owner_from == string_view::npos ? name.substr(0, slash)
                                                       : name.substr(owner_from + 1, slash - owner_from - 1);
    const auto first = name.substr(0, name.find('/'));
    const bool routed = says(owner, Says::model_router) || says(first, Says::model_router) ||
                        owners_.contains(std::string(owner)) || first.starts_with("arn:");
    if (!routed && (owner_from != string_view::npos || says(owner, Says::program_folder)))
      return std::nullopt;
    auto found = by_name(name.substr(slash + 1), text.substr(slash + 1));
    if (found && !routed) found->sure = found->sure && std::ranges::any_of(name.substr(slash), is_digit);
    return found;
  }

 private:
  // How much of `openai:gpt-4o`, `anthropic:messages:claude-3-opus` says through whom it is reached.
  static std::size_t behind_client(string_view name) {
    const auto colon = name.find(':');
    if (colon == string_view::npos) return 0;
    const auto client = name.substr(0, colon);
    if (!says(client, Says::model_router) && !says(client, Says::model_client)) return 0;
    // A tag: of `qwen:7b` and `mistral:latest` the first word is the model.
    const auto rest = name.substr(colon + 1);
    if (rest.find_first_of("-/:") == string_view::npos && !client.starts_with("openai")) return 0;
    const auto second = rest.find(':');
    return second != string_view::npos && says(rest.substr(0, second), Says::model_interface)
               ? colon + second + 2
               : colon + 1;
  }
  const ModelFamily* by_repository(string_view name) const {
    const auto slash = name.rfind('/');
    const auto before = slash == 0 ? string_view::npos : name.rfind('/', slash - 1);
    auto last_two = before == string_view::npos ? name : name.substr(before + 1);
    if (const auto* family = repositories_.find(last_two)) return family;
    const auto mark = last_two.find_first_of(":@", last_two.find('/'));
    return mark == string_view::npos ? nullptr : repositories_.find(last_two.substr(0, mark));
  }

  // `written`: the same as it stands, where closed models have small letters.
  std::optional<ModelName> by_name(string_view name, string_view written) const {
    // A number of a port behind a host's name is no tag.
    const auto colon = name.rfind(':');
    if (colon != string_view::npos && name.size() - colon > 4 &&
        std::ranges::all_of(name.substr(colon + 1), is_digit))
      return std::nullopt;
    const auto* family = names_.find(name);
    const bool small = std::ranges::none_of(written, [](char c) { return c >= 'A' && c <= 'Z'; });
    auto bare = name;
    if (!family) {
      drop_first(bare, Says::model_region);
      drop_first(bare, Says::model_vendor);
      if (bare.size() != name.size()) family = names_.find(bare);
    }
    if (!family) {
      const auto mark = bare.find_first_of(":@");
      if (mark == string_view::npos || mark == 0) return std::nullopt;
      family = names_.find(bare.substr(0, mark));
    }
    if (!family || (!family->open_weights && !small)) return std::nullopt;
    return ModelName{family, !family->ambiguous && is_telling(name)};
  }

  Patterns names_, repositories_;
  std::unordered_set<std::string> owners_;
};

const Models& models() {
  static const Models all;
  return all;
}

bool is_name_byte(char c) {
  return is_letter(c) || is_digit(c) || string_view("._:/@+-").contains(c);
}

// Whether the bytes of `text` could be those of a name.
bool may_be_name(string_view text) {
  if (text.size() < 2 || text.size() > kLongest || !std::ranges::all_of(text, is_name_byte)) return false;
  if (!is_letter(text[0]) && !is_digit(text[0]) && text[0] != '@') return false;
  if (string_view("./:-+@").contains(text.back()) || std::ranges::none_of(text, is_letter)) return false;
  if (text.contains("//") || text.contains("..") || text.starts_with("pkg:")) return false;
  const auto dot = text.rfind('.');
  return dot == string_view::npos || !says(text::lower(text.substr(dot)), Says::file_ending);
}

}  // namespace

std::optional<ModelName> model_named(string_view text) {
  return may_be_name(text) ? models().find(text) : std::nullopt;
}

bool may_be_model(string_view text) {
  if (!may_be_name(text) || text.starts_with('@')) return false;
  const auto slashes = std::ranges::count(text, '/');
  if (slashes > 1 || std::ranges::none_of(text, is_digit)) return false;
  if (slashes == 1) return !says(text::lower(text.substr(0, text.find('/'))), Says::program_folder);
  const auto colon = text.find(':');
  if (colon == string_view::npos) return false;
  return std::ranges::any_of(text.substr(colon + 1), is_letter) &&
         text.find(':', colon + 1) == string_view::npos;
}

bool may_be_hub_name(string_view text) {
  if (!may_be_name(text) || text.starts_with('@')) return false;
  const auto slashes = std::ranges::count(text, '/');
  if (slashes == 0) return is_letter(text[0]);
  const auto owner = text::lower(text.substr(0, text.find('/')));
  return slashes <= 3 && !says(owner, Says::program_folder) && !says(owner, Says::output_folder);
}

bool looks_like_model(string_view text) {
  if (may_be_model(text)) return true;
  if (text.size() < 5 || !is_letter(text[0])) return false;
  const bool plain = std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || string_view("-._").contains(c); });
  return plain && may_be_name(text) && text.contains('-') && std::ranges::any_of(text, is_digit);
}

Wanted names_model(string_view key) {
  std::string plain;
  for (const char c : key.substr(0, std::min<std::size_t>(key.size(), 80)))
    if (is_letter(c) || is_digit(c)) plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (plain == "model" || plain == "modelname" || plain == "modelid") return Wanted::surely;
  for (const string_view ending :
       {"model", "models", "modelname", "modelid", "modelidentifier", "modelslug", "llm", "deploymentname",
        "deploymentid", "foundationmodel", "modelnameorpath"})
    if (plain.ends_with(ending)) return Wanted::perhaps;
  return plain == "engine" || plain == "deployment" || plain == "checkpoint" ? Wanted::perhaps : Wanted::no;
}

}  // namespace ostiary::scan
