/*
 * said: a command that was said in a message, as its text comes in an event.
 *
 * Slack escapes what people say (&amp; &lt; &gt;), writes mentions as <@U…>,
 * and makes links of whatever looks like one. args_parse() reads all of that
 * exactly; here is only taken away what is no part of the command: the mention
 * in front, the links that nobody typed, the marks of code. Pure; any thread.
 */
#ifndef BOT_SAID_H
#define BOT_SAID_H

/*
 * What follows a mention of me (a user id) at the very beginning of a text;
 * NULL when it does not begin with one: "thanks <@U0BOT>" asks for nothing.
 */
const char *said_to(const char *text, const char *me);

/*
 * In place: what Slack made a link of is again what was typed
 * ("<http://notify.events|notify.events>"), and the marks around a text that
 * is code as a whole are gone, as blanks around it.
 */
void said_tidy(char *text);

/* Without our own name in front: people say "/ops dlq list" and "ops dlq
 * list" too. slash: "/ops". */
const char *said_command(const char *text, const char *slash);

#endif
