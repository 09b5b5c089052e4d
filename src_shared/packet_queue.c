/* SPDX-License-Identifier: MIT */

/*
 * The bounded FIFO of messages. A record in the shared run is a header, the payload, a zero byte and padding
 * to 8 bytes; a large message's record holds a reference to a block of its own instead, which the queue frees
 * once the program is done with it. Waiting records move only when at least as many bytes were taken since
 * the last move, or into a block with room for as many again, so that a packet costs O(its size). Knows
 * nothing of frames.
 */

#include "packet_queue.h"

#include "memory.h"

#include <string.h>

#define ALIGNMENT         8
#define SMALLEST_CAPACITY 256
#define LARGE_SIZE        65536

/* Headers are copied in and out of the run, never pointed at. */
typedef struct header {
    uint32_t size; /* of the payload; of a large message's reference */
    bool is_text;
    bool is_large;
} header;

typedef struct reference {
    uint8_t *block;
    size_t size; /* of the payload; the block has one byte more */
} reference;

_Static_assert(sizeof(header) == ALIGNMENT, "payloads follow their header aligned");

static size_t record_size(size_t payload_size)
{
    return (sizeof(header) + payload_size + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void wspi_packet_queue_init(wspi_packet_queue *queue, size_t max_bytes, size_t max_packets)
{
    *queue = (wspi_packet_queue){.max_bytes = max_bytes, .max_packets = max_packets};
}

static void release_taken(wspi_packet_queue *queue)
{
    wspi_free(queue->taken, queue->taken_size);
    queue->taken = NULL;
    queue->taken_size = 0;
}

/* Removes the first record and answers where its payload, or the reference to it, lies in the run. */
static const uint8_t *pop_record(wspi_packet_queue *queue, header *out_header)
{
    const uint8_t *record = queue->block + queue->start;
    memcpy(out_header, record, sizeof(*out_header));
    queue->start += record_size(out_header->size);
    queue->count--;
    return record + sizeof(*out_header);
}

void wspi_packet_queue_clear(wspi_packet_queue *queue)
{
    while (queue->count > 0) {
        header head;
        const uint8_t *payload = pop_record(queue, &head);
        if (head.is_large) {
            reference large;
            memcpy(&large, payload, sizeof(large));
            wspi_free(large.block, large.size + 1);
        }
    }
    release_taken(queue);
    wspi_free(queue->block, queue->capacity);
    wspi_packet_queue_init(queue, queue->max_bytes, queue->max_packets);
}

size_t wspi_packet_queue_room(const wspi_packet_queue *queue)
{
    return queue->count < queue->max_packets ? wspi_left(queue->max_bytes, queue->payload_size) : 0;
}

bool wspi_packet_queue_fits(const wspi_packet_queue *queue, size_t size)
{
    return queue->count < queue->max_packets && size <= wspi_left(queue->max_bytes, queue->payload_size);
}

/* Moves the waiting records to the front of a new block of that size. */
static bool move_to_new_block(wspi_packet_queue *queue, size_t capacity)
{
    uint8_t *block = wspi_allocate(capacity);
    if (block == NULL)
        return false;
    size_t live = queue->end - queue->start;
    if (live > 0)
        memcpy(block, queue->block + queue->start, live);
    wspi_free(queue->block, queue->capacity);
    queue->block = block;
    queue->capacity = capacity;
    queue->start = 0;
    queue->end = live;
    return true;
}

/* Makes room for a record of `size` bytes behind the last one. */
static bool reserve_record(wspi_packet_queue *queue, size_t size)
{
    size_t live = queue->end - queue->start;
    if (size <= queue->capacity - queue->end)
        return true;
    if (queue->start >= live && size <= queue->capacity - live) {
        if (live > 0)
            memmove(queue->block, queue->block + queue->start, live);
        queue->start = 0;
        queue->end = live;
        return true;
    }
    if (live > (SIZE_MAX - size) / 2)
        return false;
    size_t capacity = 2 * live + size;
    return move_to_new_block(queue, capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : capacity);
}

/* Appends the record; room for it was reserved. */
static void put_record(wspi_packet_queue *queue, header head, const void *payload)
{
    uint8_t *record = queue->block + queue->end;
    size_t size = record_size(head.size);
    memcpy(record, &head, sizeof(head));
    if (head.size > 0)
        memcpy(record + sizeof(head), payload, head.size);
    memset(record + sizeof(head) + head.size, 0, size - sizeof(head) - head.size);
    queue->end += size;
    queue->count++;
}

static bool push_large(wspi_packet_queue *queue, const void *payload, size_t size, bool is_text)
{
    header head = {.size = sizeof(reference), .is_text = is_text, .is_large = true};
    if (size == SIZE_MAX || !reserve_record(queue, record_size(head.size)))
        return false;
    reference large = {.block = wspi_allocate(size + 1), .size = size};
    if (large.block == NULL)
        return false;
    memcpy(large.block, payload, size);
    large.block[size] = 0;
    put_record(queue, head, &large);
    return true;
}

static bool push_small(wspi_packet_queue *queue, const void *payload, size_t size, bool is_text)
{
    header head = {.size = (uint32_t)size, .is_text = is_text, .is_large = false};
    if (!reserve_record(queue, record_size(size)))
        return false;
    put_record(queue, head, payload);
    return true;
}

bool wspi_packet_queue_push(wspi_packet_queue *queue, const void *payload, size_t size, bool is_text)
{
    release_taken(queue);
    if (queue->count == 0)
        queue->start = queue->end = 0;
    bool is_done = size < LARGE_SIZE ? push_small(queue, payload, size, is_text)
                                     : push_large(queue, payload, size, is_text);
    if (is_done)
        queue->payload_size += size;
    return is_done;
}

const uint8_t *wspi_packet_queue_take(wspi_packet_queue *queue, size_t *out_size, bool *out_is_text)
{
    release_taken(queue);
    if (queue->count == 0)
        return NULL;
    header head;
    const uint8_t *payload = pop_record(queue, &head);
    size_t size = head.size;
    if (head.is_large) {
        reference large;
        memcpy(&large, payload, sizeof(large));
        queue->taken = large.block;
        queue->taken_size = large.size + 1;
        payload = large.block;
        size = large.size;
    }
    queue->payload_size -= size;
    *out_size = size;
    *out_is_text = head.is_text;
    return payload;
}

const uint8_t *wspi_packet_queue_front(const wspi_packet_queue *queue, size_t *out_size, bool *out_is_text)
{
    header head;
    const uint8_t *payload = queue->block + queue->start + sizeof(head);
    memcpy(&head, queue->block + queue->start, sizeof(head));
    *out_size = head.size;
    *out_is_text = head.is_text;
    if (!head.is_large)
        return payload;
    reference large;
    memcpy(&large, payload, sizeof(large));
    *out_size = large.size;
    return large.block;
}

void wspi_packet_queue_trim(wspi_packet_queue *queue)
{
    release_taken(queue);
    size_t live = queue->end - queue->start;
    if (queue->count == 0) {
        wspi_free(queue->block, queue->capacity);
        queue->block = NULL;
        queue->capacity = queue->start = queue->end = 0;
    } else if (queue->capacity > SMALLEST_CAPACITY && live < queue->capacity / 4) {
        /* After a burst. Without memory for the smaller block the larger one serves on. */
        (void)move_to_new_block(queue, 2 * live < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : 2 * live);
    }
}
