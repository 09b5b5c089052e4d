/* SPDX-License-Identifier: MIT */

/*
 * The plan of a virtual world: what connections are like, what strikes them,
 * which calls fail. It decides and draws from the seed; carrying it out is the
 * business of the files that ask.
 */

#include "virtual_world.h"

#include <string.h>

enum { MAX_RULES = 32 };

/* No drawn path is slower, or the deadlines of the program under test would decide every history. */
#define SLOWEST_BYTES_PER_SECOND 50e3

typedef struct answer_rule {
    wspi_address to;
    virtual_answer answer;
    double delay;
} answer_rule;

typedef struct call_rule {
    size_t skip;
    size_t count;
} call_rule;

static struct {
    virtual_path path;
    bool is_path_varied;
    virtual_fault fault;
    unsigned fault_chance;
    answer_rule rules[MAX_RULES];
    size_t rule_count;
    call_rule calls[VIRTUAL_CALL_COUNT];
    size_t socket_limit;
    size_t backlog;
    bool is_reset_shown;
    bool has_ipv6;
} plan;

virtual_path virtual_default_path(void)
{
    return (virtual_path){
        .latency = {0.001, 0.001},
        .segment_size = 16 * 1024,
        .buffer_size = 256 * 1024,
    };
}

void virtual_plan_begin(void)
{
    memset(&plan, 0, sizeof(plan));
    plan.path = virtual_default_path();
    plan.socket_limit = SIZE_MAX;
    plan.backlog = 511;
    plan.has_ipv6 = true;
}

/* -- what a test sets ------------------------------------------------------ */

void virtual_set_path(const virtual_path *path)
{
    virtual_enter();
    if (path->segment_size == 0 || path->buffer_size == 0)
        virtual_misuse("a path that carries nothing");
    plan.path = *path;
}

void virtual_set_latency(double seconds)
{
    virtual_enter();
    plan.path.latency[VIRTUAL_TO_CLIENT] = seconds;
    plan.path.latency[VIRTUAL_TO_SERVER] = seconds;
}

void virtual_vary_paths(bool enabled)
{
    virtual_enter();
    plan.is_path_varied = enabled;
}

void virtual_set_fault(const virtual_fault *fault_or_null)
{
    virtual_enter();
    plan.fault = fault_or_null != NULL ? *fault_or_null : (virtual_fault){.kind = VIRTUAL_NO_FAULT};
}

void virtual_set_fault_chance(unsigned percent)
{
    virtual_enter();
    plan.fault_chance = percent;
}

void virtual_set_answer(const wspi_address *to, virtual_answer answer, double delay)
{
    virtual_enter();
    if (plan.rule_count == MAX_RULES)
        virtual_misuse("more than %d answers", MAX_RULES);
    plan.rules[plan.rule_count++] = (answer_rule){*to, answer, delay};
}

void virtual_set_backlog(size_t count)
{
    virtual_enter();
    plan.backlog = count;
}

size_t virtual_get_backlog(void)
{
    return plan.backlog;
}

void virtual_set_accept_shows_reset(bool enabled)
{
    virtual_enter();
    plan.is_reset_shown = enabled;
}

bool virtual_is_reset_shown(void)
{
    return plan.is_reset_shown;
}

void virtual_set_ipv6(bool enabled)
{
    virtual_enter();
    plan.has_ipv6 = enabled;
}

bool virtual_has_ipv6(void)
{
    return plan.has_ipv6;
}

void virtual_set_socket_limit(size_t count)
{
    virtual_enter();
    plan.socket_limit = count;
}

bool virtual_is_socket_limit_reached(size_t open)
{
    return open >= plan.socket_limit;
}

void virtual_fail_calls(virtual_call call, size_t skip, size_t count)
{
    virtual_enter();
    plan.calls[call] = (call_rule){skip, count};
}

bool virtual_is_call_failing(virtual_call call)
{
    call_rule *rule = &plan.calls[call];
    if (rule->skip > 0) {
        rule->skip--;
        return false;
    }
    if (rule->count == 0)
        return false;
    if (rule->count != SIZE_MAX)
        rule->count--;
    return true;
}

/* -- what the seed decides ------------------------------------------------- */

static double slowest(double bandwidth)
{
    return bandwidth < SLOWEST_BYTES_PER_SECOND ? SLOWEST_BYTES_PER_SECOND : bandwidth;
}

static size_t draw_size(const size_t *sizes, size_t count)
{
    return sizes[virtual_draw_below(count)];
}

static virtual_path draw_path(void)
{
    static const double latencies[] = {0, 0.00005, 0.001, 0.02, 0.15};
    static const size_t bandwidths[] = {0, 0, 0, 1000 * 1000, 100 * 1000};
    static const size_t segments[] = {16 * 1024, 1448, 1448, 536, 64, 1};
    static const size_t buffers[] = {512, 4096, 65536, 1024 * 1024};
    static const size_t parts[] = {0, 0, 1, 7, 1000};
    virtual_path path = {0};
    double round_trip = 0;
    for (unsigned to = VIRTUAL_TO_CLIENT; to <= VIRTUAL_TO_SERVER; to++) {
        path.latency[to] = latencies[virtual_draw_below(sizeof(latencies) / sizeof(latencies[0]))];
        size_t bandwidth = draw_size(bandwidths, sizeof(bandwidths) / sizeof(bandwidths[0]));
        path.bandwidth[to] = bandwidth > 0 ? slowest((double)bandwidth) : 0;
        round_trip += path.latency[to];
    }
    path.jitter = virtual_draw_percent(50) ? round_trip / 4 : 0;
    path.segment_size = draw_size(segments, sizeof(segments) / sizeof(segments[0]));
    size_t smallest = (size_t)((round_trip + 2 * path.jitter) * SLOWEST_BYTES_PER_SECOND) + 1;
    path.buffer_size = draw_size(buffers, sizeof(buffers) / sizeof(buffers[0]));
    if (path.buffer_size < smallest)
        path.buffer_size = smallest;
    path.send_max = draw_size(parts, sizeof(parts) / sizeof(parts[0]));
    path.receive_max = draw_size(parts, sizeof(parts) / sizeof(parts[0]));
    path.is_random = virtual_draw_percent(50);
    return path;
}

/* The powers of two are drawn first: a handshake's few hundred bytes are hit as often as a later megabyte. */
static size_t draw_byte_count(void)
{
    size_t power = (size_t)1 << virtual_draw_below(20);
    return power + virtual_draw_below(power);
}

static virtual_fault draw_fault(void)
{
    static const virtual_fault_kind kinds[] = {VIRTUAL_RESET, VIRTUAL_VANISH, VIRTUAL_STALL};
    virtual_fault fault = {.kind = kinds[virtual_draw_below(3)]};
    fault.seconds = virtual_draw_seconds(10);
    if (virtual_draw_percent(50)) {
        fault.direction = (unsigned)virtual_draw_below(2);
        fault.after_bytes = draw_byte_count();
    } else {
        fault.after_seconds = virtual_draw_seconds(5);
    }
    return fault;
}

static void draw_trouble(virtual_fate *fate)
{
    switch (virtual_draw_below(8)) {
    case 0: fate->answer = VIRTUAL_ANSWER_REFUSED; break;
    case 1: fate->answer = VIRTUAL_ANSWER_NONE; break;
    case 2: fate->delay += virtual_draw_seconds(12); break;
    default: fate->fault = draw_fault(); break;
    }
}

static bool does_rule_match(const answer_rule *rule, const wspi_address *to)
{
    if (rule->to.port != 0 && rule->to.port != to->port)
        return false;
    wspi_address address = *to;
    address.port = rule->to.port;
    return rule->to.family == 0 || wspi_address_equal(&rule->to, &address);
}

virtual_fate virtual_draw_fate(const wspi_address *to)
{
    virtual_fate fate = {.path = plan.path, .fault = plan.fault, .answer = VIRTUAL_ANSWER_NORMAL};
    if (plan.is_path_varied)
        fate.path = draw_path();
    for (size_t i = plan.rule_count; i > 0; i--) {
        if (does_rule_match(&plan.rules[i - 1], to)) {
            fate.answer = plan.rules[i - 1].answer;
            fate.delay = plan.rules[i - 1].delay;
            break;
        }
    }
    if (virtual_draw_percent(plan.fault_chance))
        draw_trouble(&fate);
    return fate;
}

size_t virtual_split(const virtual_path *path, size_t max, size_t size)
{
    if (max == 0 || size == 0)
        return size;
    size_t part = path->is_random ? 1 + virtual_draw_below(max) : max;
    return part < size ? part : size;
}
