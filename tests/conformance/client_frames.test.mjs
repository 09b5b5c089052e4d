/* SPDX-License-Identifier: MIT */
// The cases of server_frames.test.mjs with the roles swapped: a server that is a raw socket plays them against
// echo_client, a process of its own for each. Every frame of a client is masked, with a key that is not used twice.

import assert from 'node:assert/strict';
import {autobahnCases} from './autobahn_cases.mjs';
import {accept, withClient} from './clients.mjs';
import {assertEnded, clientLine, converse} from './conversation.mjs';
import {frameCases} from './frame_cases.mjs';
import {limit, limitCases} from './limit_cases.mjs';
import {utf8Cases} from './utf8_cases.mjs';
import {BINARY, Frames, PING, PONG, playAll} from './wire.mjs';

export default async function (t) {
    const f = new Frames(false);
    const keys = [];

    const play =
        (...args) =>
        async (one) => {
            const result = await withClient(
                t,
                async (wire, request) => {
                    await accept(wire, request);
                    keys.push(...(await converse(wire, 'client', one)).map(({key}) => key.toString('hex')));
                },
                {args},
            );
            assertEnded(result, clientLine(one));
        };
    playAll(t, [...frameCases(f), ...utf8Cases(f), ...autobahnCases(f)], 8, play());
    playAll(t, limitCases(f), 2, play('--max-message', `${limit}`));

    t.test('5.3 every frame has a masking key of its own', () => {
        // Of 32-bit keys drawn at random a few are equal by chance: among n of them n * n / 2^33 pairs.
        const chance = keys.length ** 2 / 2 ** 33;
        const repeated = keys.length - new Set(keys).size;
        assert.ok(keys.length > 2000, `${keys.length} keys`);
        assert.ok(repeated <= 3 + 3 * chance, `${repeated} of ${keys.length} keys came twice`);
        assert.ok(keys.filter((key) => key === '00000000').length <= 1, 'keys of zeros');
    });
    t.test('5.3 every bit of the masking keys is as often 1 as 0', () => {
        // Within 6 standard deviations: a fair coin misses that once in 500 million throws.
        const limit = 3 * Math.sqrt(keys.length);
        const numbers = keys.map((key) => parseInt(key, 16));
        for (let bit = 0; bit < 32; bit++) {
            const ones = numbers.filter((number) => (number >>> bit) & 1).length;
            assert.ok(Math.abs(ones - keys.length / 2) < limit, `bit ${bit} is 1 in ${ones} of ${keys.length} keys`);
        }
    });
    t.test('5.3 the keys of one connection all differ', async () => {
        const frames = [];
        const steps = Array.from({length: 200}, (_, i) => [
            f.binary(`${i}`),
            f.ping(`${i}`),
            {after: 2 * i + 2},
        ]).flat();
        const expected = Array.from({length: 200}, (_, i) => [
            [BINARY, `${i}`],
            [PONG, `${i}`],
        ]).flat();
        await withClient(t, async (wire, request) => {
            await accept(wire, request);
            frames.push(...(await converse(wire, 'client', {steps, frames: expected})));
        });
        assert.equal(frames.length, 401);
        assert.ok(new Set(frames.map(({key}) => key.toString('hex'))).size >= 400);
        assert.ok(frames.some(({opcode}) => opcode === PONG) && !frames.some(({opcode}) => opcode === PING));
    });
    t.test('7.1.1 a client leaves the end of the TCP connection to the server', async () => {
        const result = await withClient(t, async (wire, request) => {
            await accept(wire, request);
            await wire.write(f.close(1000));
            await wire.nextFrame('the answer to the close frame');
            // A second of silence shows that it waits; close_timeout would end the wait after 5.
            await assert.rejects(wire.rest('the end of the stream', 1), /within 1 s/);
            wire.end();
            await wire.rest();
        });
        assertEnded(result, 'closed 1000  clean');
    });
    t.test('C8 a server that never ends the TCP connection is left after close_timeout', async () => {
        let waited = 0;
        const result = await withClient(t, async (wire, request) => {
            await accept(wire, request);
            await wire.write(f.close(1000));
            await wire.nextFrame('the answer to the close frame');
            const started = performance.now();
            await wire.rest('the end of the stream', 15);
            waited = (performance.now() - started) / 1000;
        });
        assertEnded(result, 'closed 1000  clean');
        assert.ok(waited > 4.5 && waited < 8, `it waited ${waited} s`);
    });
}
