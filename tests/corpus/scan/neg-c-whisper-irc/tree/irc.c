#include <stdio.h>
#include "whisper.h"

int main(void)
{
    const char *const bots[] = {"claude", "gemini", "bard", "ollamabot"};
    for (unsigned i = 0; i < sizeof bots / sizeof *bots; i++)
        printf("JOIN #%s\r\n", bots[i]);
    return whisper_send == 0;
}
