/* SPDX-License-Identifier: MIT */
/*
 * The system's trust (bad-inputs T5): the file and the folders that OpenSSL was
 * built for, or SSL_CERT_FILE and SSL_CERT_DIR in their place. Folders are read
 * in full, by the names that OpenSSL would look for one at a time during a
 * handshake, so that no poll reads a file and an empty one is noticed.
 */
#include "tls_trust.h"

#include <openssl/crypto.h>
#include <openssl/store.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

typedef enum trust_state { TRUST_UNKNOWN, TRUST_READING, TRUST_FOUND, TRUST_NOTHING } trust_state;

/* Process-wide, because certificates cost 770 KB and the system trusts the same for all. */
static struct {
    CRYPTO_ONCE once;
    CRYPTO_RWLOCK *lock; /* guards what follows; never freed, as the store */
    trust_state state;
    X509_STORE *store;
    wspi_thread *thread; /* to be waited for once it is over */
    char *file;          /* where to read, for the thread */
    char *folders;
} trust = {.once = CRYPTO_ONCE_STATIC_INIT};

void wspi_tls_trust_complete(X509_STORE *store)
{
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        /* Purpose -1 asks nothing, but decodes the extensions. NULL: a list of revoked ones. */
        if (certificate != NULL)
            (void)X509_check_purpose(certificate, -1, 0);
    }
}

/* -- reading, on the thread ------------------------------------------------ */

/* "0a1b2c3d.0": the hash of a subject, as c_rehash makes them. Other files of a folder are the same ones
 * again.
 */
static bool is_hash_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t hash_size = strspn(name, "0123456789abcdef");
    size_t number_size = name[hash_size] == '.' ? strspn(name + hash_size + 1, "0123456789") : 0;
    return hash_size == 8 && number_size > 0 && name[hash_size + 1 + number_size] == '\0';
}

/* Its answer is not the count when a certificate is broken: those in front of that one are in the store. */
static void read_file(X509_LOOKUP *lookup, const char *path)
{
    (void)X509_load_cert_file(lookup, path, X509_FILETYPE_PEM);
}

static void read_folder(X509_LOOKUP *lookup, const char *path)
{
    OSSL_STORE_CTX *folder = OSSL_STORE_open(path, NULL, NULL, NULL, NULL);
    while (folder != NULL && !OSSL_STORE_eof(folder)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(folder);
        if (info == NULL)
            break;
        const char *name =
            OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_NAME ? OSSL_STORE_INFO_get0_NAME(info) : NULL;
        if (name != NULL && is_hash_name(name))
            read_file(lookup, name);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(folder);
}

/* The list is cut up in place. */
static void read_folders(X509_LOOKUP *lookup, char *list)
{
    for (char *path = list; path != NULL;) {
        char *end = strchr(path, ':');
        if (end != NULL)
            *end++ = '\0';
        if (*path != '\0')
            read_folder(lookup, path);
        path = end;
    }
}

static X509_STORE *read_trust(void)
{
    X509_STORE *store = X509_STORE_new();
    X509_LOOKUP *lookup = store != NULL ? X509_STORE_add_lookup(store, X509_LOOKUP_file()) : NULL;
    if (lookup != NULL && trust.file != NULL)
        read_file(lookup, trust.file);
    if (lookup != NULL && trust.folders != NULL)
        read_folders(lookup, trust.folders);
    if (store != NULL && sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) > 0) {
        wspi_tls_trust_complete(store);
        return store;
    }
    X509_STORE_free(store);
    return NULL;
}

static void run(void)
{
    X509_STORE *store = read_trust();
    CRYPTO_THREAD_write_lock(trust.lock);
    OPENSSL_free(trust.file);
    OPENSSL_free(trust.folders);
    trust.file = NULL;
    trust.folders = NULL;
    trust.store = store;
    trust.state = store != NULL ? TRUST_FOUND : TRUST_NOTHING;
    CRYPTO_THREAD_unlock(trust.lock);
}

/* -- asking, on any thread ------------------------------------------------- */

/* The one caller that gets the thread waits until it has left OpenSSL. */
static void join_reader(void)
{
    CRYPTO_THREAD_write_lock(trust.lock);
    wspi_thread *thread = trust.thread;
    trust.thread = NULL;
    CRYPTO_THREAD_unlock(trust.lock);
    if (thread != NULL)
        wspi_os_thread_join(thread);
}

static void init_once(void)
{
    trust.lock = CRYPTO_THREAD_lock_new();
    /* OpenSSL takes itself down when the process exits, which must not happen under the reader's feet. */
    if (trust.lock != NULL)
        (void)OPENSSL_atexit(join_reader);
}

static char *copy_setting(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);
    return OPENSSL_strdup(value != NULL ? value : otherwise);
}

void wspi_tls_trust_begin(void)
{
    if (CRYPTO_THREAD_run_once(&trust.once, init_once) != 1 || trust.lock == NULL)
        return;
    CRYPTO_THREAD_write_lock(trust.lock);
    bool is_first = trust.state == TRUST_UNKNOWN;
    if (is_first) {
        trust.state = TRUST_READING;
        trust.file = copy_setting(X509_get_default_cert_file_env(), X509_get_default_cert_file());
        trust.folders = copy_setting(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    }
    CRYPTO_THREAD_unlock(trust.lock);
    if (!is_first)
        return;
    wspi_thread *thread = wspi_os_thread_start(run);
    if (thread == NULL) {
        /* Better late than never: without a thread the poll reads. */
        run();
        return;
    }
    CRYPTO_THREAD_write_lock(trust.lock);
    trust.thread = thread;
    CRYPTO_THREAD_unlock(trust.lock);
}

wspi_io wspi_tls_trust_get(X509_STORE **out_store)
{
    wspi_tls_trust_begin();
    if (trust.lock == NULL)
        return WSPI_IO_FAILED;
    CRYPTO_THREAD_read_lock(trust.lock);
    trust_state state = trust.state;
    *out_store = trust.store;
    CRYPTO_THREAD_unlock(trust.lock);
    if (state == TRUST_READING)
        return WSPI_IO_WAIT;
    join_reader();
    return state == TRUST_FOUND ? WSPI_IO_OK : WSPI_IO_FAILED;
}
