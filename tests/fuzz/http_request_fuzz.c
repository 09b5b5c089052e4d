/* SPDX-License-Identifier: MIT */

/*
 * The head of a request, as a server reads, judges and answers it (http_head.c, handshake_server.c): however
 * it is cut, the same; what is kept of it says the same; every answer is a head that our own client reads.
 */

#include "fuzz.h"
#include "memory.h"
#include "protocol/handshake_server.h"

#include <stdlib.h>
#include <string.h>

const size_t fuzz_input_count = 60000;

enum { UPGRADED, REFUSED, FAULTY, UNFINISHED };
const char *const fuzz_outcomes[] = {"an upgrade", "a refused request", "a faulty head", "an unfinished head",
                                     NULL};

static char *supported[] = {"chat", "game.v2"};
static const wspi_string_list protocols = {supported, 2};
static const wspi_string_list no_protocols = {NULL, 0};

#define LINES                                                                 \
    "Host: example.com:9080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

void fuzz_add_seeds(void)
{
    FUZZ_SEED("GET / HTTP/1.1\r\n" LINES "\r\n");
    FUZZ_SEED("GET /chat?room=1&x=%20 HTTP/1.1\r\n" LINES "Sec-WebSocket-Protocol: none, chat\r\n"
              "Sec-WebSocket-Protocol: game.v2\r\n\r\n\x81\x80");
    FUZZ_SEED("GET / HTTP/1.1\r\n" LINES "Origin: http://example.com\r\n"
              "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y=\"z\"\r\n\r\n");
    FUZZ_SEED("GET ws://example.com/a?b HTTP/1.1\r\n" LINES "Content-Length: 0\r\n\r\n");
    FUZZ_SEED(
        "GET / HTTP/1.1\r\nHost: [::1]:80\r\nUpgrade: a, WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    FUZZ_SEED("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
    FUZZ_SEED("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    FUZZ_SEED("GET / HTTP/1.0\r\n\r\n");
    FUZZ_SEED("GET / HTTP/2.0\r\n\r\n");
    FUZZ_SEED("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    FUZZ_SEED("SSH-2.0-OpenSSH_9.2\r\n");
    FUZZ_SEED("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03");
    FUZZ_SEED("GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n");
    FUZZ_SEED("GET /\r\n\r\n");
}

static void log_field(fuzz_log *log, const wspi_http_head *head, const char *name)
{
    const char *value = wspi_http_head_value(head, name);
    size_t count = wspi_http_head_count(head, name);
    FUZZ_CHECK((value != NULL) == (count > 0));
    fuzz_log_add(log, "%s %zu: ", name, count);
    char *joined = wspi_http_head_join(head, name);
    FUZZ_CHECK((joined != NULL) == (count > 0));
    if (joined != NULL)
        fuzz_log_add_bytes(log, joined, strlen(joined));
    wspi_string_free(joined);
    fuzz_log_add(log, "\n");
}

static void log_head(fuzz_log *log, const wspi_http_head *head)
{
    FUZZ_CHECK(head->field_count <= WSPI_HTTP_FIELDS_MAX);
    for (size_t i = 0; i < head->field_count; i++) {
        const wspi_http_field *field = &head->fields[i];
        const char *name = wspi_http_head_string(head, field->name);
        const char *value = wspi_http_head_string(head, field->value);
        FUZZ_CHECK(strlen(name) == field->name_size && wspi_http_is_token(name, field->name_size));
        FUZZ_CHECK(strlen(value) == field->value_size && wspi_http_is_value(value, field->value_size));
        wspi_bytes trimmed = wspi_http_trim(value, field->value_size);
        FUZZ_CHECK(trimmed.size == field->value_size);
        fuzz_log_add_bytes(log, name, field->name_size);
        fuzz_log_add(log, "=");
        fuzz_log_add_bytes(log, value, field->value_size);
        fuzz_log_add(log, "\n");
    }
    log_field(log, head, "Host");
    log_field(log, head, "origin");
    log_field(log, head, "Sec-WebSocket-Protocol");
}

/* Whatever is answered, a client of ours can read. */
static void check_response(const wspi_byte_buffer *out, int status)
{
    wspi_http_head response;
    size_t consumed;
    wspi_http_head_init(&response, WSPI_HTTP_RESPONSE);
    (void)wspi_http_head_feed(&response, wspi_byte_buffer_bytes(out), out->size, &consumed);
    FUZZ_CHECK(response.state == WSPI_HTTP_STATE_DONE && response.status == status);
    FUZZ_CHECK(status != 101 || consumed == out->size);
    wspi_http_head_release(&response);
}

static void log_verdict(fuzz_log *log, const wspi_handshake_verdict *verdict, bool is_head)
{
    wspi_byte_buffer out;
    wspi_byte_buffer_init(&out, SIZE_MAX);
    fuzz_log_add(log, "%d %s %s %s\n", verdict->status, verdict->text, verdict->headers, verdict->protocol);
    if (verdict->status == 101)
        FUZZ_CHECK(wspi_handshake_server_accept(verdict, verdict->protocol, &no_protocols, &out));
    else
        FUZZ_CHECK(wspi_handshake_server_refuse(verdict, is_head, &out));
    FUZZ_CHECK((out.size == 0) == (verdict->status == 0));
    if (out.size > 0)
        check_response(&out, verdict->status);
    fuzz_log_add_bytes(log, wspi_byte_buffer_bytes(&out), out.size);
    wspi_byte_buffer_release(&out);
}

static void log_offers(fuzz_log *log, const wspi_http_head *head)
{
    size_t field = 0, offset = 0;
    wspi_bytes offered;
    while (wspi_handshake_next_protocol(head, &field, &offset, &offered)) {
        FUZZ_CHECK(offered.size > 0);
        fuzz_log_add(log, "offered ");
        fuzz_log_add_bytes(log, offered.data, offered.size);
        fuzz_log_add(log, "\n");
    }
    wspi_http_target target;
    const char *text = wspi_http_head_string(head, head->target);
    if (wspi_http_split_target(text, &target)) {
        fuzz_log_add(log, "authority %zu path %zu query %zu\n", target.authority.size, target.path.size,
                     target.query.size);
        FUZZ_CHECK(target.path.size > 0 && target.path.data[0] == '/');
    }
}

static void log_done(fuzz_log *log, wspi_http_head *head)
{
    wspi_handshake_verdict verdict;
    log_head(log, head);
    log_offers(log, head);
    bool is_head = strcmp(wspi_http_head_string(head, head->method), "HEAD") == 0;
    wspi_handshake_server_judge(head, &no_protocols, &verdict);
    log_verdict(log, &verdict, is_head);
    fuzz_reach(verdict.status == 101 ? UPGRADED : REFUSED);
    wspi_handshake_server_judge(head, &protocols, &verdict);
    log_verdict(log, &verdict, is_head);

    fuzz_log before = {0}, after = {0};
    log_head(&before, head);
    wspi_http_kept_head *kept = wspi_http_head_keep(head);
    FUZZ_CHECK(kept != NULL);
    wspi_http_head_release(head);
    wspi_http_head view = wspi_http_kept_head_view(kept);
    log_head(&after, &view);
    fuzz_check_same(&after, &before);
    wspi_http_kept_head_free(kept);
    fuzz_log_release(&before);
    fuzz_log_release(&after);
}

static void read_request(fuzz_cut *cut, fuzz_log *log)
{
    wspi_http_head head;
    wspi_http_head_init(&head, WSPI_HTTP_REQUEST);
    size_t total = 0, size;
    uint8_t *piece;
    while (head.state < WSPI_HTTP_STATE_DONE && (piece = fuzz_cut_next(cut, &size)) != NULL) {
        size_t consumed = SIZE_MAX;
        (void)wspi_http_head_feed(&head, piece, size, &consumed);
        FUZZ_CHECK(consumed <= size && (consumed == size || head.state >= WSPI_HTTP_STATE_DONE));
        total += consumed;
        FUZZ_CHECK(total <= WSPI_HTTP_HEAD_MAX + 1);
    }
    fuzz_log_add(log, "state %d fault %d total %zu\n", (int)head.state, (int)head.fault, total);
    if (head.state == WSPI_HTTP_STATE_REFUSED) {
        wspi_handshake_verdict verdict;
        FUZZ_CHECK(head.fault != WSPI_HTTP_FAULT_NONE && head.fault != WSPI_HTTP_FAULT_OUT_OF_MEMORY);
        wspi_handshake_server_judge_fault(head.fault, &verdict);
        log_verdict(log, &verdict, false);
    }
    if (head.state == WSPI_HTTP_STATE_DONE) {
        log_done(log, &head);
        return;
    }
    fuzz_reach(head.state == WSPI_HTTP_STATE_REFUSED ? FAULTY : UNFINISHED);
    wspi_http_head_release(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_check_cuts(bytes, size, read_request);
    return 0;
}
