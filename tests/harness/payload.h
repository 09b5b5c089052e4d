/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_PAYLOAD_H
#define WSPI_TEST_PAYLOAD_H

/* Payloads that both sides of a test can make and name alike. Needs the C library only. */

#include <stddef.h>
#include <stdint.h>

/* Fills with the bytes of message `number`; every message of a run is different. */
void payload_fill(uint8_t *bytes, size_t size, unsigned number);

/* FNV-1a. `start` is 0, or the hash of the bytes before. */
uint32_t payload_hash(uint32_t start, const void *bytes, size_t size);

/* Room for the longest description. */
#define PAYLOAD_TEXT_CAPACITY 224

/* The size and the bytes themselves, `5 "hello"`, or above 48 bytes their hash, `70000 #1a2b3c4d`. */
void payload_describe(char out[PAYLOAD_TEXT_CAPACITY], const void *bytes, size_t size);

#endif
