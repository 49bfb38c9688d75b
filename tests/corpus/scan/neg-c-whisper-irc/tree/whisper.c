#include "whisper.h"
#include <stdio.h>

struct channel {
    FILE *out;
    const char *model;
};

int whisper_send(struct channel *channel, const char *nick, const char *text)
{
    return fprintf(channel->out, "PRIVMSG %s :%s\r\n", nick, text) > 0;
}
