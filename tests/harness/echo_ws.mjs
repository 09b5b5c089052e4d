/* SPDX-License-Identifier: MIT */
// The npm package ws as the other side of a connection: a server that echoes, one that drives a client which echoes,
// and a client to check a server with.
//
//   const server = await echoServer();                       // server.url, server.requests, await server.close();
//                                                            // await server.connected: the first client's socket
//   const server = await drivingServer(sampleMessages());    // the same, and server.result: resolves when a client has
//                                                            // echoed them all and both have closed, or rejects
//   const client = await connectTo(url, {protocols});        // client.send(), client.next(), client.close(), client.socket

import assert from 'node:assert/strict';
import https from 'node:https';
import {createRequire} from 'node:module';
import {withTimeout} from './process.mjs';

const WebSocket = createRequire(import.meta.url)('ws');

const noise = (size) => {
    const bytes = Buffer.alloc(size);
    for (let i = 0, state = size + 1; i < size; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        bytes[i] = state >>> 16;
    }
    return bytes;
};

const text = (string) => ({data: Buffer.from(string), isBinary: false});
const binary = (data) => ({data: Buffer.from(data), isBinary: true});

/** Messages at the edges: empty, around each length field, with U+0000, a BOM and four-byte characters, and one big. */
export function sampleMessages({biggest = 1 << 20} = {}) {
    return [
        text('Test packet'), text(''), binary(''),
        text('Gr\u00fc\u00dfe \u{1f3ae} \ud55c'), text('\ufeffwith a BOM'), text('a\0b\0'), binary([0, 255, 128, 10, 13]),
        ...[125, 126, 127, 65535, 65536].flatMap((size) => [binary(noise(size)), text('x'.repeat(size))]),
        text('\u00e4\u20ac'.repeat(20000)), binary(noise(biggest)), text('last'),
    ];
}

/** assert.deepEqual would print megabytes; this says what differs. */
export function assertSameMessage(got, sent, what = 'message') {
    assert.equal(got.isBinary, sent.isBinary, `${what}: type changed`);
    assert.equal(got.data.length, sent.data.length, `${what}: size changed`);
    assert.ok(got.data.equals(sent.data), `${what}: bytes changed`);
}

class Client {
    constructor(url, {protocols = [], ...options} = {}) {
        this.inbox = [];
        this.waiting = [];
        this.socket = new WebSocket(url, protocols, {maxPayload: 256 << 20, ...options});
        this.socket.on('message', (data, isBinary) => this.#deliver({data, isBinary}));
        this.opened = new Promise((resolve, reject) => {
            this.socket.once('open', () => resolve(this));
            this.socket.once('error', reject);
        });
        this.opened.catch(() => {}); // Whoever awaits it sees the error too.
        this.socket.on('error', () => {});
        this.closed = new Promise((resolve) => {
            this.socket.once('close', (code, reason) => {
                resolve({code, reason: reason.toString()});
                this.waiting.splice(0).forEach(({reject}) => reject(new Error(`closed with ${code} ${reason}`)));
            });
        });
    }

    #deliver(message) {
        const first = this.waiting.shift();
        if (first) first.resolve(message);
        else this.inbox.push(message);
    }

    send({data, isBinary}) {
        this.socket.send(data, {binary: isBinary});
    }

    /** The next message; rejects when the connection closes instead. */
    next({timeout = 30} = {}) {
        if (this.inbox.length > 0) return Promise.resolve(this.inbox.shift());
        if (this.socket.readyState === WebSocket.CLOSED) return Promise.reject(new Error('the connection is closed'));
        const message = new Promise((resolve, reject) => this.waiting.push({resolve, reject}));
        return withTimeout(message, timeout, () => `no message within ${timeout} s`);
    }

    /** Sends each message when the one before has come back, and compares. */
    async checkEchoes(messages) {
        for (const [index, sent] of messages.entries()) {
            this.send(sent);
            assertSameMessage(await this.next(), sent, `message ${index}`);
        }
    }

    /** Closes and returns what the other side's close frame said: {code, reason}. */
    close(code, reason) {
        this.socket.close(code, reason);
        return withTimeout(this.closed, 20, () => 'the other side did not answer the close frame');
    }
}

/** A client that is open; rejects when it could not connect. */
export function connectTo(url, options) {
    const client = new Client(url, options);
    return withTimeout(client.opened, 20, () => `${url} did not open`);
}

/** `tls`: the options of Node's https.createServer; the URL is then a wss:// one. */
async function serve(onConnection, {host = '127.0.0.1', port = 0, tls = null, ...options} = {}) {
    const carrier = tls && https.createServer(tls);
    const place = carrier ? {server: carrier} : {host, port};
    const server = new WebSocket.Server({...place, maxPayload: 256 << 20, ...options});
    carrier?.listen(port, host);
    const requests = [];
    const connected = new Promise((resolve) => server.once('connection', resolve));
    await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
    server.on('connection', (socket, request) => {
        requests.push(request);
        socket.on('error', () => {});
        onConnection(socket, request);
    });
    return {
        url: `${tls ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${server.address().port}`,
        requests,
        connected,
        close: () => new Promise((resolve) => {
            server.clients.forEach((socket) => socket.terminate());
            carrier?.close();
            server.close(resolve);
        }),
    };
}

/** Sends everything back. */
export function echoServer(options) {
    return serve((socket) => {
        socket.on('message', (data, isBinary) => socket.send(data, {binary: isBinary}));
    }, options);
}

async function drive(socket, messages) {
    const inbox = [];
    let wake = () => {};
    socket.on('message', (data, isBinary) => {
        inbox.push({data, isBinary});
        wake();
    });
    let closedWith = null;
    socket.on('close', (code, reason) => {
        closedWith = {code, reason: reason.toString()};
        wake();
    });
    const until = async (ready, what) => {
        while (!ready()) {
            if (closedWith) throw new Error(`the client closed with ${closedWith.code} instead of ${what}`);
            await new Promise((resolve) => { wake = resolve; });
        }
    };
    // Half of them one at a time, the rest in one burst: both have to come back whole and in order.
    const single = Math.ceil(messages.length / 2);
    for (const [index, sent] of messages.entries()) {
        socket.send(sent.data, {binary: sent.isBinary});
        if (index < single) await until(() => inbox.length > index, `echoing message ${index}`);
    }
    await until(() => inbox.length >= messages.length, 'echoing the rest');
    inbox.forEach((got, index) => assertSameMessage(got, messages[index], `message ${index}`));
    socket.close(3000, 'that is all');
    while (!closedWith) await new Promise((resolve) => { wake = resolve; });
    return closedWith;
}

/** Sends `messages` to the first client, wants each of them back, then closes with 3000 "that is all". */
export async function drivingServer(messages, options) {
    let settle;
    const result = new Promise((resolve, reject) => { settle = {resolve, reject}; });
    result.catch(() => {});
    const server = await serve((socket) => drive(socket, messages).then(settle.resolve, settle.reject), options);
    return Object.assign(server, {result});
}
