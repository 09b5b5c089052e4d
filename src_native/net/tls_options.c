/* SPDX-License-Identifier: MIT */
/*
 * The public wsp_tls_options_*: checks arguments, leaves the material to
 * tls_context.c and keeps the reason of a refusal for wsp_tls_last_error. The
 * object is counted, so it may be destroyed while connections still use it.
 */
#include "tls_options.h"

#include "log.h"
#include "memory.h"
#include "tls_trust.h"

#include <string.h>

/* Per thread, as the public contract promises. */
static _Thread_local char last_error[WSPI_MESSAGE_CAPACITY];

/* The text of a constructor's refusal; empty until there is one. */
static wspi_text begin_error(void)
{
    wspi_text why;
    wspi_text_begin(&why, last_error, sizeof last_error);
    return why;
}

static wsp_tls_options *refuse(wspi_text *why, const char *reason)
{
    wspi_text_set(why, reason);
    return NULL;
}

static const char no_memory[] = "out of memory for TLS options";

/* -- life ------------------------------------------------------------------ */

static void free_options(wsp_tls_options *options)
{
    wspi_tls_sessions_release(&options->sessions);
    wspi_tls_context_release(&options->context);
    CRYPTO_THREAD_lock_free(options->lock);
    wspi_string_free(options->name);
    wspi_free(options, sizeof *options);
}

static wsp_tls_options *create_options(wspi_text *why)
{
    wsp_tls_options *options = wspi_allocate_zeroed(sizeof *options);
    if (options == NULL)
        return refuse(why, no_memory);
    options->lock = CRYPTO_THREAD_lock_new();
    options->users = 1;
    if (options->lock != NULL)
        return options;
    free_options(options);
    return refuse(why, no_memory);
}

/* A dot at the end names the root and is no part of the name to verify, as in a URL. Elsewhere a label is
 * empty in no name, and OpenSSL takes a dot in front for leave to match every name below it. */
static bool set_name(wsp_tls_options *options, const char *name, wspi_text *why)
{
    size_t size = name != NULL ? strlen(name) : 0;
    if (size > 1 && name[size - 1] == '.')
        size--;
    if (size == 0)
        return true;
    bool is_usable = size <= WSPI_HOST_MAX;
    for (size_t i = 0; is_usable && i < size; i++)
        is_usable = name[i] > ' ' && name[i] < 0x7f &&
                    (name[i] != '.' || (i > 0 && i + 1 < size && name[i - 1] != '.'));
    if (!is_usable) {
        refuse(why, "the common name override is neither a host name nor an IP address");
        return false;
    }
    options->name = wspi_string_copy(name, size);
    return options->name != NULL || refuse(why, no_memory) != NULL;
}

static wsp_tls_options *create_client(wspi_tls_kind kind, const wspi_tls_material *chain, const char *name,
                                      wspi_text *why)
{
    wsp_tls_options *options = create_options(why);
    if (options == NULL)
        return NULL;
    if (wspi_tls_context_init_client(&options->context, kind, chain, why) && set_name(options, name, why))
        return options;
    free_options(options);
    return NULL;
}

wsp_tls_options *wspi_tls_options_share(const wsp_tls_options *options)
{
    /* What a program cannot see change is not constant in a constant object. */
    wsp_tls_options *shared = (wsp_tls_options *)options;
    CRYPTO_THREAD_write_lock(shared->lock);
    shared->users++;
    CRYPTO_THREAD_unlock(shared->lock);
    return shared;
}

void wspi_tls_options_release(wsp_tls_options *options)
{
    if (options == NULL)
        return;
    CRYPTO_THREAD_write_lock(options->lock);
    bool is_last = --options->users == 0;
    CRYPTO_THREAD_unlock(options->lock);
    if (is_last)
        free_options(options);
}

/* Once for each options object: a reconnecting game need not fill a log. */
static void warn_unsafe(wsp_tls_options *options)
{
    CRYPTO_THREAD_write_lock(options->lock);
    bool is_first = !options->has_warned;
    options->has_warned = true;
    CRYPTO_THREAD_unlock(options->lock);
    if (!is_first)
        return;
    bool has_chain = SSL_CTX_get_verify_mode(options->context.ssl) != SSL_VERIFY_NONE;
    wspi_log(WSP_LOG_WARNING,
             has_chain
                 ? "TLS with client_unsafe: the traffic is encrypted, but the name of the server is not "
                   "verified"
                 : "TLS with client_unsafe: the traffic is encrypted, but neither the certificate nor "
                   "the name of the server is verified");
}

wsp_tls_options *wspi_tls_options_prepare(const wsp_tls_options *options_or_null, wspi_text *why)
{
    wsp_tls_options *options = options_or_null != NULL ? wspi_tls_options_share(options_or_null)
                                                       : create_client(WSPI_TLS_CLIENT, NULL, NULL, why);
    if (options == NULL)
        return NULL;
    if (options->context.uses_system_trust)
        wspi_tls_trust_begin();
    if (options->context.kind == WSPI_TLS_CLIENT_UNSAFE)
        warn_unsafe(options);
    return options;
}

bool wspi_tls_options_are_server(const wsp_tls_options *options)
{
    return options->context.kind == WSPI_TLS_SERVER;
}

void wsp_tls_options_destroy(wsp_tls_options *options_or_null)
{
    wspi_tls_options_release(options_or_null);
}

const char *wsp_tls_last_error(void)
{
    return last_error;
}

/* -- constructors ---------------------------------------------------------- */

static wsp_tls_options *make_client(wspi_tls_kind kind, const char *chain, bool is_path, const char *name)
{
    wspi_tls_material material = {chain, is_path, "the trusted chain"};
    wspi_text why = begin_error();
    return create_client(kind, chain != NULL ? &material : NULL, name, &why);
}

wsp_tls_options *wsp_tls_options_client(const char *trusted_chain_pem_or_null,
                                        const char *common_name_override_or_null)
{
    return make_client(WSPI_TLS_CLIENT, trusted_chain_pem_or_null, false, common_name_override_or_null);
}

wsp_tls_options *wsp_tls_options_client_from_files(const char *trusted_chain_path_or_null,
                                                   const char *common_name_override_or_null)
{
    return make_client(WSPI_TLS_CLIENT, trusted_chain_path_or_null, true, common_name_override_or_null);
}

wsp_tls_options *wsp_tls_options_client_unsafe(const char *trusted_chain_pem_or_null)
{
    return make_client(WSPI_TLS_CLIENT_UNSAFE, trusted_chain_pem_or_null, false, NULL);
}

wsp_tls_options *wsp_tls_options_client_unsafe_from_files(const char *trusted_chain_path_or_null)
{
    return make_client(WSPI_TLS_CLIENT_UNSAFE, trusted_chain_path_or_null, true, NULL);
}

static wsp_tls_options *make_server(const char *key, const char *certificate, bool is_path)
{
    wspi_text why = begin_error();
    if (key == NULL)
        return refuse(&why, "a TLS server needs a private key, which is NULL");
    if (certificate == NULL)
        return refuse(&why, "a TLS server needs a certificate, which is NULL");
    wsp_tls_options *options = create_options(&why);
    if (options == NULL)
        return NULL;
    wspi_tls_material key_material = {key, is_path, "the private key"};
    wspi_tls_material certificate_material = {certificate, is_path, "the certificate"};
    if (wspi_tls_context_init_server(&options->context, &key_material, &certificate_material, &why))
        return options;
    free_options(options);
    return NULL;
}

wsp_tls_options *wsp_tls_options_server(const char *private_key_pem, const char *certificate_pem)
{
    return make_server(private_key_pem, certificate_pem, false);
}

wsp_tls_options *wsp_tls_options_server_from_files(const char *private_key_path, const char *certificate_path)
{
    return make_server(private_key_path, certificate_path, true);
}
