/* SPDX-License-Identifier: MIT */
#ifndef WSPI_VIRTUAL_FLOW_H
#define WSPI_VIRTUAL_FLOW_H

/* What virtual_connection.c and virtual_flow.c have of each other. For nobody else. */

#include "virtual_connection.h"

/* Schedules an event of the connection, which exists at least as long; the event ends with leave. Its detail
 * is `amount` << 1 | side. */
void virtual_connection_post(virtual_connection *connection, virtual_time at, virtual_happening *happen,
                             unsigned side, size_t amount);

/* The end of an event: frees the connection if this was the last thing anybody wanted of it. */
void virtual_connection_leave(virtual_connection *connection);

/* Whether what arrives now is lost (a cut path) or comes later (a stall), and is scheduled again. */
bool virtual_connection_is_held_up(virtual_connection *connection, virtual_happening *happen, unsigned side,
                                   size_t amount);

/* When something that leaves now for that side arrives. */
virtual_time virtual_connection_travel(const virtual_connection *connection, unsigned to);

/* A reset for that side, behind what has left already. */
void virtual_connection_send_reset(virtual_connection *connection, unsigned to);

/* Bytes of that side get no answer on a cut path: its system gives up in the end. */
void virtual_connection_note_unanswered(virtual_connection *connection, unsigned from);

#endif
