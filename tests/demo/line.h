/*
 * line: a line typed on a terminal, where something else may be printed above
 * it meanwhile. Backspace, Ctrl-U, Ctrl-W, the arrow up for the line before.
 * Without a terminal, lines are read as they come. Main thread.
 */
#ifndef DEMO_LINE_H
#define DEMO_LINE_H

#include <stdbool.h>

/* What is printed to clear the line that is being typed. */
const char *line_wipe(void);

/* From here on the terminal shows what we print, not what is typed; line_end()
 * gives it back, also from a signal handler. */
void line_begin(void);
void line_end(void);

/*
 * Prints the prompt and reads a line: heap, without its end; NULL at the end
 * of the input, or when *stop is set. While nothing is typed, meanwhile(arg)
 * is called a few times a second: true when it printed something.
 */
char *line_read(const char *prompt, bool (*meanwhile)(void *arg), void *arg,
                const volatile int *stop);

#endif
