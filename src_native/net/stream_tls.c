/* SPDX-License-Identifier: MIT */
/*
 * TLS on a stream: OpenSSL between the functions of stream.h and those that the
 * stream had before. OpenSSL never sees a socket: a BIO of our own reads from
 * below and never lets a write wait or fail (what the stream below does not
 * take is kept here, what it lost is dropped), so that neither SIGPIPE nor a
 * blocked or broken direction can disturb what is still to be read (T7, T14).
 */
#include "stream_tls.h"

#include "byte_buffer.h"
#include "memory.h"
#include "tls_failure.h"
#include "tls_options.h"
#include "tls_trust.h"

#include <assert.h>
#include <openssl/err.h>
#include <string.h>

/* Plaintext of one record (RFC 8446 5.1): what is gathered for a write, and all that waits encrypted. */
enum { RECORD_SIZE = 16 * 1024 };

/* Once open, what answers to the other side may wait, and what may come from it without data in between. */
enum { OUT_MAX = 4 * RECORD_SIZE, DATALESS_MAX = 8 * RECORD_SIZE };

typedef enum tls_phase {
    PHASE_TRUST,   /* a client waits for the system's authorities */
    PHASE_SHAKING, /* the handshake runs */
    PHASE_FLOWING, /* bytes may flow */
    PHASE_FAILED   /* the handshake failed */
} tls_phase;

/* Of the server, as a client named it. */
typedef struct tls_target {
    char *host; /* of the URL: under which sessions are kept */
    uint16_t port;
} tls_target;

typedef struct wspi_tls {
    const wspi_stream_functions *below; /* what the stream was before */
    wsp_tls_options *options;
    SSL *ssl;
    wspi_byte_buffer out; /* encrypted, and not yet taken by the stream below */
    tls_target target;
    wspi_tls_failure failure;
    tls_phase phase;
    wspi_io input;  /* OK while it flows, then END or FAILED for good */
    wspi_io output; /* OK while it flows, then FAILED for good */
    wspi_io below_input;
    uint32_t dataless;   /* bytes from below since the last data, once open */
    bool is_shut;        /* close_notify was written: FIN follows it */
    bool is_fin_pending; /* and has not yet, because bytes still wait in `out` */
    bool is_read_dry;    /* the last read found nothing: what OpenSSL may hold is part of a record */
    bool has_first_byte;
    uint8_t first_byte;
} tls_state;

static void set_phase(tls_state *tls, tls_phase next)
{
    assert(next > tls->phase && tls->phase < PHASE_FLOWING);
    tls->phase = next;
}

/* -- what is below --------------------------------------------------------- */

/* Sends what waits. true when nothing does any more, also because the direction is lost. */
static bool flush(wsp_stream *stream)
{
    tls_state *tls = stream->tls;
    while (tls->out.size > 0) {
        wspi_bytes piece = {wspi_byte_buffer_bytes(&tls->out), tls->out.size};
        size_t size = 0;
        wspi_io io = tls->below->write(stream, &piece, 1, &size);
        if (io == WSPI_IO_WAIT)
            break;
        if (io != WSPI_IO_OK)
            tls->output = WSPI_IO_FAILED;
        wspi_byte_buffer_consume(&tls->out, io == WSPI_IO_OK ? size : tls->out.size);
    }
    stream->wants_write = tls->out.size > 0;
    if (stream->wants_write)
        return false;
    wspi_byte_buffer_release(&tls->out);
    if (tls->is_fin_pending) {
        tls->is_fin_pending = false;
        tls->below->shutdown_write(stream);
    }
    return true;
}

/* An open connection ends in the middle of a call of OpenSSL. */
static int give_up(tls_state *tls, wsp_result result, const char *text)
{
    wspi_tls_failure_set(&tls->failure, result, text);
    tls->output = WSPI_IO_FAILED;
    return 0;
}

static int write_below(BIO *bio, const char *bytes, size_t size, size_t *out_size)
{
    wsp_stream *stream = BIO_get_data(bio);
    tls_state *tls = stream->tls;
    size_t sent = 0;
    BIO_clear_retry_flags(bio);
    *out_size = size;
    while (tls->out.size == 0 && sent < size && tls->output == WSPI_IO_OK) {
        wspi_bytes piece = {(const uint8_t *)bytes + sent, size - sent};
        size_t step = 0;
        wspi_io io = tls->below->write(stream, &piece, 1, &step);
        if (io == WSPI_IO_WAIT)
            break;
        sent += step;
        if (io != WSPI_IO_OK)
            tls->output = WSPI_IO_FAILED;
    }
    /* A lost direction swallows the bytes: OpenSSL must go on to read what has arrived. */
    if (sent == size || tls->output != WSPI_IO_OK)
        return 1;
    stream->wants_write = true;
    bool is_too_much = tls->phase == PHASE_FLOWING && tls->out.size + size - sent > OUT_MAX;
    if (!is_too_much && wspi_byte_buffer_append(&tls->out, bytes + sent, size - sent))
        return 1;
    *out_size = 0;
    if (is_too_much)
        return give_up(tls, WSP_ERR_CONNECTION_LOST,
                       "the other side does not read the TLS answers it asks for");
    return give_up(tls, WSP_ERR_OUT_OF_MEMORY, "out of memory while sending");
}

static int read_below(BIO *bio, char *out, size_t capacity, size_t *out_size)
{
    wsp_stream *stream = BIO_get_data(bio);
    tls_state *tls = stream->tls;
    BIO_clear_retry_flags(bio);
    *out_size = 0;
    if (tls->dataless > DATALESS_MAX)
        return give_up(tls, WSP_ERR_CONNECTION_LOST,
                       "the other side sends TLS records without data, without end");
    wspi_io io = tls->below->read(stream, (uint8_t *)out, capacity, out_size);
    tls->dataless += io == WSPI_IO_OK && tls->phase == PHASE_FLOWING ? (uint32_t)*out_size : 0;
    if (io == WSPI_IO_WAIT)
        BIO_set_retry_read(bio);
    else if (io != WSPI_IO_OK)
        tls->below_input = io;
    else if (!tls->has_first_byte) {
        tls->has_first_byte = true;
        tls->first_byte = (uint8_t)out[0];
    }
    return io == WSPI_IO_OK;
}

static long control_below(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    const wsp_stream *stream = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return stream->tls->below_input != WSPI_IO_OK;
    default: return 0;
    }
}

/* -- failures -------------------------------------------------------------- */

/* The name that a client verifies and asks for; NULL on a server. */
static const char *get_name(const tls_state *tls)
{
    return tls->options->name != NULL ? tls->options->name : tls->target.host;
}

static void note_failure(wsp_stream *stream)
{
    tls_state *tls = stream->tls;
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text lost_why;
    wspi_text_begin(&lost_why, array, sizeof array);
    bool is_lost = tls->below_input == WSPI_IO_FAILED;
    if (is_lost)
        (void)tls->below->failure(stream, &lost_why);
    wspi_tls_circumstances at = {.name = get_name(tls),
                                 .is_handshake = tls->phase < PHASE_FLOWING,
                                 .first_byte = tls->first_byte,
                                 .has_first_byte = tls->has_first_byte,
                                 .lost_why = is_lost ? array : NULL,
                                 .is_ended = tls->below_input == WSPI_IO_END};
    wspi_tls_failure_set_openssl(&tls->failure, &at);
}

/* What a call of OpenSSL that did nothing means. */
static wspi_io judge(wsp_stream *stream, int answer)
{
    tls_state *tls = stream->tls;
    switch (SSL_get_error(tls->ssl, answer)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return WSPI_IO_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        if (tls->phase == PHASE_FLOWING)
            return WSPI_IO_END;
        break;
    default: break;
    }
    note_failure(stream);
    return WSPI_IO_FAILED;
}

static int on_verify(int is_accepted, X509_STORE_CTX *store)
{
    if (is_accepted)
        return 1;
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    wsp_stream *stream = BIO_get_data(SSL_get_rbio(ssl));
    wspi_tls_failure_set_certificate(&stream->tls->failure, X509_STORE_CTX_get_error(store),
                                     X509_STORE_CTX_get_current_cert(store), get_name(stream->tls));
    return 0;
}

static wsp_result failure(const wsp_stream *stream, wspi_text *why)
{
    const tls_state *tls = stream->tls;
    if (tls->failure.result == WSP_OK)
        return tls->below->failure(stream, why);
    const char *text = tls->failure.text;
    wspi_text_set(why, text != NULL ? text : wsp_result_text(tls->failure.result));
    return tls->failure.result;
}

/* -- sessions -------------------------------------------------------------- */

static bool keep_session(const tls_state *tls, SSL_SESSION *session)
{
    wsp_tls_options *options = tls->options;
    CRYPTO_THREAD_write_lock(options->lock);
    bool is_kept = wspi_tls_sessions_put(&options->sessions, tls->target.host, tls->target.port, session);
    CRYPTO_THREAD_unlock(options->lock);
    return is_kept;
}

/* Before TLS 1.3 a session that was resumed serves again, without a new ticket. */
static void keep_resumed_session(const tls_state *tls)
{
    if (SSL_is_server(tls->ssl) || !SSL_session_reused(tls->ssl) || SSL_version(tls->ssl) >= TLS1_3_VERSION)
        return;
    SSL_SESSION *session = SSL_get1_session(tls->ssl);
    if (!keep_session(tls, session))
        SSL_SESSION_free(session);
}

/* -- the handshake --------------------------------------------------------- */

/* OK when verification can start: at once, or when the system's authorities are there. */
static wspi_io get_trust(wsp_stream *stream)
{
    tls_state *tls = stream->tls;
    X509_STORE *store = NULL;
    wspi_io io = wspi_tls_trust_get(&store);
    stream->waits_for_thread = io == WSPI_IO_WAIT;
    if (io == WSPI_IO_OK && SSL_set1_verify_cert_store(tls->ssl, store) == 1)
        set_phase(tls, PHASE_SHAKING);
    else if (io != WSPI_IO_WAIT)
        wspi_tls_failure_set(&tls->failure, WSP_ERR_TLS_CERTIFICATE,
                             "no trusted CA certificates found: set SSL_CERT_FILE or SSL_CERT_DIR, or give "
                             "a trusted chain");
    return tls->phase == PHASE_SHAKING || io == WSPI_IO_WAIT ? io : WSPI_IO_FAILED;
}

/* A server may answer with a protocol that was not offered; it would not be HTTP/1.1 then. */
static bool is_protocol_ours(const tls_state *tls)
{
    const unsigned char *chosen = NULL;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls->ssl, &chosen, &size);
    return size == 0 || (size == 8 && memcmp(chosen, "http/1.1", 8) == 0);
}

static wspi_io shake(wsp_stream *stream)
{
    tls_state *tls = stream->tls;
    ERR_clear_error();
    int answer = SSL_do_handshake(tls->ssl);
    if (answer != 1)
        return judge(stream, answer);
    if (!is_protocol_ours(tls)) {
        wspi_tls_failure_set(&tls->failure, WSP_ERR_TLS_HANDSHAKE,
                             "the server chose another protocol than http/1.1 (ALPN)");
        return WSPI_IO_FAILED;
    }
    set_phase(tls, PHASE_FLOWING);
    keep_resumed_session(tls);
    return WSPI_IO_OK;
}

/* A client that asked in plain HTTP gets an answer it can read, as far as it goes without waiting. */
static void answer_in_plain(wsp_stream *stream)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
                                 "Content-Type: text/plain\r\nContent-Length: 42\r\n\r\n"
                                 "This port speaks TLS: use wss:// or https:";
    const tls_state *tls = stream->tls;
    bool is_text = tls->has_first_byte && tls->first_byte >= 'A' && tls->first_byte <= 'Z';
    if (!SSL_is_server(tls->ssl) || !is_text || tls->output != WSPI_IO_OK || stream->wants_write)
        return;
    wspi_bytes piece = {(const uint8_t *)answer, sizeof answer - 1};
    size_t size = 0;
    (void)tls->below->write(stream, &piece, 1, &size);
}

static wspi_io handshake(wsp_stream *stream)
{
    tls_state *tls = stream->tls;
    flush(stream);
    wspi_io io = WSPI_IO_OK;
    if (tls->phase == PHASE_TRUST)
        io = get_trust(stream);
    if (tls->phase == PHASE_SHAKING)
        io = shake(stream);
    if (io == WSPI_IO_FAILED) {
        answer_in_plain(stream);
        set_phase(tls, PHASE_FAILED);
    }
    return tls->phase == PHASE_FAILED ? WSPI_IO_FAILED : io;
}

/* -- bytes ----------------------------------------------------------------- */

static wspi_io read_plain(wsp_stream *stream, uint8_t *out, size_t capacity, size_t *out_size)
{
    tls_state *tls = stream->tls;
    if (tls->phase != PHASE_FLOWING)
        return tls->phase == PHASE_FAILED ? WSPI_IO_FAILED : WSPI_IO_WAIT;
    if (stream->wants_write)
        flush(stream);
    if (tls->input != WSPI_IO_OK)
        return tls->input;
    /* OpenSSL would take a buffer, ask, and give it back; an idle peer that shares readiness need not ask. */
    if (tls->is_read_dry && stream->readiness.readiness != NULL && !stream->readiness.is_ready)
        return WSPI_IO_WAIT;
    ERR_clear_error();
    int answer = SSL_read_ex(tls->ssl, out, capacity, out_size);
    tls->is_read_dry = answer != 1;
    stream->writes_need_input = stream->writes_need_input && SSL_in_init(tls->ssl);
    if (answer == 1) {
        tls->dataless = 0;
        return WSPI_IO_OK;
    }
    wspi_io io = judge(stream, answer);
    if (io != WSPI_IO_WAIT)
        tls->input = io;
    return io;
}

/* One record's worth of the pieces: in one place, so that a frame's head and payload share a record. */
static wspi_bytes gather(const wspi_bytes *pieces, size_t count, uint8_t room[RECORD_SIZE])
{
    if (pieces[0].size >= RECORD_SIZE || count == 1)
        return (wspi_bytes){pieces[0].data, wspi_min(pieces[0].size, RECORD_SIZE)};
    size_t size = 0;
    for (size_t i = 0; i < count && size < RECORD_SIZE; i++) {
        size_t step = wspi_min(pieces[i].size, RECORD_SIZE - size);
        if (step > 0)
            memcpy(room + size, pieces[i].data, step);
        size += step;
    }
    return (wspi_bytes){room, size};
}

static wspi_io write_plain(wsp_stream *stream, const wspi_bytes *pieces, size_t count, size_t *out_size)
{
    tls_state *tls = stream->tls;
    uint8_t room[RECORD_SIZE];
    *out_size = 0;
    if (!flush(stream) || tls->phase < PHASE_FLOWING)
        return WSPI_IO_WAIT;
    if (tls->output != WSPI_IO_OK || tls->phase == PHASE_FAILED)
        return WSPI_IO_FAILED;
    wspi_bytes bytes = count > 0 ? gather(pieces, count, room) : (wspi_bytes){NULL, 0};
    if (bytes.size == 0)
        return WSPI_IO_OK;
    /* T11: half a message of TLS itself has come. OpenSSL would look for its rest before it writes. */
    stream->writes_need_input = tls->input == WSPI_IO_OK && SSL_in_init(tls->ssl);
    if (stream->writes_need_input)
        return WSPI_IO_WAIT;
    ERR_clear_error();
    int answer = SSL_write_ex(tls->ssl, bytes.data, bytes.size, out_size);
    if (answer != 1) {
        /* Writes never wait (write_below): this is an end, of which reading may know more. */
        ERR_clear_error();
        tls->output = WSPI_IO_FAILED;
    }
    return tls->output;
}

/* close_notify (RFC 8446 6.1), once, and only where both sides know that they speak TLS. */
static void write_close_notify(tls_state *tls)
{
    if (tls->phase != PHASE_FLOWING || tls->is_shut || tls->input == WSPI_IO_FAILED)
        return;
    tls->is_shut = true;
    ERR_clear_error();
    (void)SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

static void shutdown_write(wsp_stream *stream)
{
    tls_state *tls = stream->tls;
    write_close_notify(tls);
    tls->is_fin_pending = true;
    flush(stream);
}

static bool has_buffered_input(const wsp_stream *stream)
{
    const tls_state *tls = stream->tls;
    if (tls->phase == PHASE_FLOWING && tls->input == WSPI_IO_OK && !tls->is_read_dry &&
        SSL_has_pending(tls->ssl) == 1)
        return true;
    return tls->below->has_buffered_input(stream);
}

/* -- life ------------------------------------------------------------------ */

static void free_tls(tls_state *tls)
{
    SSL_free(tls->ssl);
    wspi_tls_options_release(tls->options);
    wspi_byte_buffer_release(&tls->out);
    wspi_tls_failure_release(&tls->failure);
    wspi_string_free(tls->target.host);
    wspi_free(tls, sizeof *tls);
}

static void destroy(wsp_stream *stream)
{
    tls_state *tls = stream->tls;
    /* As far as it goes without waiting: a session whose connection did not end so may not be resumed. */
    if (!stream->wants_write)
        write_close_notify(tls);
    stream->functions = tls->below;
    free_tls(tls);
    stream->tls = NULL;
    stream->functions->destroy(stream);
}

/* A ticket arrived: OpenSSL's answer 1 means that the session is ours now. */
static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    const wsp_stream *stream = BIO_get_data(SSL_get_rbio(ssl));
    return keep_session(stream->tls, session);
}

/* What every connection of the options needs and no file but this one knows. */
static bool prepare_context(wsp_tls_options *options)
{
    CRYPTO_THREAD_write_lock(options->lock);
    if (options->context.bio == NULL) {
        BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wsp_stream");
        if (method != NULL) {
            BIO_meth_set_read_ex(method, read_below);
            BIO_meth_set_write_ex(method, write_below);
            BIO_meth_set_ctrl(method, control_below);
            SSL_CTX_sess_set_new_cb(options->context.ssl, on_new_session);
        }
        options->context.bio = method;
    }
    bool is_done = options->context.bio != NULL;
    CRYPTO_THREAD_unlock(options->lock);
    return is_done;
}

static bool create_ssl(tls_state *tls, wsp_stream *stream, wsp_tls_options *options)
{
    BIO *bio = prepare_context(options) ? BIO_new(options->context.bio) : NULL;
    if (bio == NULL)
        return false;
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    tls->ssl = SSL_new(options->context.ssl);
    if (tls->ssl == NULL) {
        BIO_free(bio);
        return false;
    }
    SSL_set_bio(tls->ssl, bio, bio);
    return true;
}

static tls_state *create_tls(wsp_stream *stream, wsp_tls_options *options)
{
    tls_state *tls = wspi_allocate_zeroed(sizeof *tls);
    if (tls == NULL)
        return NULL;
    tls->options = wspi_tls_options_share(options);
    tls->below = stream->functions;
    tls->input = WSPI_IO_OK;
    tls->output = WSPI_IO_OK;
    tls->below_input = WSPI_IO_OK;
    tls->phase = PHASE_SHAKING;
    wspi_byte_buffer_init(&tls->out, SIZE_MAX);
    ERR_clear_error();
    if (create_ssl(tls, stream, options))
        return tls;
    ERR_clear_error();
    free_tls(tls);
    return NULL;
}

static void put_on(wsp_stream *stream, tls_state *tls)
{
    static const wspi_stream_functions functions = {
        handshake, read_plain, write_plain, shutdown_write, destroy, has_buffered_input, failure};
    stream->tls = tls;
    stream->functions = &functions;
    stream->is_secure = true;
}

/* -- server ---------------------------------------------------------------- */

wsp_result wsp_stream_accept_tls(wsp_stream *stream, const wsp_tls_options *server_options)
{
    if (stream == NULL || server_options == NULL || !wspi_tls_options_are_server(server_options))
        return WSP_ERR_INVALID_PARAMETER;
    if (stream->tls != NULL)
        return WSP_ERR_ALREADY_IN_USE;
    tls_state *tls = create_tls(stream, (wsp_tls_options *)server_options);
    if (tls == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    SSL_set_accept_state(tls->ssl);
    put_on(stream, tls);
    return WSP_OK;
}

/* -- client ---------------------------------------------------------------- */

static bool set_target(tls_state *tls, const wspi_url *url)
{
    size_t size = strlen(url->host);
    /* A dot at the end is for resolvers; certificates and servers know the name without it. */
    if (size > 1 && url->host[size - 1] == '.')
        size--;
    tls->target.host = wspi_string_copy(url->host, size);
    tls->target.port = url->port;
    return tls->target.host != NULL;
}

/* Whether it can be resumed is the server's to say; if not, the handshake is a full one. */
static void offer_session(tls_state *tls)
{
    wsp_tls_options *options = tls->options;
    CRYPTO_THREAD_write_lock(options->lock);
    SSL_SESSION *session = wspi_tls_sessions_take(&options->sessions, tls->target.host, tls->target.port);
    CRYPTO_THREAD_unlock(options->lock);
    if (session == NULL)
        return;
    (void)SSL_set_session(tls->ssl, session);
    SSL_SESSION_free(session);
}

static bool set_up_client(tls_state *tls, const wspi_url *url)
{
    const wspi_tls_context *context = &tls->options->context;
    SSL_set_connect_state(tls->ssl);
    if (!set_target(tls, url) || !wspi_tls_ask_for_name(tls->ssl, get_name(tls)))
        return false;
    /* Without verification OpenSSL would ask all the same, and go on. */
    int mode = SSL_CTX_get_verify_mode(context->ssl);
    SSL_set_verify(tls->ssl, mode, mode != SSL_VERIFY_NONE ? on_verify : NULL);
    if (context->kind == WSPI_TLS_CLIENT && !wspi_tls_verify_name(tls->ssl, get_name(tls)))
        return false;
    if (context->uses_system_trust)
        tls->phase = PHASE_TRUST;
    offer_session(tls);
    return true;
}

bool wspi_stream_connect_tls(wsp_stream *stream, wsp_tls_options *options, const wspi_url *url)
{
    assert(stream->tls == NULL);
    tls_state *tls = create_tls(stream, options);
    if (tls == NULL)
        return false;
    if (set_up_client(tls, url)) {
        put_on(stream, tls);
        return true;
    }
    ERR_clear_error();
    free_tls(tls);
    return false;
}
