/* SPDX-License-Identifier: MIT */

/*
 * The wsp_tls_options_* of a build without TLS: no constructor makes an
 * object, and wsp_tls_last_error says why. Arguments are checked all the same,
 * so that a mistake does not wait for the build that has TLS.
 */

#include "wspeer/tls.h"

/* Per thread, as the public contract promises. */
static _Thread_local const char *last_error = "";

static wsp_tls_options *refuse(void)
{
    last_error = "TLS is not built into this version";
    return NULL;
}

wsp_tls_options *wsp_tls_options_client(const char *trusted_chain_pem_or_null,
                                        const char *common_name_override_or_null)
{
    (void)trusted_chain_pem_or_null;
    (void)common_name_override_or_null;
    return refuse();
}

wsp_tls_options *wsp_tls_options_client_from_files(const char *trusted_chain_path_or_null,
                                                   const char *common_name_override_or_null)
{
    (void)trusted_chain_path_or_null;
    (void)common_name_override_or_null;
    return refuse();
}

wsp_tls_options *wsp_tls_options_client_unsafe(const char *trusted_chain_pem_or_null)
{
    (void)trusted_chain_pem_or_null;
    return refuse();
}

wsp_tls_options *wsp_tls_options_client_unsafe_from_files(const char *trusted_chain_path_or_null)
{
    (void)trusted_chain_path_or_null;
    return refuse();
}

static wsp_tls_options *refuse_server(const char *private_key, const char *certificate)
{
    if (private_key != NULL && certificate != NULL)
        return refuse();
    last_error = private_key == NULL ? "a TLS server needs a private key, which is NULL"
                                     : "a TLS server needs a certificate, which is NULL";
    return NULL;
}

wsp_tls_options *wsp_tls_options_server(const char *private_key_pem, const char *certificate_pem)
{
    return refuse_server(private_key_pem, certificate_pem);
}

wsp_tls_options *wsp_tls_options_server_from_files(const char *private_key_path, const char *certificate_path)
{
    return refuse_server(private_key_path, certificate_path);
}

void wsp_tls_options_destroy(wsp_tls_options *options_or_null)
{
    (void)options_or_null;
}

const char *wsp_tls_last_error(void)
{
    return last_error;
}
