/* SPDX-License-Identifier: MIT */

/* accept_key.h against RFC 6455's example, values made with Python's hashlib, and each way to be no key. */

#include "protocol/accept_key.h"

#include "guarded_bytes.h"
#include "test.h"

#include <string.h>

static void rfc6455_1_3_example(void)
{
    char key[WSPI_KEY_SIZE + 1];
    char accept[WSPI_ACCEPT_SIZE + 1];
    wspi_key_encode((const uint8_t *)"the sample nonce", key);
    CHECK_STRING(key, "dGhlIHNhbXBsZSBub25jZQ==");
    CHECK(wspi_key_accept(key, accept));
    CHECK_STRING(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void other_keys(void)
{
    static const struct {
        uint8_t nonce_byte;
        const char *key;
        const char *accept;
    } rows[] = {
        {0x00, "AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="},
        {0xff, "/////////////////////w==", "XXpj4jYzLM2yUE0C7TIgMwTQh2g="},
        {0xfb, "+/v7+/v7+/v7+/v7+/v7+w==", "bnaLbTR//dZJAH6dPjxifGyMyjw="},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t nonce[16];
        char key[WSPI_KEY_SIZE + 1];
        char accept[WSPI_ACCEPT_SIZE + 1];
        memset(nonce, rows[i].nonce_byte, sizeof(nonce));
        wspi_key_encode(nonce, key);
        CHECK_STRING(key, rows[i].key);
        CHECK(wspi_key_is_valid(key, WSPI_KEY_SIZE));
        CHECK(wspi_key_accept(key, accept));
        CHECK_STRING(accept, rows[i].accept);
    }
}

static bool is_valid(const char *key)
{
    wspi_guarded_bytes guarded = wspi_guarded_bytes_make(key, strlen(key));
    bool valid = wspi_key_is_valid((const char *)guarded.data, guarded.size);
    wspi_guarded_bytes_release(&guarded);
    return valid;
}

static void H21_only_24_characters_for_16_bytes_are_a_key(void)
{
    CHECK(is_valid("dGhlIHNhbXBsZSBub25jZQ=="));
    CHECK(is_valid("AQIDBAUGBwgJCgsMDQ4PEC==")); /* RFC 6455 4.1, with a bit that no byte has */
    static const char *const bad[] = {
        "",
        "abc",
        "dGhlIHNhbXBsZSBub25jZQ",    /* no padding */
        "dGhlIHNhbXBsZSBub25jZQ=",   /* too short */
        "dGhlIHNhbXBsZSBub25jZQ===", /* too long */
        "dGhlIHNhbXBsZSBub25jZVE=",  /* 17 bytes */
        "dGhlIHNhbXBsZSBub25jZVFR",  /* 18 bytes */
        "dGhlIHNhbXBsZSBub25j-Q==",  /* the alphabet for URLs */
        "dGhlIHNhbXBsZSBub25j Q==",  /* a space */
        "dGhlIHNhbXBsZSBub25j=Q==",  /* padding inside */
        "=GhlIHNhbXBsZSBub25jZQ==",  /* padding in front */
        "dGhlIHNhbXBsZSBub25jZQA=",  /* one character too many */
        "dGhlIHNhbXBsZSBub25jZQ=A",  /* the same behind padding */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_NOTE("%s", bad[i]);
        CHECK(!is_valid(bad[i]));
    }
}

static void every_byte_but_64_is_refused_at_every_position(void)
{
    for (size_t at = 0; at < 22; at++) {
        int accepted = 0;
        for (int byte = 1; byte < 256; byte++) {
            char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
            key[at] = (char)byte;
            accepted += is_valid(key) ? 1 : 0;
        }
        TEST_NOTE("position %zu", at);
        CHECK_INT(accepted, 64);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(rfc6455_1_3_example),
    TEST_CASE(other_keys),
    TEST_CASE(H21_only_24_characters_for_16_bytes_are_a_key),
    TEST_CASE(every_byte_but_64_is_refused_at_every_position),
};

TEST_MAIN(cases)
