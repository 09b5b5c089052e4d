/* SPDX-License-Identifier: MIT */
#ifndef WSPI_PACKET_QUEUE_H
#define WSPI_PACKET_QUEUE_H

/*
 * Whole messages, first in first out, bounded in payload bytes and in number.
 * Small messages share one growing run of bytes; a large one keeps a block of
 * its own, so that it is copied at most once on its way to the program.
 * Memory exists only while packets do (and while the last one taken may be read).
 */

#include "bytes.h"
#include "wspeer/base.h"

typedef struct wspi_packet_queue {
    uint8_t *block; /* records: header, payload, NUL, padding */
    size_t capacity;
    size_t start;        /* offset of the first record in block */
    size_t end;          /* offset behind the last record */
    size_t count;        /* packets waiting */
    size_t payload_size; /* their payload bytes */
    uint8_t *taken;      /* own block of the packet taken last, or NULL */
    size_t taken_size;   /* exact size of that block */
    size_t max_bytes;
    size_t max_packets;
} wspi_packet_queue;

/* An empty queue that owns no memory. */
void wspi_packet_queue_init(wspi_packet_queue *queue, size_t max_bytes, size_t max_packets);

/* Drops every packet and frees the memory, the packet taken last included; the limits stay. */
void wspi_packet_queue_clear(wspi_packet_queue *queue);

/* Payload bytes that still fit; 0 also when no further packet is allowed. */
size_t wspi_packet_queue_room(const wspi_packet_queue *queue);

/* Whether another packet of this size fits both limits. A size of 0 needs a free place only. */
bool wspi_packet_queue_fits(const wspi_packet_queue *queue, size_t size);

/* Appends a copy. The limits are the caller's to ask about; only memory can fail: then false, nothing
 * changed. */
bool wspi_packet_queue_push(wspi_packet_queue *queue, const void *payload, size_t size, bool is_text);

/*
 * Takes the oldest packet: its payload, followed by one zero byte that size
 * does not count; never NULL unless the queue is empty, and then nothing is
 * written to the out parameters. Valid until the next take, push, trim or
 * clear, and aligned to 8 bytes.
 */
const uint8_t *wspi_packet_queue_take(wspi_packet_queue *queue, size_t *out_size, bool *out_is_text);

/* The oldest packet as take answers it, left where it is. The queue is not empty. */
const uint8_t *wspi_packet_queue_front(const wspi_packet_queue *queue, size_t *out_size, bool *out_is_text);

/* Gives memory back that no waiting packet needs: ends the life of the packet taken last. */
void wspi_packet_queue_trim(wspi_packet_queue *queue);

#endif
