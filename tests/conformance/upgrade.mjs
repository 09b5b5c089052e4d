/* SPDX-License-Identifier: MIT */
// The opening handshake as both sides write it, with every line replaceable.

import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {acceptOf, parseHead} from './wire.mjs';

export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';

/**
 * The request of a client. `fields` replaces or adds: a string, an array for repeated fields, null for none. `start` is
 * the request line.
 */
export function request(fields = {}, start = 'GET / HTTP/1.1') {
    return head(start, {
        'Host': '127.0.0.1',
        'Upgrade': 'websocket',
        'Connection': 'Upgrade',
        'Sec-WebSocket-Key': sampleKey,
        'Sec-WebSocket-Version': '13',
        ...fields,
    });
}

/** The answer of a server to a request with `key`. */
export function response(key, fields = {}, start = 'HTTP/1.1 101 Switching Protocols') {
    return head(start, {
        'Upgrade': 'websocket',
        'Connection': 'Upgrade',
        'Sec-WebSocket-Accept': acceptOf(key),
        ...fields,
    });
}

function head(start, fields) {
    const lines = Object.entries(fields).flatMap(([name, value]) =>
        value === null ? [] : [value].flat().map((one) => `${name}: ${one}`),
    );
    return [start, ...lines, '', ''].join('\r\n');
}

/** Checks an accepting answer; returns its head. */
export function assertAccepted(text, key = sampleKey) {
    const answer = parseHead(text);
    assert.match(answer.start, /^HTTP\/1\.1 101 [ -~]+$/);
    assert.equal(answer.get('Upgrade').toLowerCase(), 'websocket');
    assert.equal(answer.get('Connection').toLowerCase(), 'upgrade');
    assert.deepEqual(answer.all('Sec-WebSocket-Accept'), [acceptOf(key)]);
    assert.deepEqual(answer.all('Sec-WebSocket-Extensions'), []);
    return answer;
}

/** A client's handshake with a server that accepts it. */
export async function upgrade(wire, url, fields = {}) {
    const key = randomBytes(16).toString('base64');
    await wire.write(request({'Host': new URL(url).host, 'Sec-WebSocket-Key': key, ...fields}));
    return assertAccepted(await wire.head('the answer to the handshake'), key);
}
