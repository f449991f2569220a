/* sentence: see sentence.h. */
#include "blocks/sentence.h"

#include "blocks/words.h"

void sentence_add(struct sentence *s, struct span span)
{
    if (s->count < SENTENCE_SPANS)
        s->spans[s->count++] = span;
    s->spans[s->count] = (struct span){ .kind = SPAN_END };
}

void sentence_channels(struct sentence *s, const char *const *channels,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sentence_add(s, say_text(words_between(i, count)));
        sentence_add(s, say_channel(channels[i]));
    }
}
