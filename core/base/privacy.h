/*
 * privacy: what a process that holds tokens keeps to itself (P8).
 */
#ifndef CORE_BASE_PRIVACY_H
#define CORE_BASE_PRIVACY_H

/*
 * No core file, and no look into our memory for others of our user: both would
 * show tokens. For the whole process, and for good; before it reads any.
 * Sanitizers look for leaks by the second road: theirs stays open.
 */
void privacy_keep(void);

#endif
