/* SPDX-License-Identifier: MIT */

/* url.h: every row of section 5 of the bad inputs, and what else browsers and resolvers read differently. */

#include "url.h"

#include "failing_allocator.h"
#include "guarded_bytes.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

typedef struct accepted_row {
    const char *url;
    bool is_secure;
    wspi_host_kind kind;
    const char *host;
    int port;
    const char *target;
    const char *authority;
} accepted_row;

#define NAME WSPI_HOST_NAME
#define IPV4 WSPI_HOST_IPV4
#define IPV6 WSPI_HOST_IPV6

static void check_accepted(const accepted_row *row)
{
    char sentence[WSPI_MESSAGE_CAPACITY];
    char authority[WSPI_HOST_MAX + 16];
    wspi_text why;
    wspi_text text;
    wspi_url url;
    TEST_NOTE("%s", row->url);
    wspi_text_begin(&why, sentence, sizeof(sentence));
    wspi_text_begin(&text, authority, sizeof(authority));
    wsp_result result = wspi_url_parse(row->url, &url, &why);
    CHECK_STRING(sentence, "");
    CHECK_INT(result, WSP_OK);
    CHECK_BOOL(url.is_secure, row->is_secure);
    CHECK_INT(url.host_kind, row->kind);
    CHECK_STRING(url.host, row->host);
    CHECK_INT(url.port, row->port);
    CHECK_BOOL(url.is_default_port, row->port == (row->is_secure ? 443 : 80));
    CHECK_STRING(url.target, row->target);
    wspi_url_add_authority(&url, &text);
    CHECK_STRING(authority, row->authority);
    wspi_url_release(&url);
    CHECK(url.target == NULL);
}

#define CHECK_ACCEPTED(rows)                                          \
    do {                                                              \
        for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) \
            check_accepted(&(rows)[i]);                               \
    } while (0)

static void plain_urls_are_taken_apart(void)
{
    static const accepted_row rows[] = {
        {"ws://h", false, NAME, "h", 80, "/", "h"},
        {"wss://h/", true, NAME, "h", 443, "/", "h"},
        {"WS://H:80/p?q=1", false, NAME, "h", 80, "/p?q=1", "h"},
        {"wSs://Example.COM:443/Path", true, NAME, "example.com", 443, "/Path", "example.com"},
        {"ws://h:443", false, NAME, "h", 443, "/", "h:443"},
        {"wss://h:80", true, NAME, "h", 80, "/", "h:80"},
        {"ws://h?x=1", false, NAME, "h", 80, "/?x=1", "h"},
        {"ws://h:9080?x=1", false, NAME, "h", 9080, "/?x=1", "h:9080"},
        {"ws://h/a@b:c", false, NAME, "h", 80, "/a@b:c", "h"},
        {"ws://h?u=ws://x@y:1/", false, NAME, "h", 80, "/?u=ws://x@y:1/", "h"},
        {"ws://h/%0d%0aX:%20y", false, NAME, "h", 80, "/%0d%0aX:%20y", "h"},
        {"ws://h/a b/\xc3\xa9?\xe2\x82\xac", false, NAME, "h", 80, "/a%20b/%C3%A9?%E2%82%AC", "h"},
        {"ws://h/a/../%2E%2e/b/.", false, NAME, "h", 80, "/b/", "h"},
    };
    CHECK_ACCEPTED(rows);
}

static void ports_are_decimal_and_may_be_empty(void)
{
    static const accepted_row rows[] = {
        {"ws://h:/", false, NAME, "h", 80, "/", "h"},
        {"wss://h:", true, NAME, "h", 443, "/", "h"},
        {"ws://h:?q", false, NAME, "h", 80, "/?q", "h"},
        {"ws://h:00080", false, NAME, "h", 80, "/", "h"},
        {"ws://h:1", false, NAME, "h", 1, "/", "h:1"},
        {"ws://h:65535", false, NAME, "h", 65535, "/", "h:65535"},
        {"ws://h:0000000000000000000000009080", false, NAME, "h", 9080, "/", "h:9080"},
    };
    CHECK_ACCEPTED(rows);
}

static void host_names_keep_their_unusual_forms(void)
{
    static const accepted_row rows[] = {
        {"ws://LocalHost", false, NAME, "localhost", 80, "/", "localhost"},
        {"ws://a_b.c-d", false, NAME, "a_b.c-d", 80, "/", "a_b.c-d"},
        {"ws://r3---sn-x.example", false, NAME, "r3---sn-x.example", 80, "/", "r3---sn-x.example"},
        {"ws://xn--maana-pta.com", false, NAME, "xn--maana-pta.com", 80, "/", "xn--maana-pta.com"},
        {"ws://example.com.:81/", false, NAME, "example.com.", 81, "/", "example.com.:81"},
        {"ws://1.2.3.4x", false, NAME, "1.2.3.4x", 80, "/", "1.2.3.4x"},
        {"ws://0xg.1e3", false, NAME, "0xg.1e3", 80, "/", "0xg.1e3"},
        {"ws://1.2.3.com", false, NAME, "1.2.3.com", 80, "/", "1.2.3.com"},
        {"ws://a.0xfg", false, NAME, "a.0xfg", 80, "/", "a.0xfg"},
    };
    CHECK_ACCEPTED(rows);
}

static void ip_literals_are_read_and_written_canonically(void)
{
    static const accepted_row rows[] = {
        {"ws://127.0.0.1:9080", false, IPV4, "127.0.0.1", 9080, "/", "127.0.0.1:9080"},
        {"ws://0.0.0.0", false, IPV4, "0.0.0.0", 80, "/", "0.0.0.0"},
        {"ws://[::1]:80/", false, IPV6, "::1", 80, "/", "[::1]"},
        {"ws://[::1]", false, IPV6, "::1", 80, "/", "[::1]"},
        {"wss://[FE80:0:0:0::A]:9080?q", true, IPV6, "fe80::a", 9080, "/?q", "[fe80::a]:9080"},
        {"ws://[::ffff:127.0.0.1]:", false, IPV6, "::ffff:7f00:1", 80, "/", "[::ffff:7f00:1]"},
    };
    CHECK_ACCEPTED(rows);
    wspi_url url;
    CHECK_INT(wspi_url_parse("ws://192.168.1.20", &url, NULL), WSP_OK);
    CHECK_BYTES(url.address, 4, "\xc0\xa8\x01\x14", 4);
    wspi_url_release(&url);
    CHECK_INT(wspi_url_parse("ws://[1::2]", &url, NULL), WSP_OK);
    CHECK_BYTES(url.address, 16, "\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16);
    wspi_url_release(&url);
}

typedef struct refused_row {
    const char *url;
    const char *words; /* of the sentence */
} refused_row;

static void check_refused(const refused_row *row)
{
    char sentence[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_url url;
    TEST_NOTE("\"%s\"", row->url != NULL ? row->url : "NULL");
    wspi_text_begin(&why, sentence, sizeof(sentence));
    memset(&url, 0xcc, sizeof(url));
    CHECK_INT(wspi_url_parse(row->url, &url, &why), WSP_ERR_INVALID_PARAMETER);
    CHECK_CONTAINS(sentence, row->words);
    CHECK(url.target == NULL);
    CHECK_INT(wspi_url_parse(row->url, &url, NULL), WSP_ERR_INVALID_PARAMETER);
}

#define CHECK_REFUSED(rows)                                           \
    do {                                                              \
        for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) \
            check_refused(&(rows)[i]);                                \
    } while (0)

static void schemes_other_than_ws_and_wss_are_refused(void)
{
    static const refused_row rows[] = {
        {NULL, "missing"},
        {"", "empty"},
        {"h", "no scheme: use ws:// or wss://"},
        {"h:9080/p", "no scheme"},
        {"localhost:9080", "no scheme"},
        {"127.0.0.1:9080", "no scheme"},
        {"//h/p", "no scheme"},
        {"/p", "no scheme"},
        {"://h", "no scheme"},
        {":", "no scheme"},
        {"1ws://h", "no scheme"},
        {"w s://h", "no scheme"},
        {"\xef\xbb\xbfws://h", "no scheme"},
        {"ws", "no scheme"},
        {"http://h", "use ws:// instead"},
        {"HTTPS://h", "use wss:// instead"},
        {"ftp://h", "not a WebSocket one"},
        {"wsx://h", "not a WebSocket one"},
        {"w://h", "not a WebSocket one"},
        {"ws+unix://h", "not a WebSocket one"},
        {"ws:", "two slashes"},
        {"ws:h", "two slashes"},
        {"ws:/h", "two slashes"},
        {"wss:/", "two slashes"},
    };
    CHECK_REFUSED(rows);
}

static void urls_without_a_usable_host_are_refused(void)
{
    static const refused_row rows[] = {
        {"ws://", "no host"},
        {"ws:///p", "no host"},
        {"ws:////h", "no host"},
        {"ws://?q", "no host"},
        {"ws://:80/", "no host"},
        {"ws://h h/", "character"},
        {"ws:// h/", "character"},
        {"ws://h</", "character"},
        {"ws://h>", "character"},
        {"ws://h!", "character"},
        {"ws://h*", "character"},
        {"ws://~h", "character"},
        {"ws://h'", "character"},
        {"ws://h|x", "character"},
        {"ws://h^", "character"},
        {"ws://h]", "character"},
        {"ws://x[::1]", "several colons"},
        {"ws://%68/", "percent-encoded"},
        {"ws://h%2e", "percent-encoded"},
        {"ws://h%00", "percent-encoded"},
        {"ws://m\xc3\xbcnchen.de/", "punycode"},
        {"ws://\xe2\x93\x94", "punycode"},
        {"ws://h\xe3\x80\x82x", "punycode"},
        {"ws://.", "empty part"},
        {"ws://..", "empty part"},
        {"ws://.h", "empty part"},
        {"ws://a..b", "empty part"},
        {"ws://h..", "empty part"},
    };
    CHECK_REFUSED(rows);
}

static void numeric_hosts_other_than_dotted_quads_are_refused(void)
{
    static const refused_row rows[] = {
        {"ws://127.1/", "IPv4"},
        {"ws://127.0.1", "IPv4"},
        {"ws://2130706433/", "IPv4"},
        {"ws://0x7f.1/", "IPv4"},
        {"ws://0X7F000001", "IPv4"},
        {"ws://0x", "IPv4"},
        {"ws://017.0.0.1", "IPv4"},
        {"ws://127.0.0.01", "IPv4"},
        {"ws://127.0.0.1.", "IPv4"},
        {"ws://256.0.0.1", "IPv4"},
        {"ws://1.2.3.4.5", "IPv4"},
        {"ws://host.1", "IPv4"},
        {"ws://host.0x1F", "IPv4"},
        {"ws://host.09.", "IPv4"},
        {"ws://0", "IPv4"},
        {"ws://4294967296", "IPv4"},
        {"ws://\xef\xbc\x91.2.3.4", "punycode"},
    };
    CHECK_REFUSED(rows);
}

static void broken_brackets_are_refused(void)
{
    static const refused_row rows[] = {
        {"ws://::1/", "brackets"},
        {"ws://1:2:3/", "several colons"},
        {"ws://h:80:90/", "several colons"},
        {"ws://[::1/", "closing"},
        {"ws://[", "closing"},
        {"ws://[/]", "closing"},
        {"ws://[::1?]", "closing"},
        {"ws://[::1]x/", "behind the brackets"},
        {"ws://[::1]80", "behind the brackets"},
        {"ws://[::1]]", "behind the brackets"},
        {"ws://[]/", "IPv6"},
        {"ws://[127.0.0.1]/", "IPv6"},
        {"ws://[h]/", "IPv6"},
        {"ws://[[::1]]", "behind the brackets"},
        {"ws://[::1]:x/", "port"},
        {"ws://[fe80::1%25eth0]/", "zone id"},
        {"ws://[fe80::1%eth0]/", "zone id"},
        {"ws://[v1.x]/", "IPv6"},
    };
    CHECK_REFUSED(rows);
}

static void ports_out_of_range_are_refused(void)
{
    static const refused_row rows[] = {
        {"ws://h:0", "port is 0"},
        {"ws://h:0000/", "port is 0"},
        {"ws://h:65536", "above 65535"},
        {"ws://h:65616/", "above 65535"},
        {"ws://h:4294967376", "above 65535"},
        {"ws://h:99999999999999999999", "above 65535"},
        {"ws://h:-1", "not a number"},
        {"ws://h:+80", "not a number"},
        {"ws://h: 80", "not a number"},
        {"ws://h:80 /", "not a number"},
        {"ws://h:80a", "not a number"},
        {"ws://h:0x50", "not a number"},
        {"ws://h:\xd9\xa1", "not a number"},
    };
    CHECK_REFUSED(rows);
}

static void what_browsers_repair_or_strip_is_refused_wherever_it_stands(void)
{
    static const refused_row rows[] = {
        {"ws://h/p#frag", "fragment"},
        {"ws://h#", "fragment"},
        {"ws://h/?a#b", "fragment"},
        {"ws://evil\\@good/", "backslash"},
        {"ws:\\\\h", "backslash"},
        {"ws://h/a\\b", "backslash"},
        {"ws://h/?a\\b", "backslash"},
        {"ws://h/a\r\nX: y", "control"},
        {"w\ns://h", "control"},
        {"ws://h\t", "control"},
        {"\tws://h", "control"},
        {"ws://h/\x01", "control"},
        {"ws://h/?\x1f", "control"},
        {"ws://h/\x7f", "control"},
        {" ws://h", "space"},
        {"ws://h ", "space"},
        {"ws://h/p?q ", "space"},
        {" ", "space"},
        {"ws://h/\xff", "UTF-8"},
        {"ws://h/caf\xe9", "UTF-8"},
        {"ws://h/?\xed\xa0\x80", "UTF-8"},
        {"ws://h/\xc0\xaf", "UTF-8"},
    };
    CHECK_REFUSED(rows);
}

static void user_information_is_refused_and_never_quoted(void)
{
    static const char *const urls[] = {
        "ws://user:s3cret@h/",   "ws://s3cret@h",      "ws://:s3cret@h",       "ws://@h/s3cret",
        "ws://a@s3cret@c/",      "ws://u:s3cret@",     "ws://u:s3cret@[::1]/", "ws://u:s3cret",
        "ws://u:s3cret/more@h/", "ws://u:s3cret?x@h/", "wx://u:s3cret@h",      "u:s3cret@h",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        char sentence[WSPI_MESSAGE_CAPACITY];
        wspi_text why;
        wspi_url url;
        TEST_NOTE("%s", urls[i]);
        wspi_text_begin(&why, sentence, sizeof(sentence));
        CHECK_INT(wspi_url_parse(urls[i], &url, &why), WSP_ERR_INVALID_PARAMETER);
        CHECK(sentence[0] != '\0');
        CHECK(strstr(sentence, "s3cret") == NULL);
        if (i < 7)
            CHECK_CONTAINS(sentence, "user name or password");
    }
}

/* "ws://" and a host of `size` characters in labels of 63 at most. */
static void check_host_size(size_t size, bool ends_in_dot, bool is_accepted)
{
    char text[400] = "ws://";
    for (size_t i = 0; i < size; i++)
        text[5 + i] = i % 64 == 63 || (ends_in_dot && i == size - 1) ? '.' : 'a';
    wspi_url url;
    TEST_NOTE("host of %zu characters, dot at the end: %d", size, ends_in_dot);
    wsp_result result = wspi_url_parse(text, &url, NULL);
    CHECK_INT(result, is_accepted ? WSP_OK : WSP_ERR_INVALID_PARAMETER);
    CHECK_SIZE(strlen(url.host), is_accepted ? size : 0);
    wspi_url_release(&url);
}

static void hosts_and_labels_are_limited_exactly(void)
{
    check_host_size(63, false, true);
    check_host_size(253, false, true);
    check_host_size(254, false, false);
    check_host_size(253, true, true);
    check_host_size(254, true, false);
    char text[128] = "ws://";
    wspi_url url;
    memset(text + 5, 'b', 64);
    CHECK_INT(wspi_url_parse(text, &url, NULL), WSP_ERR_INVALID_PARAMETER);
    text[5 + 63] = '\0';
    CHECK_INT(wspi_url_parse(text, &url, NULL), WSP_OK);
    wspi_url_release(&url);
}

static void urls_are_limited_to_8192_bytes(void)
{
    static char text[8194];
    wspi_url url;
    memset(text, 'p', sizeof(text) - 1);
    memcpy(text, "ws://h/", 7);
    CHECK_INT(wspi_url_parse(text, &url, NULL), WSP_ERR_INVALID_PARAMETER);
    text[8192] = '\0';
    CHECK_INT(wspi_url_parse(text, &url, NULL), WSP_OK);
    CHECK_SIZE(strlen(url.target), 8192 - 6);
    wspi_url_release(&url);
}

static void every_failing_allocation_is_reported(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (size_t n = 1;; n++) {
        char sentence[WSPI_MESSAGE_CAPACITY];
        wspi_text why;
        wspi_url url;
        wspi_text_begin(&why, sentence, sizeof(sentence));
        wspi_test_failing_allocator_fail_at(n);
        wsp_result result = wspi_url_parse("ws://host:9080/a/b?c", &url, &why);
        CHECK_INT(result, allocator->failures > 0 ? WSP_ERR_OUT_OF_MEMORY : WSP_OK);
        CHECK_BOOL(url.target == NULL, result != WSP_OK);
        wspi_url_release(&url);
        CHECK_SIZE(allocator->live_blocks, 0);
        if (result == WSP_OK)
            break;
    }
    CHECK(allocator->requests > 0);
}

static void every_prefix_and_every_changed_byte_is_safe(void)
{
    static const char whole[] = "wss://[1:2::3.4.5.6]:65535/a/../%2e/b?c=\xe2\x82\xac";
    static const char named[] = "ws://a.example.com.:00080/%2E%2e/b c?d'";
    static const char *const urls[] = {whole, named};
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (size_t u = 0; u < 2; u++) {
        size_t size = strlen(urls[u]);
        for (size_t cut = 0; cut <= size; cut++) {
            for (int byte = 0; byte < 256; byte++) {
                char text[128];
                memcpy(text, urls[u], size + 1);
                text[cut] = (char)byte;
                if (cut == size)
                    text[cut + 1] = '\0';
                wspi_guarded_bytes guarded = wspi_guarded_bytes_make(text, strlen(text) + 1);
                wspi_url url;
                TEST_NOTE("byte %zu replaced by %02x", cut, (unsigned)byte);
                if (wspi_url_parse((const char *)guarded.data, &url, NULL) == WSP_OK) {
                    CHECK(url.target[0] == '/');
                    CHECK(strpbrk(url.target, " \r\n#\\") == NULL);
                    CHECK(url.host[0] != '\0' && url.port != 0);
                }
                wspi_url_release(&url);
                wspi_guarded_bytes_release(&guarded);
            }
        }
    }
    CHECK_SIZE(allocator->live_blocks, 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(plain_urls_are_taken_apart),
    TEST_CASE(ports_are_decimal_and_may_be_empty),
    TEST_CASE(host_names_keep_their_unusual_forms),
    TEST_CASE(ip_literals_are_read_and_written_canonically),
    TEST_CASE(schemes_other_than_ws_and_wss_are_refused),
    TEST_CASE(urls_without_a_usable_host_are_refused),
    TEST_CASE(numeric_hosts_other_than_dotted_quads_are_refused),
    TEST_CASE(broken_brackets_are_refused),
    TEST_CASE(ports_out_of_range_are_refused),
    TEST_CASE(what_browsers_repair_or_strip_is_refused_wherever_it_stands),
    TEST_CASE(user_information_is_refused_and_never_quoted),
    TEST_CASE(hosts_and_labels_are_limited_exactly),
    TEST_CASE(urls_are_limited_to_8192_bytes),
    TEST_CASE(every_failing_allocation_is_reported),
    TEST_CASE(every_prefix_and_every_changed_byte_is_safe),
};

TEST_MAIN(cases)
