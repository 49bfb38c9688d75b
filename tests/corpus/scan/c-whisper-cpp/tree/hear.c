#include <stdio.h>
#include <stdlib.h>
#include "whisper.h"

static float *samples(const char *path, int *n)
{
    FILE *in = fopen(path, "rb");
    float *data = NULL;
    *n = 0;
    if (!in)
        return NULL;
    fseek(in, 0, SEEK_END);
    *n = (int)(ftell(in) / (long)sizeof *data);
    rewind(in);
    data = malloc(sizeof *data * (size_t)*n);
    if (fread(data, sizeof *data, (size_t)*n, in) != (size_t)*n)
        *n = 0;
    fclose(in);
    return data;
}

int main(int argc, char **argv)
{
    int n = 0;
    float *sound = samples(argc > 2 ? argv[2] : "", &n);
    struct whisper_context *ctx =
        whisper_init_from_file_with_params(argc > 1 ? argv[1] : "", whisper_context_default_params());
    if (!ctx || whisper_full(ctx, whisper_full_default_params(WHISPER_SAMPLING_GREEDY), sound, n) != 0)
        return 1;
    for (int i = 0; i < whisper_full_n_segments(ctx); i++)
        puts(whisper_full_get_segment_text(ctx, i));
    whisper_free(ctx);
    free(sound);
    return 0;
}
