/*
 * version: which opsbot this is.
 */
#include "bot/version.h"

/* The Makefile gives it to this file alone. */
#ifndef OPSBOT_VERSION
#define OPSBOT_VERSION "unknown"
#endif

const char *version_text(void)
{
    return OPSBOT_VERSION;
}

const char *version_agent(void)
{
    return "opsbot/" OPSBOT_VERSION;
}
