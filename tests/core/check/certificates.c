/*
 * certificates: keys and certificates of any age.
 */
#include "tests/core/check/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

#define FILES_MAX 64

static char directory[64];
static char *files[FILES_MAX];
static int file_count;

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "certificates: %s\n", what);
    abort();
}

const char *certificate_file(const char *name, const char *end)
{
    char *path = xasprintf("%s/%s%s", directory, name, end);

    for (int i = 0; i < file_count; i++)
        if (strcmp(files[i], path) == 0) {
            free(path);
            return files[i];
        }
    must(file_count < FILES_MAX, "too many files");
    files[file_count++] = path;
    return path;
}

static void extend(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(ext && X509_add_ext(cert, ext, -1), value);
    X509_EXTENSION_free(ext);
}

static X509 *read_cert(const char *name)
{
    FILE *f = fopen(certificate_file(name, ".pem"), "r");
    X509 *cert;

    must(f != NULL, name);
    cert = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    must(cert != NULL, name);
    return cert;
}

static EVP_PKEY *read_key(const char *name)
{
    FILE *f = fopen(certificate_file(name, ".key"), "r");
    EVP_PKEY *key;

    must(f != NULL, name);
    key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    must(key != NULL, name);
    return key;
}

static void sign(X509 *cert, const struct certificate *c, EVP_PKEY *own)
{
    X509 *signer = c->signer ? read_cert(c->signer) : NULL;
    EVP_PKEY *key = c->signer ? read_key(c->signer) : NULL;

    X509_set_issuer_name(cert, X509_get_subject_name(signer ? signer : cert));
    must(X509_sign(cert, key ? key : own, EVP_sha256()) > 0, "signing");
    X509_free(signer);
    EVP_PKEY_free(key);
}

void certificate_make(const struct certificate *c)
{
    static long serial;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    FILE *f;

    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), c->from);
    X509_gmtime_adj(X509_getm_notAfter(cert), c->until);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)c->name, -1, -1, 0);
    X509_set_pubkey(cert, key);
    extend(cert, NID_basic_constraints,
           c->names ? "CA:FALSE" : "critical,CA:TRUE");
    if (c->names)
        extend(cert, NID_subject_alt_name, c->names);
    sign(cert, c, key);
    f = fopen(certificate_file(c->name, ".pem"), "w");
    must(f && PEM_write_X509(f, cert), c->name);
    fclose(f);
    f = fopen(certificate_file(c->name, ".key"), "w");
    must(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), c->name);
    fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
}

void certificates_start(void)
{
    const struct certificate ca = { "ca", NULL, NULL, -DAY, 100 * DAY };

    snprintf(directory, sizeof directory, "/tmp/opsbot-certs-XXXXXX");
    must(mkdtemp(directory) != NULL, directory);
    certificate_make(&ca);
}

void certificates_stop(void)
{
    for (int i = 0; i < file_count; i++) {
        unlink(files[i]);
        free(files[i]);
    }
    file_count = 0;
    rmdir(directory);
}
