#ifndef IRC_WHISPER_H
#define IRC_WHISPER_H
struct channel;
/* Sends text to one member of a channel. */
int whisper_send(struct channel *channel, const char *nick, const char *text);
#endif
