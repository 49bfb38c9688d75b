#include <fmt/core.h>
#include <llama.h>

#include <memory>
#include <string>
#include <vector>

namespace {
struct Free {
  void operator()(llama_model* m) const { llama_model_free(m); }
  void operator()(llama_context* c) const { llama_free(c); }
};
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  llama_backend_init();
  std::unique_ptr<llama_model, Free> model{llama_model_load_from_file(argv[1], llama_model_default_params())};
  std::unique_ptr<llama_context, Free> ctx{llama_init_from_model(model.get(), llama_context_default_params())};
  const std::string text = R"(Tags for: )" + std::string(argv[2]);
  std::vector<llama_token> tokens(text.size() + 8);
  const int n = llama_tokenize(llama_model_get_vocab(model.get()), text.data(), int(text.size()), tokens.data(),
                               int(tokens.size()), true, false);
  fmt::print("{}\n", llama_decode(ctx.get(), llama_batch_get_one(tokens.data(), n)));
}
