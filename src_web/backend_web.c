/* SPDX-License-Identifier: MIT */
/*
 * The web side of backend.h: a link is a WebSocket of the browser, which
 * js/wspeer.js holds. Records of what happened to it are pulled into an area
 * of the link's, as many as the packet queue has room for, and handed on one
 * by one; getters answer from what the last pull or send reported.
 * The protocol itself (RFC 6455) is the browser's. Here are only the rules
 * that keep both backends alike: limits of what may wait unread, results, and
 * the close codes a browser can send.
 */

#include "backend.h"
#include "event_counter.h"
#include "js_imports.h"
#include "log.h"
#include "memory.h"
#include <string.h>

/* Room for every record below 64 KiB, so that one pull brings the messages of a whole frame of a game. */
#define AREA_SIZE (sizeof(wspi_js_record) + 65536)

/* Turns without a message after which the area is given back: a second of animation frames. */
#define AREA_IDLE_TURNS 60

/* A browser tells nobody when it has sent what was buffered; this is how often to ask. */
#define BUFFERED_DELAY 0.01

/* Enough for what browsers say when a constructor throws. */
#define EXCEPTION_CAPACITY 256

typedef enum link_phase {
    PHASE_CONNECTING,
    PHASE_OPEN,
    PHASE_CLOSE_FRAME, /* reported; the end is next */
    PHASE_ENDED
} link_phase;

struct wspi_link {
    wspi_js_status status;
    uint8_t *area; /* records pulled and not yet reported lie from `next_record` to `area_end` */
    size_t area_capacity;
    size_t next_record;
    size_t area_end;
    link_phase phase;
    int id;       /* 0: the socket is gone */
    char *target; /* while CONNECTING: the URL and the subprotocols offered */
    size_t target_size;
    unsigned idle_turns;
    uint32_t seen_events;
    bool has_news; /* this turn has not asked JavaScript yet and should */
    bool is_stalled;
    bool has_heard;
};

static void set_phase(wspi_link *link, link_phase phase)
{
    link->phase = phase;
}

static void release_area(wspi_link *link)
{
    wspi_free(link->area, link->area_capacity);
    link->area = NULL;
    link->area_capacity = link->next_record = link->area_end = 0;
}

/* -- life of a link -------------------------------------------------------- */

/* The URL and the subprotocols with a line feed before each, which none of them can contain. */
static char *join_target(const char *url, const wspi_string_list *protocols, size_t *out_size)
{
    size_t url_size = strlen(url), size = url_size + 1;
    for (size_t i = 0; i < protocols->count; i++)
        size += 1 + strlen(protocols->strings[i]);
    char *target = wspi_allocate(size);
    if (target == NULL)
        return NULL;
    wspi_text text;
    wspi_text_begin(&text, target, size);
    wspi_text_add(&text, url);
    for (size_t i = 0; i < protocols->count; i++) {
        wspi_text_add(&text, "\n");
        wspi_text_add(&text, protocols->strings[i]);
    }
    *out_size = size;
    return target;
}

static void release_target(wspi_link *link)
{
    wspi_free(link->target, link->target_size);
    link->target = NULL;
    link->target_size = 0;
}

/* RFC 6455 4.1: a choice that was not offered fails the connection, and so does none where some were (Firefox
 * opens). */
static bool is_offered(const wspi_link *link, const char *protocol)
{
    size_t size = strlen(protocol);
    const char *at = strchr(link->target, '\n');
    if (size == 0)
        return at == NULL;
    for (; at != NULL; at = strchr(at + 1, '\n')) {
        if (strcspn(at + 1, "\n") == size && memcmp(at + 1, protocol, size) == 0)
            return true;
    }
    return false;
}

/* The exception's name tells whose fault it is. */
static wsp_result explain_refusal(const char *exception, size_t size, wspi_text *why)
{
    bool is_syntax = size > 3 && memcmp(exception, "Syn", 3) == 0;
    bool is_security = size > 3 && memcmp(exception, "Sec", 3) == 0;
    wspi_text_set(why, is_syntax ? "the browser refuses the URL or a subprotocol: "
                       : is_security
                           ? "the page may not open it (mixed content: a page from https needs wss): "
                           : "the browser cannot start a connection: ");
    wspi_text_add_printable(why, exception, size, size);
    return is_syntax ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_CANT_CONNECT;
}

/* The browser verifies certificates in its own way; a program that asked for another is told, once. */
static void tell_about_tls_options(void)
{
    static bool was_told;
    if (!__atomic_exchange_n(&was_told, true, __ATOMIC_RELAXED))
        wspi_log(WSP_LOG_WARNING,
                 "TLS options have no effect on the web: the browser's own trust store decides");
}

wsp_result wspi_link_connect(wspi_link **out_link, const char *text, const wspi_url *url,
                             const wsp_tls_options *tls, const wspi_settings *settings, wspi_text *why)
{
    (void)url;
    *out_link = NULL;
    wspi_link *link = wspi_allocate_zeroed(sizeof *link);
    if (link != NULL)
        link->target = join_target(text, &settings->protocols, &link->target_size);
    if (link == NULL || link->target == NULL) {
        wspi_link_destroy(link);
        wspi_text_set(why, "out of memory");
        return WSP_ERR_OUT_OF_MEMORY;
    }
    char exception[EXCEPTION_CAPACITY];
    link->status.next_size = -1;
    wspi_event_counter_start(&link->seen_events);
    int id = wspi_js_connect(wspi_js_address(link->target), (double)link->target_size - 1,
                             (double)settings->inbound_buffer_size, (double)settings->max_queued_packets,
                             wspi_js_address(exception), sizeof exception);
    if (id <= 0) {
        wspi_link_destroy(link);
        return explain_refusal(exception, (size_t)-id, why);
    }
    link->id = id;
    if (tls != NULL)
        tell_about_tls_options();
    *out_link = link;
    return WSP_OK;
}

wsp_result wspi_link_accept(wspi_link **out_link, wsp_stream *stream, const wspi_settings *settings,
                            wspi_text *why)
{
    (void)stream;
    (void)settings;
    *out_link = NULL;
    wspi_text_set(why, "a browser cannot accept connections");
    return WSP_ERR_UNSUPPORTED;
}

void wspi_link_abandon(wspi_link *link)
{
    if (link->id != 0)
        wspi_js_close(link->id, -1, 0, 0);
    link->id = 0;
    link->status = (wspi_js_status){.next_size = -1};
    link->has_news = link->is_stalled = false;
    release_area(link);
    release_target(link);
    set_phase(link, PHASE_ENDED);
}

void wspi_link_destroy(wspi_link *link)
{
    if (link == NULL)
        return;
    wspi_link_abandon(link);
    wspi_free(link, sizeof *link);
}

/* -- one turn of a poll ---------------------------------------------------- */

void wspi_link_begin_turn(wspi_link *link, double now)
{
    (void)now;
    bool has_events = wspi_event_counter_has_news(&link->seen_events);
    /* The buffered amount falls, and room comes back, without an event. */
    link->has_news =
        link->id != 0 && (has_events || link->status.next_size >= 0 || link->status.buffered_amount > 0);
    link->has_heard = false;
}

static bool has_records(const wspi_link *link)
{
    return link->next_record < link->area_end;
}

/*
 * Whether a record may be reported. The first is no message and needs no room; and after the end nothing is
 * held back any more: what is left comes, so that the end is seen.
 */
static bool fits(const wspi_link *link, double size, const wspi_room *room)
{
    return link->phase == PHASE_CONNECTING || link->status.has_ended != 0 ||
           (room->packets > 0 && size <= (double)room->bytes);
}

/* The one call into JavaScript of a turn. While records are left in the area it only brings the status. */
static void pull(wspi_link *link, const wspi_room *room)
{
    size_t capacity = has_records(link) ? 0 : link->area_capacity;
    double size = wspi_js_pull(link->id, wspi_js_address(link->area), (double)capacity, (double)room->bytes,
                               (double)room->packets, wspi_js_address(&link->status) / 8);
    link->has_news = false;
    if (capacity == 0)
        return;
    link->next_record = 0;
    link->area_end = (size_t)size;
    if (size > 0) {
        link->idle_turns = 0;
        link->has_heard = true;
    }
}

/* For the first record left in JavaScript. It may turn out to need more: text is not measured before it is
 * moved. */
static size_t wanted_area(const wspi_link *link)
{
    return sizeof(wspi_js_record) + (size_t)link->status.next_size;
}

/* An area that takes the next record, which is a large one or the first after a pause. */
static bool grow_area(wspi_link *link)
{
    size_t needed = wanted_area(link) + 7;
    size_t capacity = (needed > AREA_SIZE ? needed : AREA_SIZE) & ~(size_t)7;
    release_area(link);
    link->area = wspi_allocate(capacity);
    link->area_capacity = link->area == NULL ? 0 : capacity;
    return link->area != NULL;
}

static wspi_event_type report_end(wspi_link *link, wsp_result result, const char *text, wspi_event *out_event)
{
    set_phase(link, PHASE_ENDED);
    out_event->result = result;
    out_event->text = text;
    return WSPI_EVENT_ENDED;
}

static wspi_event_type report_open(wspi_link *link, const char *protocol, wspi_event *out_event)
{
    if (!is_offered(link, protocol))
        return report_end(link, WSP_ERR_CANT_CONNECT,
                          "the server chose none of the subprotocols it was offered", out_event);
    release_target(link);
    set_phase(link, PHASE_OPEN);
    out_event->text = protocol;
    return WSPI_EVENT_OPEN;
}

static wspi_event_type report_close(wspi_link *link, int kind, wspi_event *out_event)
{
    if (link->phase == PHASE_CONNECTING)
        return report_end(
            link, WSP_ERR_CANT_CONNECT,
            "the connection never opened; a browser does not tell why: the server may be unreachable or "
            "refuse the handshake, its name or certificate may be wrong, or a policy may forbid it",
            out_event);
    if (kind == WSPI_JS_LOST)
        return report_end(link, WSP_ERR_CONNECTION_LOST, "the connection ended without a close frame",
                          out_event);
    set_phase(link, PHASE_CLOSE_FRAME);
    out_event->code = kind;
    return WSPI_EVENT_CLOSE_FRAME;
}

static wspi_event_type report_record(wspi_link *link, const wspi_js_record *record, wspi_event *out_event)
{
    out_event->data = link->area + link->next_record + sizeof *record;
    out_event->size = (size_t)record->size;
    link->next_record += sizeof *record + ((out_event->size + 7) & ~(size_t)7);
    int kind = (int)record->kind;
    switch (kind) {
    case WSPI_JS_BINARY:
    case WSPI_JS_TEXT: out_event->is_text = kind != WSPI_JS_BINARY; return WSPI_EVENT_MESSAGE;
    case WSPI_JS_OPEN: return report_open(link, (const char *)out_event->data, out_event);
    case WSPI_JS_OVERFLOW:
        return report_end(link, WSP_ERR_INBOUND_OVERFLOW,
                          "more arrived between two polls than the inbound limits allow; closed with 4009",
                          out_event);
    default: return report_close(link, kind, out_event);
    }
}

wspi_event_type wspi_link_next(wspi_link *link, const wspi_room *room, wspi_event *out_event)
{
    *out_event = (wspi_event){0};
    link->is_stalled = false;
    if (link->phase == PHASE_CLOSE_FRAME)
        return report_end(link, WSP_OK, "", out_event);
    if (link->phase == PHASE_ENDED)
        return WSPI_EVENT_NONE;
    if (link->has_news)
        pull(link, room);
    while (!has_records(link)) {
        if (link->status.next_size < 0)
            return WSPI_EVENT_NONE;
        link->is_stalled = !fits(link, link->status.next_size, room);
        if (link->is_stalled)
            return WSPI_EVENT_NONE;
        if (wanted_area(link) > link->area_capacity && !grow_area(link))
            return report_end(link, WSP_ERR_OUT_OF_MEMORY, "no memory for a message that arrived", out_event);
        pull(link, room);
    }
    wspi_js_record record;
    memcpy(&record, link->area + link->next_record, sizeof record);
    link->is_stalled = record.kind < WSPI_JS_OPEN && !fits(link, record.size, room);
    return link->is_stalled ? WSPI_EVENT_NONE : report_record(link, &record, out_event);
}

bool wspi_link_flush(wspi_link *link)
{
    (void)link;
    return true;
}

void wspi_link_end_turn(wspi_link *link)
{
    if (link->area == NULL || has_records(link))
        return;
    /* Memory follows use: a large message's area goes at once, the usual one when messages stop coming. */
    if (link->area_capacity > AREA_SIZE || ++link->idle_turns > AREA_IDLE_TURNS)
        release_area(link);
}

bool wspi_link_is_read_dry(const wspi_link *link)
{
    return !link->has_news && !has_records(link) && link->status.next_size < 0;
}

bool wspi_link_has_heard(const wspi_link *link)
{
    return link->has_heard;
}

bool wspi_link_is_stalled(const wspi_link *link)
{
    return link->is_stalled;
}

const char *wspi_link_get_phase(const wspi_link *link)
{
    (void)link;
    return "the browser to open the connection";
}

/* -- sending --------------------------------------------------------------- */

wsp_result wspi_link_send(wspi_link *link, const void *data, size_t size, wsp_write_mode mode)
{
    if (link->id == 0)
        return WSP_ERR_NOT_OPEN;
    double buffered =
        wspi_js_send(link->id, wspi_js_address(data), (double)size, mode == WSP_WRITE_MODE_TEXT);
    if (buffered < 0)
        return buffered < -1 ? WSP_ERR_OUT_OF_MEMORY : WSP_ERR_NOT_OPEN;
    link->status.buffered_amount = buffered;
    return WSP_OK;
}

wsp_result wspi_link_ping(wspi_link *link, const void *data, size_t size)
{
    (void)link;
    (void)data;
    (void)size;
    return WSP_ERR_UNSUPPORTED;
}

wsp_result wspi_link_close(wspi_link *link, int code, const char *reason, size_t reason_size)
{
    if (link->id == 0)
        return WSP_OK;
    if (code != 0 && code != WSP_CLOSE_NORMAL && code < 3000) {
        char array[WSPI_MESSAGE_CAPACITY];
        wspi_text text;
        wspi_text_begin(&text, array, sizeof array);
        wspi_text_add(&text, "a browser cannot send close code ");
        wspi_text_add_number(&text, (uint64_t)code);
        wspi_text_add(&text, "; 1000 is sent instead");
        wspi_log(WSP_LOG_WARNING, array);
        code = WSP_CLOSE_NORMAL;
    }
    wspi_js_close(link->id, code, wspi_js_address(reason), (double)reason_size);
    return WSP_OK;
}

size_t wspi_link_get_buffered_amount(const wspi_link *link)
{
    return (size_t)link->status.buffered_amount;
}

size_t wspi_link_refresh_buffered_amount(wspi_link *link)
{
    if (link->id != 0)
        wspi_js_pull(link->id, 0, 0, 0, 0, wspi_js_address(&link->status) / 8);
    return wspi_link_get_buffered_amount(link);
}

wspi_queued wspi_link_get_queued(const wspi_link *link)
{
    return (wspi_queued){wspi_link_get_buffered_amount(link), 0};
}

void wspi_link_answer(wspi_link *link)
{
    (void)link;
}

/* -- waiting and foreign event loops --------------------------------------- */

/* A message that waits for room is no work for a turn. */
static bool has_nothing_to_do(const wspi_link *link)
{
    return link->is_stalled || wspi_link_is_read_dry(link);
}

bool wspi_link_wait(wspi_link *link, double seconds)
{
    return !has_nothing_to_do(link) || wspi_event_counter_wait(link->seen_events, seconds);
}

intptr_t wspi_link_get_socket(const wspi_link *link)
{
    (void)link;
    return -1;
}

bool wspi_link_wants_write(const wspi_link *link)
{
    (void)link;
    return false;
}

double wspi_link_get_delay(const wspi_link *link, double now)
{
    (void)now;
    if (!has_nothing_to_do(link))
        return 0;
    return link->status.buffered_amount > 0 ? BUFFERED_DELAY : -1;
}

/* -- facts that a browser keeps to itself ----------------------------------- */

const char *wspi_link_get_host(wspi_link *link)
{
    (void)link;
    return "";
}

uint16_t wspi_link_get_port(const wspi_link *link)
{
    (void)link;
    return 0;
}

int wspi_link_get_http_status(const wspi_link *link)
{
    (void)link;
    return 0;
}

const char *wspi_link_get_header(wspi_link *link, const char *name)
{
    (void)link;
    (void)name;
    return NULL;
}

const char *wspi_link_get_url(wspi_link *link)
{
    (void)link;
    return "";
}

wsp_result wspi_link_set_no_delay(wspi_link *link, bool enabled)
{
    (void)link;
    (void)enabled;
    return WSP_ERR_UNSUPPORTED;
}
