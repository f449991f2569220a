/* The file of a storm: its first lines, and what is said of it. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "blocks/alert.h"
#include "tests/blocks/shown.h"

#define TEXT(text) ((char *)text)

static struct storm_file file(void)
{
    return (struct storm_file){ .id = 1,
                                .storm = 5,
                                .channel = TEXT("C0OPS"),
                                .by = TEXT("U0ANN"),
                                .by_name = TEXT("ann"),
                                .link = TEXT(""),
                                .name = TEXT(""),
                                .error = TEXT(""),
                                .asked = NOW - MIN };
}

static void answered(const char *name, const struct storm_file *f,
                     enum file_asked asked)
{
    struct card *card = card_new();

    storm_file_card(card, f, asked, NOW);
    shown(name, card);
}

Test(storm_file, what_who_asks_is_told)
{
    struct storm_file f = file();

    answered("storm_file_new", &f, FILE_NEW);
    f.error = TEXT("the upload was refused: HTTP 500");
    answered("storm_file_waits", &f, FILE_WAITS);
    f.error = TEXT("");
    f.name = TEXT("storm-5-1a2b3c4d.txt");
    f.link = TEXT("https://example.slack.com/files/U0/F0/storm-5.txt");
    f.lines = 10000;
    f.at = NOW - MIN / 2;
    answered("storm_file_there", &f, FILE_THERE);
}

Test(storm_file, what_the_thread_is_told)
{
    struct storm_file f = file();

    shown_body("storm_file_failed",
               storm_file_failed_message(
                   &f, "files.getUploadURLExternal: missing_scope", "/ops"));
    shown_body("storm_file_given_up",
               storm_file_failed_message(&f, "the upload was refused: HTTP 500",
                                         "/ops"));
}

Test(storm_file, its_first_lines)
{
    struct storm s = { .id = 5,
                       .channel = TEXT("C0OPS"),
                       .began = NOW - 9 * MIN,
                       .alerts = 214,
                       .causes_all = 3 };
    char *head = storm_file_head(&s, NOW);

    cr_expect_str_eq(
        head,
        "# opsbot: every alert that was folded into storm 5 of channel"
        " C0OPS, 2026-11-23T13:59:07.000Z to 2026-11-23T14:08:07.000Z, and it"
        " goes on\n"
        "# 214 alerts in 9 min, 3 causes, 0 dropped\n"
        "# id\tseverity\tstate\tsince\ttitle\tservice\tsource\n");
    free(head);
    s.ended = NOW - MIN;
    head = storm_file_head(&s, NOW);
    cr_expect_str_eq(
        head, "# opsbot: every alert that was folded into storm 5 of channel"
              " C0OPS, 2026-11-23T13:59:07.000Z to 2026-11-23T14:07:07.000Z\n"
              "# 214 alerts in 8 min, 3 causes, 0 dropped\n"
              "# id\tseverity\tstate\tsince\ttitle\tservice\tsource\n");
    free(head);
}
