/* SPDX-License-Identifier: MIT */
/*
 * The key a client sends and the value that proves a server has read it (RFC 6455 4.1, 4.2.2). SHA-1 and
 * base64 are OpenSSL's; nothing here is a secret, the exchange only tells a WebSocket server from one that
 * echoes.
 */
#include "protocol/accept_key.h"

#include <openssl/evp.h>
#include <string.h>

#define DIGEST_SIZE 20

void wspi_key_encode(const uint8_t nonce[16], char out_key[WSPI_KEY_SIZE + 1])
{
    EVP_EncodeBlock((unsigned char *)out_key, nonce, 16);
}

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool wspi_key_is_valid(const char *key, size_t size)
{
    if (size != WSPI_KEY_SIZE || key[22] != '=' || key[23] != '=')
        return false;
    /* Of the 22nd character only two bits are used. Whether the others are 0 does not matter: the key in
     * the RFC's own example (4.1) has some that are not. */
    for (size_t i = 0; i < 22; i++) {
        if (!is_base64(key[i]))
            return false;
    }
    return true;
}

bool wspi_key_accept(const char *key, char out_accept[WSPI_ACCEPT_SIZE + 1])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[WSPI_KEY_SIZE + sizeof guid - 1];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    memcpy(text, key, WSPI_KEY_SIZE);
    memcpy(text + WSPI_KEY_SIZE, guid, sizeof guid - 1);
    if (EVP_Digest(text, sizeof text, digest, &digest_size, EVP_sha1(), NULL) != 1 ||
        digest_size != DIGEST_SIZE)
        return false;
    EVP_EncodeBlock((unsigned char *)out_accept, digest, DIGEST_SIZE);
    return true;
}
