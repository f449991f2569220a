/*
 * certificates: keys and certificates of any age, for the tests of one
 * process; PEM files in a directory of their own.
 */
#ifndef TESTS_CORE_CHECK_CERTIFICATES_H
#define TESTS_CORE_CHECK_CERTIFICATES_H

/* name.pem and name.key. from, until: seconds from now. */
struct certificate {
    const char *name;   /* of the files, and its common name */
    const char *names;  /* "DNS:a.example,IP:127.0.0.1"; NULL: an authority */
    const char *signer; /* the name of another; NULL: itself */
    long from, until;
};

#define DAY (24L * 3600)

void certificates_start(void); /* the directory, and the authority "ca" */
void certificates_stop(void);  /* takes the directory away */
void certificate_make(const struct certificate *c);

/* The path of a file there ("ca.pem"); valid for the process's life. */
const char *certificate_file(const char *name, const char *end);

#endif
