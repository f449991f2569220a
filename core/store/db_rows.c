/*
 * db_rows: reading what a statement gave. Rows belong to whoever asked.
 *
 * A struct db_rows is a PGresult that nobody outside core/store/db*.c can see
 * into.
 */
#include <libpq-fe.h>
#include <stdlib.h>

#include "core/store/db.h"

static const PGresult *seen(const struct db_rows *rows)
{
    return (const PGresult *)(const void *)rows;
}

size_t rows_count(const struct db_rows *rows)
{
    return rows ? (size_t)PQntuples(seen(rows)) : 0;
}

long rows_affected(const struct db_rows *rows)
{
    PGresult *res = (PGresult *)(void *)(uintptr_t)rows;

    return rows ? strtol(PQcmdTuples(res), NULL, 10) : 0;
}

const char *rows_text(const struct db_rows *rows, size_t row, int col)
{
    if (row >= rows_count(rows) || col >= PQnfields(seen(rows)))
        return "";
    return PQgetvalue(seen(rows), (int)row, col);
}

bool rows_null(const struct db_rows *rows, size_t row, int col)
{
    if (row >= rows_count(rows) || col >= PQnfields(seen(rows)))
        return true;
    return PQgetisnull(seen(rows), (int)row, col) != 0;
}

int64_t rows_int(const struct db_rows *rows, size_t row, int col)
{
    return strtoll(rows_text(rows, row, col), NULL, 10);
}

void rows_free(struct db_rows *rows)
{
    PQclear((PGresult *)(void *)rows);
}
