// serve on the command line.

#include <memory>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "app/config.h"
#include "app/impl/command_line.h"

namespace ostiary::app {

namespace {

// Refuses variables that were meant for the configuration and would be passed over.
Result<int> serve(const ServeOptions& options) {
  std::vector<std::string_view> names;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view entry(*variable);
    names.push_back(entry.substr(0, entry.find('=')));
  }
  TRY_VOID(check_variables(names));
  return run_serve(options);
}

}  // namespace

void add_serve(CommandLine& line) {
  const auto options = std::make_shared<ServeOptions>();
  auto* app =
      line.verb(line.root(), "serve", "run the gate",
                "ostiary serve                                  # services found in the environment and "
                "on local ports\n"
                "  ostiary serve -c ostiary.yaml --listen 127.0.0.1:8484\n"
                "  ostiary serve --print-config > ostiary.yaml    # every key with its default");
  app->add_option("-c,--config", options->config, "configuration file (docs/configuration.md)")
      ->type_name("FILE");
  app->add_option(
         "--listen", options->listen,
         "where to listen, HOST:PORT or unix:PATH; port 0 takes a free one; may be given more than once")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app->add_option("--data", options->data, "data folder (default: $OSTIARY_DATA, or ./ostiary-data)")
      ->type_name("DIR");
  app->add_flag("--allow-remote", options->allow_remote,
                "listen beyond this machine in plain HTTP: put TLS in front");
  app->add_option("--wait-for-lock", options->wait_for_lock,
                  "how long to wait for another process to give the data folder up (default: 0s; 30s where a "
                  "service manager hands sockets over)")
      ->type_name("DURATION");
  app->add_flag("--print-config", options->print_config,
                "print every configuration key with its default, and end");
  line.add_format(*app, options->format, options->quiet);
  line.does(*app, [options] { return serve(*options); });
}

}  // namespace ostiary::app
