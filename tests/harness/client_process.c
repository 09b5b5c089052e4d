/* SPDX-License-Identifier: MIT */
/*
 * See client_process.h. The frames are written here a second time on purpose (RFC 6455 5.2): what tests the
 * library does not use it.
 */
#define _DEFAULT_SOURCE
#include "client_process.h"

#include "test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 64, STATUS_FAILED = 99, BY_SIGNAL = 1000 };

static int pids[PROCESSES];

static void end_processes(void)
{
    for (size_t i = 0; i < PROCESSES; i++) {
        if (pids[i] > 0) {
            (void)kill(pids[i], SIGKILL);
            (void)waitpid(pids[i], NULL, 0);
        }
        pids[i] = 0;
    }
}

/* -- in the test ----------------------------------------------------------- */

static void remember(int pid)
{
    bool is_first = true;
    size_t at = PROCESSES;
    for (size_t i = 0; i < PROCESSES; i++) {
        is_first = is_first && pids[i] == 0;
        if (pids[i] == 0 && at == PROCESSES)
            at = i;
    }
    CHECK(at < PROCESSES);
    pids[at] = pid;
    if (is_first)
        wspi_test_at_case_end(end_processes);
}

static void forget(int pid)
{
    for (size_t i = 0; i < PROCESSES; i++) {
        if (pids[i] == pid)
            pids[i] = 0;
    }
}

/* The listener and the clients that the test has are not the child's. */
static void close_others(const client_place *place)
{
    for (int fd = 3; fd < (int)get_descriptor_limit(); fd++) {
        if (fd != place->report && fd != place->orders)
            (void)close(fd);
    }
}

client_process client_process_start(uint16_t port, int number, int (*run)(const client_place *place))
{
    int report[2];
    int orders[2];
    CHECK_INT(pipe(report), 0);
    CHECK_INT(pipe(orders), 0);
    int pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        client_place place = {port, number, report[1], orders[0]};
        close_others(&place);
        (void)signal(SIGPIPE, SIG_IGN);
        _exit(run(&place));
    }
    (void)close(report[1]);
    (void)close(orders[0]);
    remember(pid);
    return (client_process){pid, report[0], orders[1], -1};
}

static void finish(client_process *process, int status)
{
    process->status = WIFEXITED(status) ? WEXITSTATUS(status) : BY_SIGNAL + WTERMSIG(status);
    forget(process->pid);
    (void)close(process->report);
    (void)close(process->orders);
}

bool client_process_is_over(client_process *process)
{
    int status = 0;
    if (process->status < 0 && waitpid(process->pid, &status, WNOHANG) == process->pid)
        finish(process, status);
    return process->status >= 0;
}

void client_process_kill(client_process *process)
{
    int status = 0;
    if (process->status >= 0)
        return;
    (void)kill(process->pid, SIGKILL);
    CHECK_INT(waitpid(process->pid, &status, 0), process->pid);
    finish(process, status);
}

int client_process_hear(client_process *process)
{
    struct pollfd entry = {process->report, POLLIN, 0};
    int number = -1;
    if (poll(&entry, 1, 0) == 1 && read(process->report, &number, sizeof number) != (ssize_t)sizeof number)
        number = -1;
    return number;
}

void client_process_order(client_process *process)
{
    CHECK_INT(write(process->orders, "o", 1), 1);
}

size_t count_descriptors(void)
{
    size_t found = 0;
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    while (readdir(folder) != NULL)
        found++;
    (void)closedir(folder);
    return found - 3; /* "." and "..", and the folder itself */
}

double get_processor_seconds(void)
{
    struct timespec used;
    CHECK_INT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

size_t get_descriptor_limit(void)
{
    struct rlimit limit;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur < 1000000 ? (size_t)limit.rlim_cur : 1000000;
}

void set_descriptor_limit(size_t count)
{
    struct rlimit limit;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)count;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* -- in the client process ------------------------------------------------- */

void client_fail(const char *why)
{
    (void)fprintf(stderr, "client process: %s (%s)\n", why, strerror(errno));
    _exit(STATUS_FAILED);
}

void client_tell(const client_place *place, int number)
{
    if (write(place->report, &number, sizeof number) != (ssize_t)sizeof number)
        client_fail("the test does not listen");
}

void client_wait_for_order(const client_place *place)
{
    char byte;
    if (read(place->orders, &byte, 1) != 1)
        client_fail("the test gave no order");
}

int client_connect(const client_place *place)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(place->port)};
    struct timeval patience = {CLIENT_PATIENCE_SECONDS, 0};
    int at_once = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        client_fail("no socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        client_fail("no connection");
    return fd;
}

int client_knock(const client_place *place)
{
    static const char request[] =
        "GET /client HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    int fd = client_connect(place);
    client_write(fd, request, sizeof request - 1);
    return fd;
}

/* A byte at a time, so that nothing of the first frame is taken. */
void client_await_welcome(int fd)
{
    static const char end[] = "\r\n\r\n";
    char head[12];
    if (!client_read(fd, head, sizeof head) || memcmp(head, "HTTP/1.1 101", sizeof head) != 0)
        client_fail("the handshake was not accepted");
    for (size_t matched = 0; matched < 4;) {
        char byte;
        if (!client_read(fd, &byte, 1))
            client_fail("the answer has no end");
        matched = byte == end[matched] ? matched + 1 : byte == '\r';
    }
}

int client_open(const client_place *place)
{
    int fd = client_knock(place);
    client_await_welcome(fd);
    return fd;
}

void client_write(int fd, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t sent = send(fd, (const char *)bytes + done, size - done, MSG_NOSIGNAL);
        if (sent <= 0)
            client_fail("the server takes nothing");
        done += (size_t)sent;
    }
}

bool client_read(int fd, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = recv(fd, (char *)bytes + done, size - done, 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            client_fail("the server says nothing");
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

/* The masking key is zero: it need not be random where nobody sits between (RFC 6455 10.3). */
void client_send(int fd, bool is_text, const void *payload, size_t size)
{
    uint8_t head[14] = {(uint8_t)(0x80 | (is_text ? 1 : 2))};
    size_t length_size = size < 126 ? 0 : size < 65536 ? 2 : 8;
    head[1] = (uint8_t)(0x80 | (length_size == 0 ? size : length_size == 2 ? 126 : 127));
    for (size_t i = 0; i < length_size; i++)
        head[2 + i] = (uint8_t)((uint64_t)size >> (8 * (length_size - 1 - i)));
    client_write(fd, head, 2 + length_size + 4);
    client_write(fd, payload, size);
}

void client_send_text(int fd, const char *text)
{
    client_send(fd, true, text, strlen(text));
}

long client_read_frame(int fd, void *payload, size_t capacity)
{
    uint8_t head[10];
    if (!client_read(fd, head, 2))
        return -1;
    if ((head[0] != 0x81 && head[0] != 0x82) || head[1] > 127)
        client_fail("what came is no whole message");
    size_t size = head[1];
    size_t length_size = size < 126 ? 0 : size == 126 ? 2 : 8;
    if (length_size > 0) {
        size = 0;
        if (!client_read(fd, head + 2, length_size))
            return -1;
        for (size_t i = 0; i < length_size; i++)
            size = size << 8 | head[2 + i];
    }
    if (size > capacity)
        client_fail("the message is too long");
    return client_read(fd, payload, size) ? (long)size : -1;
}

void client_reset(int fd)
{
    struct linger at_once = {1, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)close(fd);
}
