#include <llama.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc < 3)
        return fprintf(stderr, "complete MODEL TEXT\n"), 2;
    llama_backend_init();
    struct llama_model *model = llama_model_load_from_file(argv[1], llama_model_default_params());
    struct llama_context *ctx = llama_init_from_model(model, llama_context_default_params());
    const struct llama_vocab *vocab = llama_model_get_vocab(model);
    llama_token tokens[512];
    int n = llama_tokenize(vocab, argv[2], (int)strlen(argv[2]), tokens, 512, true, false);

    if (llama_decode(ctx, llama_batch_get_one(tokens, n)) != 0)
        return 1;
    const float *logits = llama_get_logits(ctx);
    printf("first logit: %f\n", logits[0]);
    llama_free(ctx);
    llama_model_free(model);
    return 0;
}
