/* SPDX-License-Identifier: MIT */
#ifndef WSPI_ACCEPT_KEY_H
#define WSPI_ACCEPT_KEY_H

/* Sec-WebSocket-Key and Sec-WebSocket-Accept (RFC 6455 4.1, 4.2.2). The one place in protocol/ that calls
 * OpenSSL. */

#include "bytes.h"

#define WSPI_KEY_SIZE    24 /* base64 of 16 bytes */
#define WSPI_ACCEPT_SIZE 28 /* base64 of a SHA-1 digest */

/* Base64 of 16 random bytes. */
void wspi_key_encode(const uint8_t nonce[16], char out_key[WSPI_KEY_SIZE + 1]);

/* Whether a client's key is 24 base64 characters for 16 bytes. */
bool wspi_key_is_valid(const char *key, size_t size);

/* The accept value that belongs to a key of WSPI_KEY_SIZE characters. false when the digest fails (no
 * memory). */
bool wspi_key_accept(const char *key, char out_accept[WSPI_ACCEPT_SIZE + 1]);

#endif
