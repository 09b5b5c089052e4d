/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_GAME_TABLE_H
#define WSPI_TEST_GAME_TABLE_H

/*
 * A multiplayer server and its clients in one process, over real sockets: other multiplayers, and a bare peer
 * that may send what no multiplayer would. Every wait has a limit; everything is closed when the case ends.
 */

#include "game_diary.h"
#include "test.h"

enum { GAME_TABLE_CLIENTS = 4 };

typedef struct game_table {
    wsp_multiplayer *server;
    game_diary diary; /* the server's */
    wsp_multiplayer *clients[GAME_TABLE_CLIENTS];
    game_diary diaries[GAME_TABLE_CLIENTS];
    int32_t ids[GAME_TABLE_CLIENTS];
    wsp_peer *raw;
    wsp_multiplayer_dialect dialect;
    char url[64];
} game_table;

/* A server that listens. There is one table per case. */
game_table *game_table_begin(wsp_multiplayer_dialect dialect);

/* Ends everything at the table and begins anew. */
void game_table_restart(game_table *table, wsp_multiplayer_dialect dialect);

/* Makes client `index` and brings it into the game; ids of clients read as a, b, c in all diaries. */
void game_table_join(game_table *table, int index);

/* Connects the bare peer, reads its id message and answers the id. The rest of what comes waits in its queue.
 */
int32_t game_table_join_raw(game_table *table);

/* Polls everything once, sleeping a moment at most. */
void game_table_step(game_table *table);

/* Takes the next packet of a multiplayer, waiting for it, and compares it. */
void game_table_check_packet(game_table *table, wsp_multiplayer *from, int32_t sender, const char *text);

/* Polls until everything sent so far has arrived: a packet to and from each client that is in the game. */
void game_table_settle(game_table *table);

#define GAME_TABLE_UNTIL(table, condition)                  \
    do {                                                    \
        double until_ = wsp_now() + 10;                     \
        while (!(condition)) {                              \
            game_table_step(table);                         \
            if (wsp_now() > until_)                         \
                FAIL("%s did not become true", #condition); \
        }                                                   \
    } while (0)

#define CHECK_RESULT(call, wanted) CHECK_STRING(wsp_result_string(call), wsp_result_string(wanted))

#endif
