// model on the command line.

#include <algorithm>
#include <array>
#include <memory>

#include "app/impl/verbs_model.h"

namespace ostiary::app {

void add_model(CommandLine& line) {
  const auto options = std::make_shared<ModelOptions>();
  auto* model = line.verb(line.root(), "model", "say what model files are: license, lineage, hazards",
                          "ostiary model llama-3.1-8b-q4.gguf\n"
                          "  ostiary model ~/.cache/huggingface/hub ~/.ollama/models\n"
                          "  ostiary model --fail-on high checkpoints/ image.tar     # in CI\n"
                          "  ostiary model --digests --format json model.safetensors\n"
                          "  ostiary model --format cyclonedx -o model.cdx.json models/");
  model->add_option("paths", options->paths, "model files, folders, archives and images")->required();
  model->add_flag("--digests", options->digests, "SHA-256 of every file of a model");
  model->add_flag("--only-named", options->only_named,
                  "of a file that is named not the card, configuration and license in its folder");
  model
      ->add_option("--fail-on", options->fail_on,
                   "exit with 1 from hazards of this severity on, and where something was not read")
      ->check(CLI::IsMember({"low", "medium", "high"}))
      ->type_name("SEVERITY");
  line.add_common(*model, options->common, true);
  model->remove_option(model->get_option("--format"));
  model
      ->add_option_function<std::string>(
          "--format",
          [options](const std::string& word) {
            constexpr std::array<std::string_view, 3> own = {"text", "json", "sarif"};
            const auto at = std::ranges::find(own, word);
            if (at == own.end())
              options->bill = word;
            else
              options->common.format = static_cast<Format>(at - own.begin());
          },
          "text, json, sarif (hazards), cyclonedx (1.6), cyclonedx-1.7 or spdx (3.0.1)")
      ->check(CLI::IsMember({"text", "json", "sarif", "cyclonedx", "cyclonedx-1.7", "spdx"}))
      ->type_name("FORMAT");
  line.does(*model, [options] { return run_model(*options); });
}

}  // namespace ostiary::app
