/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_CLIENT_PROCESS_H
#define WSPI_TEST_CLIENT_PROCESS_H

/*
 * Clients of a server under test in a process of their own, so that they may block, have descriptors of their
 * own to spend, and be killed. What runs there uses plain sockets and nothing of the library.
 *
 *     static int talk(const client_place *place)
 *     {
 *         int fd = client_open(place);
 *         client_send_text(fd, "hello");
 *         return client_read_frame(fd, frame, sizeof frame) == 5 ? 0 : 1;
 *     }
 *
 *     client_process clients = client_process_start(port, 0, talk);
 *     while (!client_process_is_over(&clients)) wsp_server_poll_wait(server, 0.01);
 *     CHECK_INT(clients.status, 0);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest wait of a client for anything; it then ends with status 99 and a line on standard error. */
enum { CLIENT_PATIENCE_SECONDS = 60 };

typedef struct client_place {
    uint16_t port;
    int number; /* what the test gave to start */
    int report; /* a pipe to the test: client_tell writes into it */
    int orders; /* a pipe from the test: client_wait_for_order reads from it */
} client_place;

typedef struct client_process {
    int pid;
    int report;
    int orders;
    int status; /* the exit status once it is over; -1 while it runs; 1000 + N: ended by signal N */
} client_process;

/* -- in the test ----------------------------------------------------------- */

/* Runs a function in a new process, which ends with what it returns. Processes left end with the case. */
client_process client_process_start(uint16_t port, int number, int (*run)(const client_place *place));
bool client_process_is_over(client_process *process);

/* The next number it told; -1: none yet. */
int client_process_hear(client_process *process);
void client_process_order(client_process *process);
void client_process_kill(client_process *process);

/* Descriptors that are open in this process, and seconds of processor time it has used. */
size_t count_descriptors(void);
double get_processor_seconds(void);

/* How many descriptors this process may have, as a number that fits. */
size_t get_descriptor_limit(void);
void set_descriptor_limit(size_t limit);

/* -- in the client process ------------------------------------------------- */

/* A client that has told its last number waits for an order before it ends: its end closes the pipe. */
void client_tell(const client_place *place, int number);
void client_wait_for_order(const client_place *place);

/* Ends the process as failed, with this sentence. */
void client_fail(const char *why);

/* A connection; the same with the handshake sent; the same once it is accepted. Blocking sockets. */
int client_connect(const client_place *place);
int client_knock(const client_place *place);
int client_open(const client_place *place);

/* Waits for the accepting answer to a handshake. */
void client_await_welcome(int fd);

void client_write(int fd, const void *bytes, size_t size);

/* Reads exactly so many bytes. false: the stream ended, or was reset. */
bool client_read(int fd, void *bytes, size_t size);

/* One masked frame of a whole message. */
void client_send(int fd, bool is_text, const void *payload, size_t size);
void client_send_text(int fd, const char *text);

/* The payload of the next frame, which has to be a whole message that fits. -1: the stream ended. */
long client_read_frame(int fd, void *payload, size_t capacity);

/* Closes with a reset. */
void client_reset(int fd);

#endif
