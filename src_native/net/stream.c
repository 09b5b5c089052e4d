/* SPDX-License-Identifier: MIT */

/*
 * The public wsp_stream_* functions over the table of stream.h: whatever is
 * the same for every kind of stream, and the adoption of a foreign socket.
 */

#include "stream.h"
#include "memory.h"

wsp_stream *wsp_stream_from_socket(intptr_t connected_socket)
{
    /* The stream comes first, so that a refusal leaves the caller's socket as it was. */
    wsp_stream *stream = wspi_stream_tcp_create(connected_socket, NULL);
    if (stream == NULL)
        return NULL;
    if (!wspi_os_adopt(connected_socket)) {
        stream->socket = WSPI_NO_SOCKET;
        wsp_stream_destroy(stream);
        return NULL;
    }
    wspi_os_set_no_delay(connected_socket, true);
    wspi_os_remote_address(connected_socket, &stream->remote);
    return stream;
}

const char *wsp_stream_get_connected_host(const wsp_stream *stream)
{
    if (stream == NULL)
        return "";
    if (stream->host_text == NULL) {
        char array[WSPI_ADDRESS_TEXT_CAPACITY];
        wspi_text text;
        wspi_text_begin(&text, array, sizeof(array));
        wspi_address_add_text(&stream->remote, &text);
        /* No stream is a constant object, and the text made on demand is not part of what a program can see
         * change. */
        ((wsp_stream *)stream)->host_text = wspi_string_copy(array, text.size);
    }
    return stream->host_text != NULL ? stream->host_text : "";
}

uint16_t wsp_stream_get_connected_port(const wsp_stream *stream)
{
    return stream != NULL ? stream->remote.port : 0;
}

void wspi_stream_destroy(wsp_stream *stream)
{
    wspi_string_free(stream->host_text);
    stream->host_text = NULL;
    stream->functions->destroy(stream);
}

void wsp_stream_destroy(wsp_stream *stream_or_null)
{
    if (stream_or_null != NULL)
        wspi_stream_destroy(stream_or_null);
}
