/*
 * dump: what others may see of this process's memory.
 */
#ifndef CORE_BASE_DUMP_H
#define CORE_BASE_DUMP_H

/*
 * No core file, and no look into our memory for others of our user: both would
 * show tokens (P8). Once, before any is read; it cannot fail. A build with
 * sanitizers can be looked into all the same: they look for leaks by that road.
 */
void dump_forbid(void);

#endif
