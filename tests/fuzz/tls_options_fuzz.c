/* SPDX-License-Identifier: MIT */

/*
 * What a program hands in as certificates and keys (tls_options.c): options are made, or there is a sentence
 * that says why not and holds no part of a key; nothing stays allocated.
 *
 *     byte 0   which constructor; a server's key ends where the first certificate begins
 *     rest     PEM, or not
 */

#include "fuzz.h"
#include "utf8.h"
#include "wspeer.h"

#include <stdlib.h>
#include <string.h>

const size_t fuzz_input_count = 5000;

enum { MADE, REFUSED };
const char *const fuzz_outcomes[] = {"options", "refused material", NULL};

/* A key on P-256 and its certificate, of nobody. */
#define KEY                                                              \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTp44ZQwYS5jgv+op\n" \
    "diGaRVG+lCIctp89OJw3AOBK5M6hRANCAARRQDXfaF1wHqkHysOxCsuYAs63Rddq\n" \
    "MmaukqL+RV1kwojlNoVcr+zJQr7McSZf2n8/0Gr2pXdULWHE9UyvhLCT\n"         \
    "-----END PRIVATE KEY-----\n"

#define CERTIFICATE                                                      \
    "-----BEGIN CERTIFICATE-----\n"                                      \
    "MIIBdDCCARugAwIBAgIUG/p6wUcDgisoSoCMp7c4FTOmPB4wCgYIKoZIzj0EAwIw\n" \
    "DzENMAsGA1UEAwwEZnV6ejAgFw0yNjExMjAxODE4NDRaGA8yMTI2MTAyNzE4MTg0\n" \
    "NFowDzENMAsGA1UEAwwEZnV6ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFFA\n" \
    "Nd9oXXAeqQfKw7EKy5gCzrdF12oyZq6Sov5FXWTCiOU2hVyv7MlCvsxxJl/afz/Q\n" \
    "avald1QtYcT1TK+EsJOjUzBRMB0GA1UdDgQWBBRk0jm3KKKmtRQI1wo6O0JqZFxw\n" \
    "bjAfBgNVHSMEGDAWgBRk0jm3KKKmtRQI1wo6O0JqZFxwbjAPBgNVHRMBAf8EBTAD\n" \
    "AQH/MAoGCCqGSM49BAMCA0cAMEQCIF41+VHD2AejSuIYkrbBwYbH6bGGOJJ2Da/9\n" \
    "Sq3/cJCVAiAW/j0ge0Z1E204ClG8aRvlyG6ezK1ww/39DO0WX6Jy0g==\n"         \
    "-----END CERTIFICATE-----\n"

void fuzz_add_seeds(void)
{
    FUZZ_SEED("\0" CERTIFICATE);
    FUZZ_SEED("\1" CERTIFICATE CERTIFICATE);
    FUZZ_SEED("\2" KEY CERTIFICATE);
    FUZZ_SEED("\2" CERTIFICATE KEY);
    FUZZ_SEED(
        "\2-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n" CERTIFICATE);
    FUZZ_SEED("\2-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
              "00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END RSA PRIVATE KEY-----\n" CERTIFICATE);
    FUZZ_SEED("\0-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    FUZZ_SEED("\3"
              "example.com\n" CERTIFICATE);
    FUZZ_SEED("\0garbage");
    FUZZ_SEED("\0");
}

/* The key in front of the first certificate, each a string. */
static wsp_tls_options *make_server(char *text)
{
    char *certificate = strstr(text, "-----BEGIN CERTIFICATE");
    if (certificate == NULL)
        return wsp_tls_options_server(text, text);
    char *copy = fuzz_copy_string(certificate, strlen(certificate));
    *certificate = '\0';
    wsp_tls_options *options = wsp_tls_options_server(text, copy);
    free(copy);
    return options;
}

static wsp_tls_options *make(unsigned kind, char *text)
{
    char *line_end = strchr(text, '\n');
    switch (kind) {
    case 0: return wsp_tls_options_client(text, NULL);
    case 1: return wsp_tls_options_client_unsafe(text);
    case 2: return make_server(text);
    default: break;
    }
    if (line_end == NULL)
        return wsp_tls_options_client(NULL, text);
    *line_end = '\0';
    return wsp_tls_options_client(line_end + 1, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    wspi_bytes input = {bytes, size};
    unsigned kind = fuzz_take_byte(&input) % 4u;
    char *text = fuzz_copy_string(input.data, input.size);
    fuzz_memory_begin(0);
    wsp_tls_options *options = make(kind, text);
    fuzz_reach(options != NULL ? MADE : REFUSED);
    if (options == NULL) {
        const char *why = wsp_tls_last_error();
        FUZZ_CHECK(why[0] != '\0' && wspi_utf8_is_valid(why, strlen(why)));
        FUZZ_CHECK(strstr(why, "MIG") == NULL && strchr(why, '\n') == NULL);
    }
    wsp_tls_options_destroy(options);
    (void)fuzz_memory_end(NULL);
    free(text);
    return 0;
}
