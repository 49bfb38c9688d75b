#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST "https://api.openai.com"

static const char *const form =
    "{\"model\": \"gpt-3.5-turbo\","
    " \"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]}";

int main(int argc, char **argv)
{
    char body[4096], key[256];
    struct curl_slist *headers = NULL;
    CURL *curl = curl_easy_init();

    if (argc < 2 || !curl)
        return 1;
    snprintf(body, sizeof body, form, argv[1]);
    snprintf(key, sizeof key, "Authorization: Bearer %s", getenv("KEY"));
    headers = curl_slist_append(headers, key);
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_URL, HOST "/v1/chat/completions");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    CURLcode done = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return done != CURLE_OK;
}
