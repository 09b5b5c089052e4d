/* SPDX-License-Identifier: MIT */
// TLS by Node over a socket that stays in the test's hands: bytes may be held back, the TCP connection may end or break
// below TLS without a close_notify, and the records that arrive can be looked at.
//
//   const server = await listenTls({key, cert});      // PEM; server.url, await server.connected: a connection
//   const one = await connectTls(port, {ca});         // the same from the other side
//   one.wire                                          // the Wire of conformance/wire.mjs above TLS
//   one.pipe.hold(); ...; one.pipe.release({end: true})   // what was written meanwhile leaves at once, then the end
//   one.raw.end(), one.raw.resetAndDestroy()
//   one.pipe.records()                                // types of the records that came: 21 alert, 22 handshake, 23 data

import {Duplex} from 'node:stream';
import net from 'node:net';
import tls from 'node:tls';
import {Wire} from '../conformance/wire.mjs';

export const ALERT = 21;

class Pipe extends Duplex {
    constructor(socket) {
        super({allowHalfOpen: true});
        this.socket = socket;
        this.held = null;
        this.received = [];
        socket.setNoDelay(true);
        socket.on('data', (chunk) => {
            this.received.push(chunk);
            this.push(chunk);
        });
        socket.on('end', () => this.push(null));
        socket.on('error', (error) => this.destroy(error));
        socket.on('close', () => this.destroy());
    }

    _read() {}

    _write(chunk, encoding, done) {
        if (this.held) this.held.push(chunk);
        else if (!this.socket.destroyed && !this.socket.writableEnded) this.socket.write(chunk);
        done();
    }

    _final(done) {
        if (this.held) this.held.isEnded = true;
        else this.socket.end();
        done();
    }

    hold() {
        this.held = [];
    }

    /** One segment as far as TCP allows it, and the end right behind. */
    release({end}) {
        const bytes = Buffer.concat(this.held);
        this.held = null;
        if (end) this.socket.end(bytes);
        else this.socket.write(bytes);
    }

    records() {
        const bytes = Buffer.concat(this.received);
        const types = [];
        for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) types.push(bytes[at]);
        return types;
    }
}

function over(raw, makeSecure) {
    const pipe = new Pipe(raw);
    const socket = makeSecure(pipe);
    return {raw, pipe, socket, wire: new Wire(socket)};
}

/** A listener whose connections speak TLS with Node's server options; one for `connected`, all in `all`. */
export async function listenTls(options) {
    const context = tls.createSecureContext(options);
    const all = [];
    let deliver;
    const connected = new Promise((resolve) => { deliver = resolve; });
    const server = net.createServer({allowHalfOpen: true}, (raw) => {
        const one = over(raw, (pipe) =>
            new tls.TLSSocket(pipe, {...options, isServer: true, secureContext: context, allowHalfOpen: true}));
        all.push(one);
        one.secured = new Promise((resolve) => one.socket.once('secure', resolve));
        deliver(one);
    });
    await new Promise((resolve, reject) => server.listen(0, '127.0.0.1', resolve).once('error', reject));
    const {port} = server.address();
    return {
        port, connected, all,
        url: `wss://localhost:${port}`,
        close: () => {
            all.forEach(({raw}) => raw.destroy());
            server.close();
        },
    };
}

/** A connection to a TLS server, with its handshake done. */
export async function connectTls(port, options) {
    const raw = net.connect({host: '127.0.0.1', port, allowHalfOpen: true});
    await new Promise((resolve, reject) => raw.once('connect', resolve).once('error', reject));
    const one = over(raw, (pipe) => tls.connect({servername: 'localhost', ...options, socket: pipe, allowHalfOpen: true}));
    await new Promise((resolve, reject) => one.socket.once('secureConnect', resolve).once('error', reject));
    return one;
}

/** A plain listener that hands each connection to `serve`: for what is no TLS at all. */
export async function listenRaw(serve) {
    const sockets = [];
    let deliver;
    const connected = new Promise((resolve) => { deliver = resolve; });
    const server = net.createServer({allowHalfOpen: true}, (socket) => {
        sockets.push(socket);
        deliver(socket);
        socket.on('error', () => {});
        serve(socket);
    });
    await new Promise((resolve, reject) => server.listen(0, '127.0.0.1', resolve).once('error', reject));
    return {
        port: server.address().port,
        connected,
        close: () => {
            sockets.forEach((socket) => socket.destroy());
            server.close();
        },
    };
}
