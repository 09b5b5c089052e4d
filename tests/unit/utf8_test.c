/* SPDX-License-Identifier: MIT */

/* utf8.h against a decoder that is obvious and slow; section 10 of the bad inputs in every split and at every
 * offset. */

#include "utf8.h"

#include "guarded_bytes.h"
#include "test.h"

#include <string.h>

/*
 * The reference: decodes one character the long way. Answers its size; 0 when the bytes hold none, and -1
 * when they end inside of one as far as the lead byte tells.
 */
static int decode(const uint8_t *bytes, size_t size)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point = bytes[0];
    size_t length = 1;
    if (point >= 0xf8 || (point & 0xc0) == 0x80)
        return 0;
    if (point >= 0xf0)
        length = 4;
    else if (point >= 0xe0)
        length = 3;
    else if (point >= 0xc0)
        length = 2;
    if (length > 1)
        point &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++) {
        if (i == size)
            return -1;
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (bytes[i] & 0x3fu);
    }
    bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
    return point < least[length] || point > 0x10ffff || is_surrogate ? 0 : (int)length;
}

/*
 * Whether something could follow the started character and make it valid: tries a byte of each range that RFC
 * 3629 tells apart, in every missing place.
 */
static bool can_be_completed(const uint8_t *bytes, size_t size)
{
    static const uint8_t ranges[4] = {0x80, 0x90, 0xa0, 0xbf};
    uint8_t tried[4] = {0};
    memcpy(tried, bytes, size);
    for (int i = 0; i < 64; i++) {
        for (size_t at = size, n = (size_t)i; at < 4; at++, n /= 4)
            tried[at] = ranges[n % 4];
        if (decode(tried, 4) > 0)
            return true;
    }
    return false;
}

enum verdict { REFUSED, PREFIX, VALID };

static enum verdict judge(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        int length = decode(bytes + at, size - at);
        if (length == 0)
            return REFUSED;
        if (length < 0)
            return can_be_completed(bytes + at, size - at) ? PREFIX : REFUSED;
        at += (size_t)length;
    }
    return VALID;
}

static void compare(const uint8_t *bytes, size_t size)
{
    enum verdict wanted = judge(bytes, size);
    wspi_utf8 validator = {0};
    bool is_fed = wspi_utf8_feed(&validator, bytes, size);
    bool is_complete = wspi_utf8_is_complete(&validator);
    bool is_valid = wspi_utf8_is_valid(bytes, size);
    if (is_fed == (wanted != REFUSED) && is_complete == (wanted == VALID) && is_valid == (wanted == VALID))
        return;
    TEST_NOTE("%zu bytes: %02x %02x %02x %02x", size, bytes[0], bytes[1], bytes[2], bytes[3]);
    CHECK_BOOL(is_fed, wanted != REFUSED);
    CHECK_BOOL(is_complete, wanted == VALID);
    CHECK_BOOL(is_valid, wanted == VALID);
}

static void every_sequence_of_one_to_three_bytes_agrees_with_the_reference(void)
{
    for (uint32_t value = 0; value < UINT32_C(1) << 24; value++) {
        const uint8_t bytes[4] = {(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value, 0};
        compare(bytes, 3);
        if ((value & 0xff) == 0)
            compare(bytes, 2);
        if ((value & 0xffff) == 0)
            compare(bytes, 1);
    }
}

static void every_first_and_second_byte_of_four_agrees_with_the_reference(void)
{
    static const uint8_t others[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xed, 0xff};
    for (unsigned pair = 0; pair < 65536; pair++) {
        for (size_t i = 0; i < sizeof(others); i++) {
            for (size_t j = 0; j < sizeof(others); j++) {
                const uint8_t bytes[4] = {(uint8_t)(pair >> 8), (uint8_t)(pair & 0xff), others[i], others[j]};
                compare(bytes, 4);
            }
        }
    }
}

typedef struct sample {
    const char *bytes;
    size_t size;
    size_t valid; /* bytes whose prefix can still become valid; more is refused */
} sample;

#define SAMPLE(bytes, valid)            \
    {                                   \
        bytes, sizeof(bytes) - 1, valid \
    }

static const sample refused[] = {
    SAMPLE("\x80", 0),
    SAMPLE("\xbf", 0),
    SAMPLE("\xc0\x80", 0),
    SAMPLE("\xc1\xbf", 0),
    SAMPLE("\xe0\x80\x80", 1),
    SAMPLE("\xe0\x9f\xbf", 1),
    SAMPLE("\xed\xa0\x80", 1),
    SAMPLE("\xed\xbf\xbf", 1),
    SAMPLE("\xf0\x80\x80\x80", 1),
    SAMPLE("\xf0\x8f\xbf\xbf", 1),
    SAMPLE("\xf4\x90\x80\x80", 1),
    SAMPLE("\xf5\x80\x80\x80", 0),
    SAMPLE("\xf8\x88\x80\x80\x80", 0),
    SAMPLE("\xfe", 0),
    SAMPLE("\xff", 0),
    SAMPLE("\xc2\x41", 1),
    SAMPLE("\xe2\x82\x41", 2),
    SAMPLE("\xf0\x9f\x98\xf0", 3),
};

static const sample accepted[] = {
    SAMPLE("\0", 1),
    SAMPLE("\x7f", 1),
    SAMPLE("\xc2\x80", 2),
    SAMPLE("\xdf\xbf", 2),
    SAMPLE("\xe0\xa0\x80", 3),
    SAMPLE("\xed\x9f\xbf", 3),
    SAMPLE("\xee\x80\x80", 3),
    SAMPLE("\xef\xbf\xbe", 3),
    SAMPLE("\xef\xbf\xbf", 3),
    SAMPLE("\xf0\x90\x80\x80", 4),
    SAMPLE("\xf4\x8f\xbf\xbf", 4),
    SAMPLE("\xef\xbb\xbf", 3),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Feeds the sample behind `offset` bytes of ASCII and in front of `behind` more, at the end of readable
 * memory. */
static void check_at_offset(const sample *one, size_t offset, size_t behind, bool is_valid)
{
    uint8_t text[256];
    memset(text, 'a', sizeof(text));
    memcpy(text + offset, one->bytes, one->size);
    size_t size = offset + one->size + behind;
    wspi_guarded_bytes guarded = wspi_guarded_bytes_make(text, size);
    TEST_NOTE("%02x..., offset %zu, %zu behind", (uint8_t)one->bytes[0], offset, behind);
    CHECK_BOOL(wspi_utf8_is_valid(guarded.data, size), is_valid);
    wspi_utf8 validator = {0};
    CHECK(wspi_utf8_feed(&validator, guarded.data, offset + one->valid));
    CHECK_BOOL(wspi_utf8_feed(&validator, guarded.data + offset + one->valid, size - offset - one->valid),
               is_valid);
    wspi_guarded_bytes_release(&guarded);
}

static void known_sequences_are_judged_at_every_offset(void)
{
    for (size_t offset = 0; offset < 64; offset++) {
        for (size_t behind = 0; behind < 40; behind += 13) {
            for (size_t i = 0; i < COUNT(refused); i++)
                check_at_offset(&refused[i], offset, behind, false);
            for (size_t i = 0; i < COUNT(accepted); i++)
                check_at_offset(&accepted[i], offset, behind, true);
        }
    }
}

static void a_bad_prefix_is_refused_at_its_first_impossible_byte(void)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        const uint8_t *bytes = (const uint8_t *)refused[i].bytes;
        wspi_utf8 validator = {0};
        for (size_t at = 0; at < refused[i].size; at++) {
            TEST_NOTE("%02x..., byte %zu", bytes[0], at);
            CHECK_BOOL(wspi_utf8_feed(&validator, bytes + at, 1), at < refused[i].valid);
        }
    }
}

static void truncated_tails_are_incomplete_but_not_refused(void)
{
    for (size_t i = 0; i < COUNT(accepted); i++) {
        for (size_t size = 1; size < accepted[i].size; size++) {
            wspi_utf8 validator = {0};
            TEST_NOTE("%02x..., %zu bytes", (uint8_t)accepted[i].bytes[0], size);
            CHECK(wspi_utf8_feed(&validator, (const uint8_t *)accepted[i].bytes, size));
            CHECK(!wspi_utf8_is_complete(&validator));
            CHECK(!wspi_utf8_is_valid(accepted[i].bytes, size));
        }
    }
}

static const char mixed[] =
    "plain ASCII at first, long enough for two runs; \xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 "
    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80, \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e and ASCII again";

static void every_split_into_three_pieces_gives_the_same_answer(void)
{
    const uint8_t *bytes = (const uint8_t *)mixed;
    size_t size = sizeof(mixed) - 1;
    for (size_t first = 0; first <= size; first++) {
        for (size_t second = first; second <= size; second++) {
            wspi_utf8 validator = {0};
            TEST_NOTE("cut at %zu and %zu", first, second);
            CHECK(wspi_utf8_feed(&validator, bytes, first));
            CHECK_BOOL(wspi_utf8_is_complete(&validator), judge(bytes, first) == VALID);
            CHECK(wspi_utf8_feed(&validator, bytes + first, second - first));
            CHECK(wspi_utf8_feed(&validator, bytes + second, size - second));
            CHECK(wspi_utf8_is_complete(&validator));
        }
    }
}

static void a_refusal_lasts(void)
{
    wspi_utf8 validator = {0};
    CHECK(!wspi_utf8_feed(&validator, (const uint8_t *)"\xff", 1));
    CHECK(!wspi_utf8_feed(&validator, (const uint8_t *)"fine", 4));
    CHECK(!wspi_utf8_feed(&validator, NULL, 0));
    CHECK(!wspi_utf8_is_complete(&validator));
}

static void nothing_is_valid_text(void)
{
    wspi_utf8 validator = {0};
    CHECK(wspi_utf8_feed(&validator, NULL, 0));
    CHECK(wspi_utf8_is_complete(&validator));
    CHECK(wspi_utf8_is_valid(NULL, 0));
}

/* Mostly valid, long text with one changed byte in most rounds. */
static void random_near_valid_text_agrees_with_the_reference(void)
{
    static const char *const pieces[] = {"aaaaaaaaaaaaaaaaaaaaaaa", "b", "\xc3\xa9", "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80"};
    uint64_t random = wspi_test_random_begin();
    size_t valid = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[256];
        size_t size = 0;
        while (size < 200 && wspi_test_random_below(&random, 40) != 0) {
            const char *piece = pieces[wspi_test_random_below(&random, COUNT(pieces))];
            memcpy(bytes + size, piece, strlen(piece));
            size += strlen(piece);
        }
        if (size > 0 && wspi_test_random_below(&random, 3) != 0)
            bytes[wspi_test_random_below(&random, size)] = (uint8_t)wspi_test_random(&random);
        size_t cut = wspi_test_random_below(&random, size + 1);
        wspi_utf8 validator = {0};
        bool is_fed =
            wspi_utf8_feed(&validator, bytes, cut) && wspi_utf8_feed(&validator, bytes + cut, size - cut);
        enum verdict wanted = judge(bytes, size);
        CHECK_BOOL(is_fed, wanted != REFUSED);
        CHECK_BOOL(wspi_utf8_is_complete(&validator), wanted == VALID);
        valid += wanted == VALID ? 1 : 0;
    }
    CHECK(valid > 2000 && valid < 18000);
}

static const wspi_test_case cases[] = {
    TEST_CASE(every_sequence_of_one_to_three_bytes_agrees_with_the_reference),
    TEST_CASE(every_first_and_second_byte_of_four_agrees_with_the_reference),
    TEST_CASE(known_sequences_are_judged_at_every_offset),
    TEST_CASE(a_bad_prefix_is_refused_at_its_first_impossible_byte),
    TEST_CASE(truncated_tails_are_incomplete_but_not_refused),
    TEST_CASE(every_split_into_three_pieces_gives_the_same_answer),
    TEST_CASE(a_refusal_lasts),
    TEST_CASE(nothing_is_valid_text),
    TEST_CASE(random_near_valid_text_agrees_with_the_reference),
};

TEST_MAIN(cases)
