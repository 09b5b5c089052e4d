/* SPDX-License-Identifier: MIT */
// RFC 6455 as bytes, for suites that speak it over raw sockets: frames that may be as wrong as a case needs them, a
// strict reader of the frames that come back, and a connection on which both can be waited for.

import {createHash, randomBytes} from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import {setImmediate as yieldTurn} from 'node:timers/promises';

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const acceptGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export const acceptOf = (key) =>
    createHash('sha1')
        .update(key + acceptGuid)
        .digest('base64');

export const bytesOf = (value) => (typeof value === 'string' ? Buffer.from(value) : Buffer.from(value ?? []));

export const hex = (string) => Buffer.from(string.replaceAll(' ', ''), 'hex');

function lengthBytes(form, length) {
    if (form === 7) return {short: Number(length), more: Buffer.alloc(0)};
    const more = Buffer.alloc(form / 8);
    if (form === 16) more.writeUInt16BE(Number(length));
    else more.writeBigUInt64BE(BigInt(length));
    return {short: form === 16 ? 126 : 127, more};
}

const shortestForm = (length) => (length < 126n ? 7 : length < 65536n ? 16 : 64);

export function masked(payload, key) {
    const out = Buffer.from(payload);
    for (let i = 0; i < out.length; i++) out[i] ^= key[i & 3];
    return out;
}

/**
 * The frames of one side. `masks`: whether that side has to mask (RFC 6455 5.1: a client does). Options of a frame:
 * fin, rsv (RSV1 is 4), form (7, 16 or 64: the length field), length (what the field says), masks and key.
 */
export class Frames {
    constructor(masks) {
        this.masks = masks;
    }

    head(opcode, length, {fin = true, rsv = 0, form, masks = this.masks, key} = {}) {
        const big = BigInt(length);
        const {short, more} = lengthBytes(form ?? shortestForm(big), big);
        const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
        const parts = [Buffer.from([first, (masks ? 0x80 : 0) | short]), more];
        if (masks) parts.push(key ?? randomBytes(4));
        return Buffer.concat(parts);
    }

    frame(opcode, payload, options = {}) {
        const bytes = bytesOf(payload);
        const masks = options.masks ?? this.masks;
        const key = masks ? (options.key ?? randomBytes(4)) : undefined;
        const head = this.head(opcode, options.length ?? bytes.length, {...options, key});
        return Buffer.concat([head, masks ? masked(bytes, key) : bytes]);
    }

    text(payload, options) {
        return this.frame(TEXT, payload, options);
    }

    binary(payload, options) {
        return this.frame(BINARY, payload, options);
    }

    more(payload, options) {
        return this.frame(CONTINUATION, payload, options);
    }

    ping(payload, options) {
        return this.frame(PING, payload, options);
    }

    pong(payload, options) {
        return this.frame(PONG, payload, options);
    }

    /** No code: an empty frame. */
    close(code, reason = '', options) {
        return this.frame(CLOSE, code === undefined ? '' : closePayload(code, reason), options);
    }

    /** A message as fragments, one frame for each part. */
    fragments(opcode, parts) {
        return parts.map((part, i) => this.frame(i === 0 ? opcode : CONTINUATION, part, {fin: i === parts.length - 1}));
    }
}

export function closePayload(code, reason = '') {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(code);
    return Buffer.concat([head, bytesOf(reason)]);
}

/** Reads a frame at the start of `bytes`: {frame, size}, or null when it is not whole yet. */
export function readFrame(bytes) {
    if (bytes.length < 2) return null;
    const short = bytes[1] & 0x7f;
    const isMasked = (bytes[1] & 0x80) !== 0;
    const form = short < 126 ? 7 : short === 126 ? 16 : 64;
    let at = 2 + (form === 7 ? 0 : form / 8);
    if (bytes.length < at + (isMasked ? 4 : 0)) return null;
    const length = form === 7 ? short : form === 16 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    const key = isMasked ? Buffer.from(bytes.subarray(at, at + 4)) : null;
    at += isMasked ? 4 : 0;
    if (bytes.length < at + length) return null;
    const payload = bytes.subarray(at, at + length);
    const frame = {
        opcode: bytes[0] & 0x0f,
        fin: (bytes[0] & 0x80) !== 0,
        rsv: (bytes[0] >> 4) & 7,
        form,
        key,
        payload: isMasked ? masked(payload, key) : Buffer.from(payload),
    };
    return {frame, size: at + length};
}

/** What RFC 6455 says about every frame on its way from `sender`, whatever it is for. */
export function faultOf(frame, sender) {
    if (frame.rsv !== 0) return `RSV bits ${frame.rsv} are set`;
    if (frame.form !== shortestForm(BigInt(frame.payload.length))) return 'its length is not in the shortest form';
    if (![CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG].includes(frame.opcode)) return `opcode ${frame.opcode}`;
    if (frame.opcode >= CLOSE && !frame.fin) return 'a control frame is fragmented';
    if (frame.opcode >= CLOSE && frame.payload.length > 125) return 'a control frame is over 125 bytes';
    if ((frame.key !== null) !== (sender === 'client')) return frame.key ? 'a server masks' : 'a client does not mask';
    return '';
}

const names = new Map([
    [0, 'continuation'],
    [1, 'text'],
    [2, 'binary'],
    [8, 'close'],
    [9, 'ping'],
    [10, 'pong'],
]);

/** A frame in a word, for messages: `text 5 "hello"`, `close 1002`. */
export function nameOf({opcode, payload}) {
    if (opcode === CLOSE)
        return payload.length < 2 ? 'close' : `close ${payload.readUInt16BE(0)} ${payload.subarray(2)}`;
    const start = payload.subarray(0, 16).toString(opcode === TEXT ? 'utf8' : 'hex');
    return `${names.get(opcode) ?? `opcode ${opcode}`} ${payload.length} "${start}"`;
}

/** A socket whose bytes can be waited for. Every wait rejects after `seconds`: nothing here hangs. */
export class Wire {
    constructor(socket) {
        this.socket = socket;
        this.chunks = [];
        this.size = 0;
        this.hasEnded = false;
        this.error = null;
        this.wake = () => {};
        socket.setNoDelay(true);
        socket.on('data', (chunk) => {
            this.chunks.push(chunk);
            this.size += chunk.length;
            this.wake();
        });
        socket.on('end', () => this.#finish());
        socket.on('error', (error) => {
            // Behind the end of the stream an error only says that a write came too late for it.
            if (!this.hasEnded) this.error = error;
            this.#finish();
        });
        socket.on('close', () => this.#finish());
    }

    #finish() {
        this.hasEnded = true;
        this.wake();
    }

    /** Everything received and not taken yet. */
    get bytes() {
        if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks)];
        return this.chunks[0] ?? Buffer.alloc(0);
    }

    take(size) {
        const bytes = this.bytes;
        this.chunks = [bytes.subarray(size)];
        this.size -= size;
        return bytes.subarray(0, size);
    }

    /** Resolves with look() once that is truthy; rejects when time or the connection is over before. */
    async until(look, what, seconds = 10) {
        const deadline = performance.now() + seconds * 1000;
        for (;;) {
            const found = look();
            if (found) return found;
            if (this.hasEnded)
                throw new Error(`the connection ended${this.error ? ` (${this.error.code})` : ''} before ${what}`);
            const left = deadline - performance.now();
            if (left <= 0) throw new Error(`no ${what} within ${seconds} s`);
            await new Promise((resolve) => {
                const timer = setTimeout(resolve, left);
                this.wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
    }

    /** The next frame, null at the end of the stream. A large frame is only looked at when all of it can be there. */
    nextFrame(what, seconds) {
        let wanted = 2;
        return this.until(
            () => {
                if (this.size >= wanted) {
                    const read = readFrame(this.bytes);
                    if (read) {
                        this.take(read.size);
                        return {frame: read.frame};
                    }
                    wanted = Math.max(wanted, frameSize(this.bytes));
                }
                if (!this.hasEnded) return null;
                if (this.error) throw new Error(`the connection failed (${this.error.code}) before ${what}`);
                if (this.size > 0) throw new Error(`the stream ended inside a frame, before ${what}`);
                return {frame: null};
            },
            what,
            seconds,
        ).then(({frame}) => frame);
    }

    /** The HTTP head, with the empty line. */
    async head(what = 'the end of an HTTP head', seconds = 10) {
        const end = await this.until(() => this.bytes.indexOf('\r\n\r\n') + 1, what, seconds);
        return this.take(end + 3).toString('latin1');
    }

    /** Waits for the other side's end, and returns what came until then. */
    async rest(what = 'the end of the stream', seconds = 10) {
        await this.until(() => this.hasEnded, what, seconds);
        if (this.error) throw new Error(`the connection failed (${this.error.code}) instead of ending`);
        return this.take(this.size);
    }

    /** Resolves when the kernel has the bytes. A write after the other side is gone is not a failure of ours. */
    write(bytes) {
        if (this.socket.destroyed || this.socket.writableEnded) return Promise.resolve();
        return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
    }

    /** Writes each piece for itself. They may still be read together; `apart` waits until each has been read. */
    async writePieces(pieces, {apart = false} = {}) {
        for (const piece of pieces) {
            await this.write(piece);
            if (apart) await this.#untilRead();
            else await yieldTurn();
        }
    }

    /** Until the receiving process has read all we wrote: its receive queue in /proc/net/tcp is empty. */
    async #untilRead(seconds = 10) {
        const {localPort, remotePort} = this.socket;
        if (!localPort || !remotePort) return; // The socket is closed already.
        const port = (number) => number.toString(16).toUpperCase().padStart(4, '0');
        const row = `0100007F:${port(remotePort)} 0100007F:${port(localPort)} `;
        const deadline = performance.now() + seconds * 1000;
        while (!this.hasEnded && performance.now() < deadline) {
            // Long while another test holds 10,000 connections: the other cases of this process must not wait for it.
            const table = await fs.promises.readFile('/proc/net/tcp', 'latin1');
            const at = table.indexOf(row);
            // "st tx_queue:rx_queue" follows; no row: the other side has closed its socket.
            if (at < 0 || table.slice(at + row.length + 12, at + row.length + 20) === '00000000') return;
            await yieldTurn();
        }
    }

    end() {
        if (!this.socket.destroyed) this.socket.end();
    }

    destroy() {
        this.socket.destroy();
    }
}

function frameSize(bytes) {
    const short = bytes[1] & 0x7f;
    const head = 2 + (short < 126 ? 0 : short === 126 ? 2 : 8) + (bytes[1] & 0x80 ? 4 : 0);
    if (bytes.length < head) return head;
    return head + (short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
}

/**
 * A connection to HOST:PORT of a URL; `ca` is whom to trust when that is a wss:// one. It stays half open: our end is a
 * step of a case.
 */
export async function connect(url, {ca} = {}) {
    const {protocol, hostname, port} = new URL(url);
    const isSecure = protocol === 'wss:';
    const place = {host: hostname, port: Number(port), allowHalfOpen: true};
    const socket = isSecure ? tls.connect({...place, ca}) : net.connect(place);
    const opened = isSecure ? 'secureConnect' : 'connect';
    await new Promise((resolve, reject) => socket.once(opened, resolve).once('error', reject));
    socket.removeAllListeners('error');
    return new Wire(socket);
}

/**
 * A listener for one client: {url, connected: resolves with its Wire, close()}. With `secure`, {key, cert}, clients
 * speak TLS.
 */
export async function listen(address = '127.0.0.1', secure = null) {
    let deliver;
    const connected = new Promise((resolve) => {
        deliver = resolve;
    });
    const wires = [];
    const create = secure ? tls.createServer : net.createServer;
    const server = create({allowHalfOpen: true, ...secure}, (socket) => {
        const wire = new Wire(socket);
        wires.push(wire);
        deliver(wire);
    });
    await new Promise((resolve, reject) => server.listen(0, address, resolve).once('error', reject));
    return {
        url: `${secure ? 'wss' : 'ws'}://${address.includes(':') ? `[${address}]` : address}:${server.address().port}`,
        connected,
        wires,
        close: () => {
            wires.forEach((wire) => wire.destroy());
            server.close();
        },
    };
}

/** Parses an HTTP head: {start, fields: [[name, value]], get(name)}. Throws unless it is made as RFC 9112 says. */
export function parseHead(text) {
    if (!text.endsWith('\r\n\r\n')) throw new Error('an HTTP head without its empty line');
    const [start, ...lines] = text.slice(0, -4).split('\r\n');
    const fields = lines.map((line) => {
        const match = line.match(/^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/);
        if (!match || /[\0-\x08\n-\x1f\x7f]/.test(line)) throw new Error(`a malformed field: ${JSON.stringify(line)}`);
        return [match[1], match[2]];
    });
    const all = (name) =>
        fields.filter(([field]) => field.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
    return {start, fields, all, get: (name) => all(name)[0]};
}

/** Runs at most `count` at a time, in the order of the calls. */
export function limiter(count) {
    const waiting = [];
    let running = 0;
    const next = () => {
        if (running >= count || waiting.length === 0) return;
        running++;
        const {fn, resolve, reject} = waiting.shift();
        fn()
            .then(resolve, reject)
            .finally(() => {
                running--;
                next();
            });
    };
    return (fn) =>
        new Promise((resolve, reject) => {
            waiting.push({fn, resolve, reject});
            next();
        });
}

/** Registers the cases of a suite; `play` runs one, up to `count` at a time. */
export function playAll(t, cases, count, play) {
    const limit = limiter(count);
    for (const one of cases) {
        const played = limit(() => play(one));
        played.catch(() => {}); // Reported when the case's turn comes.
        t.test(one.name, () => played);
    }
}
