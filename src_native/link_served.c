/* SPDX-License-Identifier: MIT */
/*
 * What a link of a wsp_server does more than one of its own: it shares a receive buffer and a set of sockets
 * with the others, forgets its handshake, and sends frames that were encoded for many. Everything else about
 * it is as in backend_native.c.
 */
#include "link.h"

#include "memory.h"

#include <string.h>

/* -- the share ------------------------------------------------------------- */

void wspi_link_share_init(wspi_link_share *share, size_t size)
{
    *share = (wspi_link_share){.detached = NULL};
    wspi_byte_buffer_init(&share->in, size);
}

bool wspi_link_share_reserve(wspi_link_share *share)
{
    return wspi_byte_buffer_reserve(&share->in, share->in.limit - share->in.size) != NULL;
}

static void drop_detached(wspi_link_share *share)
{
    if (share->detached == NULL)
        return;
    wspi_byte_buffer_release(share->detached);
    wspi_free(share->detached, sizeof *share->detached);
    share->detached = NULL;
}

void wspi_link_share_release(wspi_link_share *share)
{
    drop_detached(share);
    wspi_shared_url_release(share->url);
    share->url = NULL;
    wspi_data_queue_destroy(share->spare);
    share->spare = NULL;
    wspi_byte_buffer_release(&share->in);
}

void wspi_link_leave_share(wspi_link *link)
{
    wspi_link_share *share = link->share;
    if (share == NULL || link->in != &share->in)
        return;
    wspi_byte_buffer_consume(&share->in, share->in.size);
    share->is_lent = false;
    link->in = NULL;
}

void wspi_link_detach_message(wspi_link *link)
{
    /* Nobody looks at a message outside its link's turn, and another link's may be looked at meanwhile. */
    if (link->share == NULL || !link->is_in_turn)
        return;
    wspi_byte_buffer *message = wspi_session_detach_message(&link->session);
    /* What an earlier turn left over is reported where it lies. */
    if (message == NULL && link->in != &link->share->in) {
        message = link->in;
        link->in = NULL;
    }
    if (message == NULL)
        return;
    drop_detached(link->share);
    link->share->detached = message;
}

/* -- the set of sockets ---------------------------------------------------- */

void wspi_link_join(wspi_link *link, wspi_link_share *share, wspi_readiness *readiness)
{
    link->share = share;
    wspi_readiness_attach(readiness, &link->stream->readiness);
}

bool wspi_link_update_watch(wspi_link *link, void *token)
{
    wsp_stream *stream = link->stream;
    return stream == NULL || wspi_readiness_update(&stream->readiness, stream->socket, token,
                                                   !link->is_stalled, wspi_link_wants_write(link));
}

void wspi_link_set_ready(wspi_link *link)
{
    if (link->stream != NULL)
        link->stream->readiness.is_ready = true;
}

/* -- what was asked for ---------------------------------------------------- */

static size_t get_url_size(const wspi_shared_url *url)
{
    return sizeof *url + strlen(url->text) + 1;
}

void wspi_shared_url_release(wspi_shared_url *url)
{
    if (url != NULL && --url->holders == 0)
        wspi_free(url, get_url_size(url));
}

/* The newest one when it is the same, else a new one that takes its place. NULL when memory is out. */
static wspi_shared_url *hold_url(wspi_link_share *share, const char *text)
{
    if (share->url == NULL || strcmp(share->url->text, text) != 0) {
        size_t size = strlen(text) + 1;
        wspi_shared_url *url = wspi_allocate(sizeof *url + size);
        if (url == NULL)
            return NULL;
        url->holders = 1;
        memcpy(url->text, text, size);
        wspi_shared_url_release(share->url);
        share->url = url;
    }
    share->url->holders++;
    return share->url;
}

/* -- the handshake --------------------------------------------------------- */

const char *wspi_link_get_resource(const wspi_link *link)
{
    return link->head != NULL ? wspi_http_kept_head_target(link->head) : "";
}

void wspi_link_forget_head(wspi_link *link)
{
    /* Who asked for the URL before has a pointer to the link's own. */
    bool was_asked = link->facts != NULL && link->facts->url != NULL;
    char *url = was_asked || link->url != NULL ? NULL : wspi_link_make_url(link);
    if (url != NULL)
        link->url = hold_url(link->share, url);
    wspi_string_free(url);
    wspi_http_kept_head_free(link->head);
    link->head = NULL;
}

void wspi_link_forget_host(wspi_link *link)
{
    wspi_link_facts *facts = link->facts;
    if (link->share == NULL || facts == NULL)
        return;
    wspi_string_free(facts->host_text);
    facts->host_text = NULL;
    if (facts->url != NULL || facts->joined != NULL || facts->failure_text != NULL)
        return;
    wspi_free(facts, sizeof *facts);
    link->facts = NULL;
}

/* -- one frame for many ---------------------------------------------------- */

wsp_result wspi_link_send_frame(wspi_link *link, const uint8_t *frame, size_t size, bool at_once)
{
    size_t written = 0;
    if (link->has_write_failed || !wspi_session_can_send(&link->session))
        return WSP_ERR_NOT_OPEN;
    if (at_once && !wspi_link_has_output(link) &&
        !wspi_link_write_now(link, &(wspi_bytes){frame, size}, 1, &written))
        return WSP_ERR_NOT_OPEN;
    if (written == size)
        return WSP_OK;
    if (wspi_session_send_frame(&link->session, frame, size)) {
        wspi_session_output_written(&link->session, written);
        /* TLS takes one record at a time. */
        if (written > 0 && link->is_secure)
            (void)wspi_link_flush(link);
        return WSP_OK;
    }
    /* Half a frame is out and the other half has no place: nothing can follow it. */
    link->has_write_failed = written > 0;
    return link->has_write_failed ? WSP_ERR_NOT_OPEN : WSP_ERR_OUT_OF_MEMORY;
}
