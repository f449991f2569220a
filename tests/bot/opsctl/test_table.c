/*
 * Columns and tables: widths as a terminal has them, what is cut and what is
 * not, moments as people read them.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bot/opsctl/columns.h"
#include "bot/opsctl/table.h"

#define NOW INT64_C(1795442887000) /* 2026-11-23T14:08:07Z */

TestSuite(table, .init = columns_ready);

static void expect_text(struct buf *got, const char *want)
{
    cr_expect_str_eq(buf_text(got), want);
    buf_dispose(got);
}

Test(table, widths_are_those_of_a_terminal)
{
    cr_expect_eq(columns_width(""), 0);
    cr_expect_eq(columns_width("abc"), 3);
    cr_expect_eq(columns_width("é"), 1);
    cr_expect_eq(columns_width("e\u0301"), 1);
    cr_expect_eq(columns_width("中文"), 4);
    cr_expect_eq(columns_width("✅"), 2);
    cr_expect_eq(columns_width("\xff"), 1);
    cr_expect_eq(columns_width("\xe4\xb8"), 2);
}

Test(table, what_is_cut_ends_in_a_mark)
{
    static const struct {
        const char *text;
        size_t width;
        const char *want;
    } cases[] = {
        { "abcdef", 6, "abcdef" }, { "abcdef", 5, "abcd…" },
        { "abcdef", 1, "…" },      { "abcdef", 0, "" },
        { "中文字", 5, "中文…" },  { "中文字", 4, "中…" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };

        columns_cut(&out, cases[i].text, cases[i].width);
        expect_text(&out, cases[i].want);
    }
}

Test(table, columns_are_filled_on_their_side)
{
    struct buf out = { 0 };

    columns_fill(&out, "中", 4, false);
    buf_char(&out, '|');
    columns_fill(&out, "12", 4, true);
    buf_char(&out, '|');
    columns_fill(&out, "abcde", 3, true);
    expect_text(&out, "中  |  12|ab…");
}

Test(table, moments_are_read_by_people)
{
    char *text = table_text("since 2026-11-23T14:02:07.000Z (x), at "
                            "2026-11-20T10:00:00Z, not x2026-11-20T10:00:00Z "
                            "nor 2026-11-20\x1b[31m",
                            NOW);

    cr_expect_str_eq(text, "since 14:02 UTC (6 m ago) (x), at 2026-11-20 10:00 "
                           "UTC (3 d 4 h ago), not x2026-11-20T10:00:00Z nor "
                           "2026-11-20[31m");
    free(text);
}

/* ---- tables --------------------------------------------------------------------- */

static json_t *rows_of(const char *text)
{
    json_error_t error;
    json_t *rows = json_loads(text, 0, &error);

    cr_assert(rows, "%s", error.text);
    return rows;
}

static void expect_table(const char *json, size_t width, const char *want)
{
    json_t *rows = rows_of(json), *row, *item;
    struct table *t = table_new(rows, NOW);
    struct buf out = { 0 };
    size_t i, k;

    cr_assert(t);
    table_fit(t, width);
    table_head(t, &out);
    buf_char(&out, '\n');
    json_array_foreach(rows, i, row)
    {
        const json_t *cells = json_object_get(row, "cells");

        if (cells) {
            table_line(t, cells, &out, NULL, NULL);
            buf_char(&out, '\n');
        }
        json_array_foreach(json_object_get(row, "items"), k, item)
        {
            table_line(t, item, &out, NULL, NULL);
            buf_char(&out, '\n');
        }
    }
    expect_text(&out, want);
    table_free(t);
    json_decref(rows);
}

Test(table, numbers_are_aligned_at_their_right)
{
    expect_table("[{\"cells\":{\"stream\":\"notify.events\",\"entries\":"
                 "\"4102\",\"cause\":\"HTTP 500\"}},"
                 "{\"cells\":{\"stream\":\"pnl\",\"entries\":\"10\"}}]",
                 0,
                 "STREAM         ENTRIES  CAUSE\n"
                 "notify.events     4102  HTTP 500\n"
                 "pnl                 10\n");
}

/* A cell that only later rows have stands beside its neighbours. */
Test(table, columns_keep_the_order_of_the_cells)
{
    expect_table("[{\"cells\":{\"a\":\"x\",\"c\":\"1\"}},{\"text\":\"none\"},"
                 "{\"cells\":{\"a\":\"y\",\"b_2\":\"-\",\"c\":\"22\"}}]",
                 0,
                 "A  B 2   C\n"
                 "x        1\n"
                 "y  -    22\n");
}

Test(table, several_things_in_a_row_have_lines_of_their_own)
{
    expect_table("[{\"cells\":{\"check\":\"a\"}},{\"items\":[{\"check\":\"b\"},"
                 "{\"check\":\"c\"}]}]",
                 0, "CHECK\na\nb\nc\n");
}

Test(table, the_widest_words_are_cut_first_and_numbers_never)
{
    expect_table("[{\"cells\":{\"id\":\"1700000000000\",\"error\":"
                 "\"something that is much too long for it\"}}]",
                 30,
                 "           ID  ERROR\n"
                 "1700000000000  something that…\n");
    expect_table("[{\"cells\":{\"id\":\"1700000000000\",\"error\":"
                 "\"something that is much too long for it\"}}]",
                 3,
                 "           ID  ERROR\n"
                 "1700000000000  somethi…\n");
}

Test(table, moments_become_ages_where_there_is_no_room)
{
    static const char rows[] =
        "[{\"cells\":{\"id\":\"12\",\"at\":\"2026-11-23T14:02:07Z\","
        "\"title\":\"no fills since two\"}}]";

    expect_table(rows, 43,
                 "ID  AT                   TITLE\n"
                 "12  14:02 UTC (6 m ago)  no fills since two\n");
    expect_table(rows, 42,
                 "ID  AT       TITLE\n"
                 "12  6 m ago  no fills since two\n");
    expect_table(rows, 25,
                 "ID  AT       TITLE\n"
                 "12  6 m ago  no fills si…\n");
}

Test(table, a_cell_is_one_line_without_controls)
{
    expect_table("[{\"cells\":{\"a\":\"x\\ny\\u001b[2J\",\"at\":"
                 "\"2026-11-23T14:02:07.000Z\"}}]",
                 0, "A       AT\nx y[2J  14:02 UTC (6 m ago)\n");
}

Test(table, rows_without_cells_make_none)
{
    json_t *rows = rows_of("[{\"text\":\"a\"}]");

    cr_expect_null(table_new(rows, NOW));
    cr_expect_null(table_new(NULL, NOW));
    json_decref(rows);
}
