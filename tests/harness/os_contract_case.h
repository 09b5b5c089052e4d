/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_OS_CONTRACT_CASE_H
#define WSPI_TEST_OS_CONTRACT_CASE_H

/* What the files of os_contract.h's cases have of each other. For nobody else. */

#include "os_contract.h"

/* Longest wait for something that must happen. */
#define CONTRACT_PATIENCE_SECONDS 10.0

enum { CONTRACT_MAX_SOCKETS = 8 };

extern const os_contract_port *contract_port;

/* Whatever a case opens, closed at its end however it ends. */
extern wspi_socket contract_sockets[CONTRACT_MAX_SOCKETS];

/* The first line of each case. */
void contract_begin(void);

/* 127.0.0.`last`, and ::1. */
wspi_address contract_ipv4(unsigned last, uint16_t to_port);
wspi_address contract_ipv6(uint16_t to_port);

wsp_result contract_listen(wspi_listen_address at, wspi_socket *out_socket, uint16_t *out_port);

/* A listener on the address; port 0: any, then written back. */
void contract_open_listener(wspi_address *address, wspi_socket *out_socket);

bool contract_wait_until_ready(wspi_socket socket, bool wants_read, bool wants_write, double seconds);
void contract_wait_readable(wspi_socket socket);

/* Connects and waits for the outcome; WAIT is not one. */
wspi_io contract_connect(const wspi_address *to, wspi_socket *out_socket, int *out_error);

/* Takes the next connection of a listener, waiting for it. */
void contract_accept(wspi_socket listener, wspi_socket *out_socket, wspi_address *out_from);

/* contract_sockets[0] connected, [1] accepted. */
void contract_open_connection(void);

wspi_io contract_send(wspi_socket socket, const void *bytes, size_t size, size_t *out_size, int *out_error);
void contract_send_all(wspi_socket socket, const char *text);

/* Receives up to `capacity` bytes; ends early at an end or a failure, which *out_io then tells. */
size_t contract_receive_all(wspi_socket socket, uint8_t *out, size_t capacity, wspi_io *out_io);
void contract_check_receives(wspi_socket socket, const char *text);

/* What comes next when it is no byte. */
wspi_io contract_receive_outcome(wspi_socket socket, int *out_error);

/* The cases. */
void contract_clock_does_not_go_back_and_follows_a_sleep(void);
void contract_random_fills_and_differs(void);
void contract_error_text_is_appended(void);
void contract_connects_over_ipv4(void);
void contract_connects_over_ipv6(void);
void contract_a_refused_connection_says_so(void);
void contract_an_attempt_under_way_waits(void);
void contract_adopts_only_connected_stream_sockets(void);
void contract_pieces_go_out_in_order(void);
void contract_receive_waits_when_nothing_is_there(void);
void contract_a_full_connection_takes_a_part_and_then_waits(void);
void contract_an_end_comes_behind_the_bytes_and_stays(void);
void contract_closing_ends_in_order(void);
void contract_a_reset_keeps_what_arrived_readable(void);
void contract_sending_after_a_reset_fails_and_stays_failed(void);
void contract_a_taken_port_is_address_in_use(void);
void contract_a_foreign_address_is_unavailable(void);
void contract_every_address_is_dual_stack(void);
void contract_one_family_only_where_one_is_named(void);
void contract_listeners_share_a_port_when_all_want_to(void);
void contract_accept_waits_when_nobody_comes(void);
void contract_accept_takes_one_at_a_time(void);
void contract_a_connection_reset_before_accept_does_no_harm(void);
void contract_without_descriptors_calls_fail_and_recover(void);
void contract_zero_seconds_and_no_number_only_look(void);
void contract_readable_only_when_wanted_and_until_read(void);
void contract_marks_the_ready_ones_among_many(void);
void contract_an_error_is_ready_whatever_is_wanted(void);
void contract_a_signal_ends_a_wait_with_nothing_ready(void);
void contract_a_set_answers_the_tokens_of_ready_sockets(void);
void contract_a_lookup_waits_and_answers_in_order(void);
void contract_a_failed_lookup_says_why(void);
void contract_lookups_are_given_up_at_any_time(void);

#endif
