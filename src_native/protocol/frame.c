/* SPDX-License-Identifier: MIT */
/*
 * Frame heads to and from bytes (RFC 6455 5.2). Judges only what the layout
 * itself forbids; what a frame may mean at its place is the session's.
 */
#include "protocol/frame.h"

#include <string.h>

enum { LENGTH_16 = 126, LENGTH_64 = 127, BIT_FINAL = 0x80, BIT_MASK = 0x80 };

/* Reads the extended length; -1 when it should have been written shorter or has its top bit set. */
static int decode_length(const uint8_t *bytes, uint8_t short_length, uint64_t *out)
{
    if (short_length == LENGTH_16) {
        *out = wspi_load_u16(bytes);
        return *out < LENGTH_16 ? -1 : 2;
    }
    *out = wspi_load_u64(bytes);
    return *out <= UINT16_MAX || *out >> 63 != 0 ? -1 : 8;
}

int wspi_frame_decode(const uint8_t *bytes, size_t size, wspi_frame_head *out)
{
    if (size < 2)
        return 0;
    out->is_final = (bytes[0] & BIT_FINAL) != 0;
    out->rsv = (bytes[0] >> 4) & 7;
    out->opcode = bytes[0] & 0x0f;
    out->is_masked = (bytes[1] & BIT_MASK) != 0;

    uint8_t short_length = bytes[1] & 0x7f;
    size_t head_size = 2;
    out->payload_size = short_length;
    if (short_length >= LENGTH_16) {
        size_t extended = short_length == LENGTH_16 ? 2 : 8;
        if (size < head_size + extended)
            return 0;
        uint64_t payload_size;
        if (decode_length(bytes + head_size, short_length, &payload_size) < 0)
            return -1;
        out->payload_size = payload_size;
        head_size += extended;
    }
    if (out->is_masked) {
        if (size < head_size + 4)
            return 0;
        memcpy(out->masking_key, bytes + head_size, 4);
        head_size += 4;
    }
    return (int)head_size;
}

size_t wspi_frame_encode(uint8_t *out, bool is_final, wspi_opcode opcode, uint64_t payload_size,
                         const uint8_t *masking_key)
{
    uint8_t mask_bit = masking_key != NULL ? BIT_MASK : 0;
    size_t head_size = 2;
    out[0] = (uint8_t)((is_final ? BIT_FINAL : 0) | (unsigned)opcode);
    if (payload_size < LENGTH_16) {
        out[1] = (uint8_t)(mask_bit | payload_size);
    } else if (payload_size <= UINT16_MAX) {
        out[1] = mask_bit | LENGTH_16;
        wspi_store_u16(out + 2, (uint16_t)payload_size);
        head_size = 4;
    } else {
        out[1] = mask_bit | LENGTH_64;
        wspi_store_u64(out + 2, payload_size);
        head_size = 10;
    }
    if (masking_key != NULL) {
        memcpy(out + head_size, masking_key, 4);
        head_size += 4;
    }
    return head_size;
}
