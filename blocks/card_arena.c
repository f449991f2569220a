/*
 * card_arena: the memory of a card. Chunks are filled from front to back and
 * thrown away together; the newest is first, the oldest has the usual size and
 * is kept when a card is used again.
 */
#include "blocks/model.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define CHUNK_BYTES 4000

struct chunk *chunk_new(size_t size, struct chunk *next)
{
    struct chunk *chunk;

    if (size < CHUNK_BYTES)
        size = CHUNK_BYTES;
    chunk = xmalloc(sizeof *chunk + size);
    chunk->next = next;
    chunk->used = 0;
    chunk->size = size;
    return chunk;
}

void chunks_free(struct chunk *chunk)
{
    while (chunk) {
        struct chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
}

struct chunk *chunks_reset(struct chunk *chunk)
{
    while (chunk->next) {
        struct chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    chunk->used = 0;
    return chunk;
}

void *keep(struct card *card, size_t size)
{
    struct chunk *chunk = card->chunks;
    size_t step = alignof(max_align_t);
    void *room;

    size = (size + step - 1) / step * step;
    if (chunk->size - chunk->used < size) {
        chunk = chunk_new(size, chunk);
        card->chunks = chunk;
    }
    room = chunk->data + chunk->used;
    chunk->used += size;
    return room;
}

char *keep_bytes(struct card *card, const char *text, size_t len)
{
    char *copy = keep(card, len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}
