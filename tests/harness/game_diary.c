/* SPDX-License-Identifier: MIT */
/* See game_diary.h. */
#include "game_diary.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

void game_diary_name(game_diary *diary, int32_t id)
{
    CHECK(diary->named_count < sizeof diary->named / sizeof diary->named[0]);
    diary->named[diary->named_count++] = id;
}

static void write_word(game_diary *diary, const char *sign, int32_t id)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%d", (int)id);
    for (size_t i = 0; i < diary->named_count; i++)
        if (diary->named[i] == id)
            (void)snprintf(name, sizeof name, "%c", (char)('a' + (int)i));
    size_t used = strlen(diary->text);
    (void)snprintf(diary->text + used, sizeof diary->text - used, "%s%s ", sign, name);
}

static void on_connected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    game_diary *diary = user;
    wsp_multiplayer_poll(multiplayer); /* does nothing here */
    write_word(diary, "+", id);
    if (diary->then != NULL)
        diary->then(multiplayer, id, diary);
}

static void on_disconnected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    game_diary *diary = user;
    const wsp_peer *peer = wsp_multiplayer_get_peer(multiplayer, id);
    if (peer != NULL) {
        CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
        diary->code = wsp_peer_get_close_code(peer);
        (void)snprintf(diary->reason, sizeof diary->reason, "%s", wsp_peer_get_close_reason(peer));
    }
    write_word(diary, "-", id);
    if (diary->then != NULL)
        diary->then(multiplayer, id, diary);
}

static void on_failed(wsp_multiplayer *multiplayer, void *user)
{
    game_diary *diary = user;
    CHECK_INT(wsp_multiplayer_get_connection_status(multiplayer), WSP_CONNECTION_DISCONNECTED);
    CHECK(wsp_multiplayer_get_error(multiplayer) != WSP_OK);
    size_t used = strlen(diary->text);
    (void)snprintf(diary->text + used, sizeof diary->text - used, "failed ");
    if (diary->then != NULL)
        diary->then(multiplayer, 0, diary);
}

void game_diary_keep(game_diary *diary, wsp_multiplayer *multiplayer)
{
    const wsp_multiplayer_handlers handlers = {
        .peer_connected = on_connected, .peer_disconnected = on_disconnected, .connection_failed = on_failed};
    CHECK_INT(wsp_multiplayer_set_handlers(multiplayer, &handlers, diary), WSP_OK);
}
