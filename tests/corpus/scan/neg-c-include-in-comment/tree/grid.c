#include <math.h>
#include <stdio.h>
/*
#include "llama.h"
*/
// the model ran here once: \
#include "ggml.h"

static const char help[] = "#include <llama.h>\n"
                           "llama_decode(ctx, batch);\n";

struct llama {
    double x, y;
};

static double whisper(const struct llama *a, const struct llama *b)
{
    return hypot(a->x - b->x, a->y - b->y);
}

int main(int argc, char **argv)
{
    struct llama falcon = {0, 1}, orca = {argc, 4};
    if (argc > 9)
        fputs(help, stderr);
    return printf("%s %g\n", argv[0], whisper(&falcon, &orca)) < 0;
}
