/* SPDX-License-Identifier: MIT */
/* Answers to a handshake that no wsp_peer would give, for the step http: of a script. %s is the accept value.
 */
#include "stage_client.h"

#include <string.h>

#define GOOD "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY  "Sec-WebSocket-Accept: %s\r\n"

typedef struct named_answer {
    const char *name;
    const char *text;
} named_answer;

static const named_answer answers[] = {
    {"101", GOOD KEY "\r\n"},
    {"200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"},
    {"302", "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1/other\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n"},
    {"401", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
    {"404", "HTTP/1.1 404 Not Found\r\nX-Room: full\r\nContent-Length: 13\r\nConnection: close\r\n\r\n"
            "no such room\n"},
    {"503", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n"},
    {"no-accept", GOOD "\r\n"},
    {"bad-accept", GOOD "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"},
    {"no-upgrade", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" KEY "\r\n"},
    {"no-connection", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" KEY "\r\n"},
    {"no-reason", "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY "\r\n"},
    {"lower-case",
     "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n"
     "sec-websocket-accept: %s\r\n\r\n"},
    {"empty-field", GOOD KEY "X-Empty:\r\n\r\n"},
    {"extension", GOOD KEY "Sec-WebSocket-Extensions: x-unknown\r\n\r\n"},
    {"interim", "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" GOOD KEY "\r\n"},
    {"folded", GOOD KEY "X-Folded: one\r\n two\r\n\r\n"},
    {"old-http",
     "HTTP/1.0 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY "\r\n"},
    {"noise", "SSH-2.0-OpenSSH_9.2\r\n"},
};

const char *stage_find_answer(const char *name)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strcmp(answers[i].name, name) == 0)
            return answers[i].text;
    return NULL;
}
