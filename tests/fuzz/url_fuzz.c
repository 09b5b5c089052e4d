/* SPDX-License-Identifier: MIT */

/*
 * URLs and the request that is made of one (url.c, url_target.c, ip_literal.c, handshake_client.c): written
 * back, a URL means the same; our own server takes the request to be an upgrade of that target.
 */

#include "fuzz.h"
#include "protocol/handshake_client.h"
#include "protocol/handshake_server.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const size_t fuzz_input_count = 200000;

enum { NAME, IPV4, IPV6, REFUSED };
const char *const fuzz_outcomes[] = {"the URL of a name", "of an IPv4 address", "of an IPv6 address",
                                     "a refused URL", NULL};

static const wspi_string_list nothing = {NULL, 0};

void fuzz_add_seeds(void)
{
    FUZZ_SEED("ws://example.com");
    FUZZ_SEED("wss://Game.Example.com.:8443/a/../b/./c%2e%2E?x=1&y='\"<>");
    FUZZ_SEED("ws://127.0.0.1:9080/");
    FUZZ_SEED("ws://[2001:db8::1]:80/chat");
    FUZZ_SEED("ws://[::ffff:192.0.2.1]/");
    FUZZ_SEED("ws://[1:2:3:4:5:6:7:8]?q");
    FUZZ_SEED("wss://user:secret@example.com/");
    FUZZ_SEED("ws://a_b-c.d/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80?\xc3\xa4");
    FUZZ_SEED("http://example.com/");
    FUZZ_SEED("ws://example.com/#top");
    FUZZ_SEED("ws://1.2.3/");
    FUZZ_SEED("ws://0x7f.1/");
    FUZZ_SEED("ws://xn--bcher-kva.example:65535/%zz/..//...");
}

static void check_refusal(const char *text, wsp_result result, const char *message)
{
    FUZZ_CHECK(result == WSP_ERR_INVALID_PARAMETER);
    FUZZ_CHECK(message[0] != '\0' && wspi_utf8_is_valid(message, strlen(message)));
    for (const char *at = message; *at != '\0'; at++)
        FUZZ_CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
    FUZZ_CHECK(strstr(text, "secret@") == NULL || strstr(message, "secret") == NULL);
    fuzz_reach(REFUSED);
}

static void check_request(const wspi_url *url, const char *authority)
{
    wspi_handshake_client handshake;
    wspi_byte_buffer out;
    wspi_byte_buffer_init(&out, SIZE_MAX);
    FUZZ_CHECK(wspi_handshake_client_start(&handshake, url, &nothing, &nothing,
                                           (const uint8_t *)"the sample nonce", &out));
    wspi_http_head head;
    size_t consumed;
    wspi_http_head_init(&head, WSPI_HTTP_REQUEST);
    (void)wspi_http_head_feed(&head, wspi_byte_buffer_bytes(&out), out.size, &consumed);
    /* The longest URLs make a line that no server of ours reads. */
    if (strlen(url->target) + 32 < WSPI_HTTP_LINE_MAX) {
        wspi_handshake_verdict verdict;
        FUZZ_CHECK(head.state == WSPI_HTTP_STATE_DONE && consumed == out.size);
        wspi_handshake_server_judge(&head, &nothing, &verdict);
        FUZZ_CHECK(verdict.status == 101);
        FUZZ_CHECK(strcmp(wspi_http_head_string(&head, head.target), url->target) == 0);
        FUZZ_CHECK(strcmp(wspi_http_head_value(&head, "Host"), authority) == 0);
    }
    wspi_http_head_release(&head);
    wspi_byte_buffer_release(&out);
    wspi_handshake_client_release(&handshake);
}

static void check_literal(const wspi_url *url)
{
    wspi_host_kind kind = WSPI_HOST_NAME;
    uint8_t address[16] = {0};
    bool is_literal = wspi_parse_ip_literal(url->host, strlen(url->host), &kind, address);
    FUZZ_CHECK(is_literal == (url->host_kind != WSPI_HOST_NAME));
    if (!is_literal)
        return;
    FUZZ_CHECK(kind == url->host_kind);
    FUZZ_CHECK(memcmp(address, url->address, kind == WSPI_HOST_IPV4 ? 4 : 16) == 0);
    if (kind == WSPI_HOST_IPV6) {
        char array[64];
        wspi_text text;
        wspi_text_begin(&text, array, sizeof(array));
        wspi_format_ipv6(address, &text);
        FUZZ_CHECK(strcmp(array, url->host) == 0);
    }
}

static void check_again(const wspi_url *url, const char *authority)
{
    static char text[4 * WSPI_URL_MAX];
    wspi_url again;
    FUZZ_CHECK(url->target[0] == '/' && url->port != 0);
    (void)snprintf(text, sizeof(text), "%s://%s%s", url->is_secure ? "wss" : "ws", authority, url->target);
    if (strlen(text) > WSPI_URL_MAX)
        return;
    FUZZ_CHECK(wspi_url_parse(text, &again, NULL) == WSP_OK);
    FUZZ_CHECK(again.is_secure == url->is_secure && again.host_kind == url->host_kind);
    FUZZ_CHECK(again.port == url->port && again.is_default_port == url->is_default_port);
    FUZZ_CHECK(strcmp(again.host, url->host) == 0 && strcmp(again.target, url->target) == 0);
    wspi_url_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_copy_string(bytes, size);
    char message[WSPI_MESSAGE_CAPACITY], authority[300];
    wspi_text why, host;
    wspi_url url;
    wspi_text_begin(&why, message, sizeof(message));
    wspi_text_begin(&host, authority, sizeof(authority));
    fuzz_memory_begin(0);
    wsp_result result = wspi_url_parse(text, &url, &why);
    if (result == WSP_OK) {
        wspi_url_add_authority(&url, &host);
        FUZZ_CHECK(!host.is_cut);
        check_literal(&url);
        check_again(&url, authority);
        check_request(&url, authority);
        fuzz_reach((size_t)url.host_kind);
        wspi_url_release(&url);
    } else {
        check_refusal(text, result, message);
    }
    (void)fuzz_memory_end(NULL);
    free(text);
    return 0;
}
