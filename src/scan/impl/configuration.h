#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/impl/command_line.h"
#include "scan/impl/reached.h"
#include "scan/impl/settings.h"

namespace ostiary::scan {

// What a file of settings is for.
enum class Purpose : std::uint8_t {
  settings,  // some program reads it
  scripts,   // its commands are run by people: package.json, Taskfile
  compose,
  kubernetes,
  helm,
  ci,
  cloud,  // Terraform, CloudFormation, Bicep, Ansible
  unit    // of systemd
};
bool deploys(Purpose purpose);

// Takes the settings of one file and gives what they use to `uses`.
class Settings {
 public:
  Settings(Purpose purpose, Reached& uses) : purpose_(purpose), uses_(uses) {}
  void take(const Setting& setting);
  void finish() { flush(); }

 private:
  Stands ran() const { return {deploys(purpose_) ? Grade::deployed : Grade::called}; }
  Stands stated(const Setting& setting) const;
  void run(std::string_view text, const At& at);
  bool take_command(const Setting& setting, std::string_view key);
  bool take_deployment(const Setting& setting, std::string_view key);
  void take_variable(const Setting& setting, std::string_view key);
  void take_value(std::string_view text, const At& at, std::string_view key, Stands stands);
  void action(std::string_view text, const Value& value);
  void custom_resource(std::string_view text, const Value& value, std::string_view key, bool in_chart);
  void take_assignments(std::string_view text, const At& at);
  void flush();

  Purpose purpose_;
  Reached& uses_;
  // Items of a list that together are a command.
  std::vector<Word> words_;
  std::vector<std::string> words_path_;
  std::uint64_t words_group_ = 0;
  const catalog::Server* server_ = nullptr;  // of the image that was last named
  // `name: KEY` before `value: …` of a list of variables.
  std::string variable_;
  std::uint64_t variable_group_ = 0;
  std::string registry_;
  std::vector<std::string> resource_;  // path of the resource that was last said to deploy models
};

// Whether an environment variable is one of a provider's or a server's.
bool is_known_variable(std::string_view name);

// A Dockerfile's instructions, a Makefile's recipes and variables, a Procfile's commands.
void uses_in_dockerfile(std::string_view text, Reached& uses);
void uses_in_makefile(std::string_view text, Reached& uses);
void uses_in_procfile(std::string_view text, Reached& uses);

}  // namespace ostiary::scan
