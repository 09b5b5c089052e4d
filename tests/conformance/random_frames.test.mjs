/* SPDX-License-Identifier: MIT */
// Random byte streams, valid and broken, against both roles. What has to come back is predicted from the RFC
// (random.mjs). The seed is printed; WSPEER_SEED repeats it.

import assert from 'node:assert/strict';
import {accept, withClient} from './clients.mjs';
import {assertEnded, clientLine, converse} from './conversation.mjs';
import {engines, startEcho} from './engines.mjs';
import {Random, chooseSeed, corrupt, predict, randomClose, randomFrames, randomSegments} from './random.mjs';
import {upgrade} from './upgrade.mjs';
import {Frames, PING, PONG, connect, limiter} from './wire.mjs';

const streams = {server: 600, client: 200};

function makeCase(seed, masks) {
    const random = new Random(seed);
    const f = new Frames(masks);
    const frames = randomFrames(random, f, 1 + random.below(8));
    if (random.chance(30)) frames.splice(random.below(frames.length + 1), 0, randomClose(random, f));
    const bytes = Buffer.concat(random.chance(80) ? corrupt(random, frames) : frames);
    const {frames: expected, end} = predict(bytes, {masks});
    const steps = randomSegments(random, bytes);
    // Bytes that stop inside a frame: the end of the stream is all that can follow.
    if (end === 'inside') steps.push('end');
    // In a connection that is lost what was still to be sent may be missing.
    if (end === 'inside') return {seed, bytes, steps, end: 'lost', loose: 'all'};
    return {seed, bytes, steps, frames: expected, end, loose: 'pongs'};
}

async function playAll(count, seed, playOne) {
    const limit = limiter(8);
    const failures = [];
    await Promise.all(
        Array.from({length: count}, (_, i) =>
            limit(async () => {
                const one = makeCase(seed + i, playOne.masks);
                try {
                    await playOne(one);
                } catch (error) {
                    failures.push(
                        `seed ${seed + i}: ${error.message}\nsent ${one.bytes.subarray(0, 200).toString('hex')}`,
                    );
                }
            }),
        ),
    );
    assert.deepEqual(failures, []);
}

async function serverStreams(t, engine, seed) {
    const {program: server, url} = await startEcho(t, engine);
    await playAll(
        streams.server,
        seed,
        Object.assign(
            async (one) => {
                const wire = await connect(url);
                try {
                    await upgrade(wire, url);
                    await converse(wire, 'server', one);
                } finally {
                    wire.destroy();
                }
            },
            {masks: true},
        ),
    );
    const end = await server.stop();
    assert.deepEqual({code: end.code, errorLines: end.errorLines}, {code: 0, errorLines: []});
}

export default async function (t) {
    const seed = chooseSeed();
    console.log(`note: seed ${seed}`);
    for (const engine of engines) {
        t.test(`${streams.server} random streams against the server [${engine}]`, () => serverStreams(t, engine, seed));
    }
    t.test(`${streams.client} random streams against the client`, () =>
        playAll(
            streams.client,
            seed,
            Object.assign(
                async (one) => {
                    const result = await withClient(t, async (wire, request) => {
                        await accept(wire, request);
                        await converse(wire, 'client', one);
                    });
                    assertEnded(result, clientLine(one));
                },
                {masks: false},
            ),
        ),
    );
    t.test('the prediction knows the difference between good and bad', () => {
        const kinds = {};
        for (let i = 0; i < 600; i++) {
            const {end} = makeCase(i, true);
            const kind = typeof end === 'string' ? end : (end.fail ?? 'echo');
            kinds[kind] = (kinds[kind] ?? 0) + 1;
        }
        for (const kind of ['open', 'lost', 'echo', 1002, 1007, 1009])
            assert.ok(kinds[kind] >= 1, `${kind} in ${kinds[kind]} of 600`);
        const f = new Frames(true);
        assert.deepEqual(predict(f.ping('x'), {masks: true}), {frames: [[PONG, Buffer.from('x')]], end: 'open'});
        assert.deepEqual(predict(f.frame(PING, 'x', {rsv: 1}), {masks: true}), {frames: [], end: {fail: 1002}});
    });
}
