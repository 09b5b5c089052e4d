/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a server's answers (RFC 6455 4.2.2, RFC 9112 4): the 101, and complete other answers. Each of
 * the latter ends the connection and says so, with a length, so that a proxy which already tunnels cannot
 * take what follows for a second answer. What to answer is decided in handshake_server.c and request.c.
 */
#include "protocol/handshake_server.h"

#include "text.h"

#include <string.h>

static bool append(wspi_byte_buffer *out, const char *string)
{
    return wspi_byte_buffer_append(out, string, strlen(string));
}

static bool append_number(wspi_byte_buffer *out, uint64_t number)
{
    char array[21];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof array);
    wspi_text_add_number(&text, number);
    return wspi_byte_buffer_append(out, array, text.size);
}

static bool append_field(wspi_byte_buffer *out, const char *name, const char *value)
{
    return append(out, name) && append(out, ": ") && append(out, value) && append(out, "\r\n");
}

bool wspi_handshake_server_accept_with(const wspi_handshake_verdict *verdict, const char *protocol,
                                       const wspi_string_list *headers, const char *more_lines,
                                       wspi_byte_buffer *out)
{
    if (!append(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n") ||
        !append_field(out, "Sec-WebSocket-Accept", verdict->accept))
        return false;
    if (protocol[0] != '\0' && !append_field(out, "Sec-WebSocket-Protocol", protocol))
        return false;
    for (size_t i = 0; i < headers->count; i++) {
        if (!append(out, headers->strings[i]) || !append(out, "\r\n"))
            return false;
    }
    return append(out, more_lines) && append(out, "\r\n");
}

bool wspi_handshake_server_accept(const wspi_handshake_verdict *verdict, const char *protocol,
                                  const wspi_string_list *headers, wspi_byte_buffer *out)
{
    return wspi_handshake_server_accept_with(verdict, protocol, headers, "", out);
}

bool wspi_handshake_server_refuse(const wspi_handshake_verdict *verdict, bool is_head, wspi_byte_buffer *out)
{
    return verdict->status == 0 ||
           wspi_handshake_server_respond(verdict->status, verdict->headers, "text/plain; charset=utf-8",
                                         verdict->text, strlen(verdict->text), is_head, out);
}

bool wspi_handshake_server_respond(int status, const char *headers, const char *content_type_or_null,
                                   const void *body, size_t body_size, bool is_head, wspi_byte_buffer *out)
{
    bool has_content = status != 204 && status != 304;
    if (!append(out, "HTTP/1.1 ") || !append_number(out, (uint64_t)status) || !append(out, " ") ||
        !append(out, wspi_http_reason(status)) || !append(out, "\r\n") || !append(out, headers))
        return false;
    if (has_content && content_type_or_null != NULL &&
        !append_field(out, "Content-Type", content_type_or_null))
        return false;
    if (has_content &&
        (!append(out, "Content-Length: ") || !append_number(out, body_size) || !append(out, "\r\n")))
        return false;
    if (!append(out, "Connection: close\r\n\r\n"))
        return false;
    return is_head || !has_content || wspi_byte_buffer_append(out, body, body_size);
}

/* The registry's phrases (RFC 9110 15 and the RFCs that added to it). */
static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

const char *wspi_http_reason(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "";
}
