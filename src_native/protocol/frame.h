/* SPDX-License-Identifier: MIT */
#ifndef WSPI_FRAME_H
#define WSPI_FRAME_H

/*
 * The head of one frame (RFC 6455 5.2):
 *
 *   byte 0           FIN, RSV1-3, opcode (4 bits)
 *   byte 1           MASK, payload length (7 bits): 0-125, or
 *   126 + 2 bytes    length 126-65535
 *   127 + 8 bytes    length 65536 and more, top bit 0
 *   4 bytes          masking key when MASK is set
 */

#include "bytes.h"

#define WSPI_FRAME_HEAD_MAX      14
#define WSPI_CONTROL_PAYLOAD_MAX 125

typedef enum wspi_opcode {
    WSPI_OPCODE_CONTINUATION = 0x0,
    WSPI_OPCODE_TEXT = 0x1,
    WSPI_OPCODE_BINARY = 0x2,
    WSPI_OPCODE_CLOSE = 0x8,
    WSPI_OPCODE_PING = 0x9,
    WSPI_OPCODE_PONG = 0xa
} wspi_opcode;

typedef struct wspi_frame_head {
    uint64_t payload_size;
    uint8_t opcode; /* 4 bits as they arrived, known or not */
    uint8_t rsv;    /* RSV1 is 4, RSV2 is 2, RSV3 is 1 */
    bool is_final;
    bool is_masked;
    uint8_t masking_key[4];
} wspi_frame_head;

/*
 * Reads a head. Answers its size, 0 when more bytes are needed, or -1 when the
 * length is not in its shortest form or has its top bit set. With two bytes
 * and more, everything but the key is filled in even when more are needed; a
 * payload_size whose extension is missing or refused then reads 126 or 127.
 */
int wspi_frame_decode(const uint8_t *bytes, size_t size, wspi_frame_head *out);

/* Writes a head of up to WSPI_FRAME_HEAD_MAX bytes and answers its size. masking_key NULL: not masked. */
size_t wspi_frame_encode(uint8_t *out, bool is_final, wspi_opcode opcode, uint64_t payload_size,
                         const uint8_t *masking_key);

/*
 * The head that most frames have: of a final text or binary frame of up to 65535 bytes, all of which are
 * here. Answers its size, with the masking key as its last 4 bytes if it is masked, or 0 for every other
 * frame, also for one that is wrong: wspi_frame_decode tells more.
 */
static inline size_t wspi_frame_decode_whole(const uint8_t *bytes, size_t size, bool is_masked,
                                             size_t *out_payload_size)
{
    if (size < 4 || (bytes[0] != (0x80 | WSPI_OPCODE_TEXT) && bytes[0] != (0x80 | WSPI_OPCODE_BINARY)) ||
        bytes[1] >> 7 != is_masked)
        return 0;
    size_t head_size = is_masked ? 6 : 2;
    size_t payload_size = bytes[1] & 0x7f;
    if (payload_size == 126) {
        payload_size = wspi_load_u16(bytes + 2);
        head_size += 2;
        if (payload_size < 126)
            return 0;
    } else if (payload_size == 127) {
        return 0;
    }
    *out_payload_size = payload_size;
    return head_size + payload_size <= size ? head_size : 0;
}

static inline bool wspi_opcode_is_control(uint8_t opcode)
{
    return (opcode & 0x8) != 0;
}

#endif
