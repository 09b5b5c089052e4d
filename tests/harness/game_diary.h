/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_GAME_DIARY_H
#define WSPI_TEST_GAME_DIARY_H

/*
 * What the handlers of one multiplayer reported, in words: "+1 +5 -5 failed ". Numbers of members can be
 * replaced by short names, so that a test can compare the whole text.
 */

#include "wspeer.h"

typedef struct game_diary {
    char text[400];
    int32_t named[8]; /* ids that read as a, b, c... in this order */
    size_t named_count;
    int code; /* of the member that was reported gone last */
    char reason[124];
    void (*then)(wsp_multiplayer *multiplayer, int32_t id, struct game_diary *diary); /* after each word */
} game_diary;

/* Installs handlers that write into the diary. */
void game_diary_keep(game_diary *diary, wsp_multiplayer *multiplayer);

/* From here on this id reads as the next letter. */
void game_diary_name(game_diary *diary, int32_t id);

#endif
