/* SPDX-License-Identifier: MIT */

/*
 * The head of a frame and masking (frame.c, mask.c) against their definitions in RFC 6455 5.2 and 5.3: what
 * is decoded encodes to the same bytes, what is not decoded would not, and masking in pieces is masking byte
 * by byte.
 */

#include "fuzz.h"
#include "protocol/frame.h"
#include "protocol/mask.h"

#include <stdlib.h>
#include <string.h>

const size_t fuzz_input_count = 500000;

enum { DECODED, UNFINISHED, REFUSED };
const char *const fuzz_outcomes[] = {"a head", "an unfinished head", "a length that is not minimal", NULL};

void fuzz_add_seeds(void)
{
    FUZZ_SEED("\x81\x05Hello");
    FUZZ_SEED("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    FUZZ_SEED("\x82\x7e\x01\0");
    FUZZ_SEED("\x82\xfe\0\x7e\x01\x02\x03\x04");
    FUZZ_SEED("\x82\x7f\0\0\0\0\0\x01\0\0");
    FUZZ_SEED("\x02\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04");
    FUZZ_SEED("\x82\x7f\x80\0\0\0\0\x01\0\0");
    FUZZ_SEED("\xf8\x7e\0\x7d");
}

/* The size of the head by its second byte. */
static size_t size_of(const uint8_t *bytes)
{
    unsigned length = bytes[1] & 0x7fu;
    return 2u + (length == 126 ? 2u : length == 127 ? 8u : 0u) + (bytes[1] >= 0x80 ? 4u : 0u);
}

static void check_head(const uint8_t *bytes, size_t size)
{
    wspi_frame_head head = {0};
    uint8_t encoded[WSPI_FRAME_HEAD_MAX];
    int answer = wspi_frame_decode(bytes, size, &head);
    FUZZ_CHECK(size >= 2 || answer == 0);
    if (size < 2)
        return;
    FUZZ_CHECK(head.opcode == (bytes[0] & 0xf) && head.rsv == (bytes[0] >> 4 & 7));
    FUZZ_CHECK(head.is_final == (bytes[0] >= 0x80) && head.is_masked == (bytes[1] >= 0x80));
    fuzz_reach(answer > 0 ? DECODED : answer == 0 ? UNFINISHED : REFUSED);
    if (answer == 0) {
        FUZZ_CHECK(size < size_of(bytes));
        return;
    }
    if (answer > 0) {
        FUZZ_CHECK((size_t)answer == size_of(bytes) && (size_t)answer <= size);
        FUZZ_CHECK(head.payload_size <= UINT64_MAX / 2);
        size_t again = wspi_frame_encode(encoded, head.is_final, (wspi_opcode)head.opcode, head.payload_size,
                                         head.is_masked ? head.masking_key : NULL);
        encoded[0] = (uint8_t)(encoded[0] | head.rsv << 4);
        FUZZ_CHECK(again == (size_t)answer && memcmp(encoded, bytes, again) == 0);
        return;
    }
    unsigned length = bytes[1] & 0x7fu;
    FUZZ_CHECK(length >= 126 && size >= (length == 126 ? 4u : 10u));
    uint64_t extended = length == 126 ? wspi_load_u16(bytes + 2) : wspi_load_u64(bytes + 2);
    FUZZ_CHECK(extended < (length == 126 ? 126u : 65536u) || extended > UINT64_MAX / 2);
}

static void check_mask(wspi_bytes input)
{
    uint8_t key[4];
    for (int i = 0; i < 4; i++)
        key[i] = fuzz_take_byte(&input);
    uint64_t phase = fuzz_take_byte(&input);
    size_t first = fuzz_take_byte(&input);
    first = wspi_min(first, input.size);
    uint8_t *to = fuzz_copy(input.data, input.size);
    uint8_t *in_place = fuzz_copy(input.data, input.size);
    wspi_mask(to, input.data, first, key, phase);
    wspi_mask(to + first, input.data + first, input.size - first, key, phase + first);
    wspi_mask(in_place, in_place, input.size, key, phase);
    for (size_t i = 0; i < input.size; i++) {
        FUZZ_CHECK(to[i] == (input.data[i] ^ key[(phase + i) % 4]));
        FUZZ_CHECK(in_place[i] == to[i]);
    }
    free(to);
    free(in_place);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    /* However much of it is there, the same head or more bytes are wanted, unless it is refused. */
    for (size_t part = 0; part <= wspi_min(size, WSPI_FRAME_HEAD_MAX); part++) {
        uint8_t *copy = fuzz_copy(bytes, part);
        check_head(copy, part);
        free(copy);
    }
    if (size > 0)
        check_mask((wspi_bytes){bytes, size});
    return 0;
}
