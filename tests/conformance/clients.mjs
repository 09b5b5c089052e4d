/* SPDX-License-Identifier: MIT */
// echo_client against a server that is a raw socket: one process and one listener for each case.

import assert from 'node:assert/strict';
import {describe, withTimeout} from '../harness/process.mjs';
import {response} from './upgrade.mjs';
import {listen, parseHead} from './wire.mjs';

/** The request of a client, checked for what RFC 6455 4.1 wants of every one. Returns its head and key. */
export function readRequest(text, port) {
    const head = parseHead(text);
    assert.match(head.start, /^GET [!-"$-~]+ HTTP\/1\.1$/);
    assert.equal(head.all('Host').length, 1);
    if (port !== undefined) assert.equal(head.get('Host'), `127.0.0.1:${port}`);
    assert.deepEqual(
        head.all('Upgrade').map((value) => value.toLowerCase()),
        ['websocket'],
    );
    assert.deepEqual(
        head.all('Connection').map((value) => value.toLowerCase()),
        ['upgrade'],
    );
    assert.deepEqual(head.all('Sec-WebSocket-Version'), ['13']);
    assert.equal(head.all('Sec-WebSocket-Key').length, 1);
    const key = head.get('Sec-WebSocket-Key');
    assert.match(key, /^[A-Za-z0-9+/]{21}[AQgw]==$/);
    for (const name of ['Content-Length', 'Transfer-Encoding', 'Sec-WebSocket-Accept'])
        assert.deepEqual(head.all(name), []);
    return {head, key};
}

/**
 * Starts a client and plays its server: `serve(wire, {head, key})` once the request is here. Resolves with how the
 * client ended: {code, lines, errorLines, connections}. `secure`, {key, cert}: over TLS; `args` says whom
 * the client trusts.
 */
export async function withClient(t, serve, {args = [], target = '', seconds = 20, secure = null} = {}) {
    const server = await listen('127.0.0.1', secure);
    try {
        const client = t.startProgram('native', 'echo_client', [server.url + target, ...args]);
        const wire = await withTimeout(
            Promise.race([server.connected, client.exited]),
            20,
            () => 'the client did not connect',
        );
        if (!wire.socket) throw new Error(`the client did not connect: ${describe(wire)}${client.tail()}`);
        const text = await wire.head('the request of the client');
        await serve(wire, {
            text,
            ...readRequest(text, args.some((arg) => /^Host:/i.test(arg)) ? undefined : new URL(server.url).port),
        });
        const result = await client.wait({timeout: seconds});
        return {...result, connections: server.wires.length};
    } finally {
        server.close();
    }
}

/** Answers a request as it wants to be answered. */
export const accept = (wire, {key}, fields) => wire.write(response(key, fields));
