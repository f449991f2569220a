/* news: said once, and again when it is another, or a minute old. */
#include <criterion/criterion.h>

#include "core/base/news.h"

Test(news, the_same_is_said_once)
{
    struct news n = { 0 };

    cr_expect(news_is(&n, "read-only"));
    cr_expect_not(news_is(&n, "read-only"));
    cr_expect(news_is(&n, "no memory"));
    cr_expect(news_is(&n, "read-only"));
}

Test(news, after_it_went_well_it_is_news_again)
{
    struct news n = { 0 };

    cr_expect(news_is(&n, "read-only"));
    news_over(&n);
    cr_expect(news_is(&n, "read-only"));
}

Test(news, a_minute_later_it_is_said_again)
{
    struct news n = { 0 };

    cr_expect(news_is(&n, "read-only"));
    n.at -= NEWS_AGAIN_MS;
    cr_expect(news_is(&n, "read-only"));
    cr_expect_not(news_is(&n, "read-only"));
}
