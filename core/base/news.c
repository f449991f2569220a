/* news: see news.h. */
#include "core/base/news.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"

bool news_is(struct news *n, const char *text)
{
    int64_t now = clock_mono_ms();

    if (strcmp(n->text, text) == 0 && now - n->at < NEWS_AGAIN_MS)
        return false;
    snprintf(n->text, sizeof n->text, "%s", text);
    n->at = now;
    return true;
}

void news_over(struct news *n)
{
    n->text[0] = '\0';
    n->at = 0;
}
