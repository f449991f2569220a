#include "bot/sender/post.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static struct post *post_new(const char *method, char *url, char *body)
{
    struct post *post = xcalloc(1, sizeof *post);

    post->lane = POST_CLICK;
    post->method = method;
    post->url = url;
    post->body = body;
    post->node.bytes =
        sizeof *post + (url ? strlen(url) : 0) + (body ? strlen(body) : 0);
    return post;
}

struct post *post_method(const char *method, char *body)
{
    return post_new(method, NULL, body);
}

struct post *post_url(char *url, char *body)
{
    return post_new(NULL, url, body);
}

void post_free(struct post *post)
{
    if (!post)
        return;
    free(post->url);
    free(post->body);
    free(post->channel);
    free(post->trace);
    free(post->error);
    free(post);
}
