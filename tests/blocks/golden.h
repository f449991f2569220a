/*
 * golden: what a renderer is expected to write, kept as files.
 *
 * Files are in tests/blocks/golden, relative to the repository's root, where
 * tests run. With UPDATE_GOLDEN=1 in the environment they are rewritten, and
 * git shows what changed. Fails the running Criterion test by itself.
 */
#ifndef TESTS_BLOCKS_GOLDEN_H
#define TESTS_BLOCKS_GOLDEN_H

/* file: "dlq_list.txt". */
void golden_text(const char *file, const char *text);

/* Compact JSON text, kept indented so that differences can be read. */
void golden_json(const char *file, const char *text);

#endif
