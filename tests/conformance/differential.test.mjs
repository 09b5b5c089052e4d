/* SPDX-License-Identifier: MIT */
// The same random, valid message sequences through echo_server and through the server of npm ws: both have to send the
// same messages back. The seed is printed; WSPEER_SEED repeats it.

import assert from 'node:assert/strict';
import {echoServer} from '../harness/echo_ws.mjs';
import {engines, startEcho} from './engines.mjs';
import {Random, chooseSeed, predict, randomFrames, randomSegments} from './random.mjs';
import {upgrade} from './upgrade.mjs';
import {CLOSE, Frames, PONG, connect, limiter} from './wire.mjs';

const sequences = 300;
const f = new Frames(true);

/** Ends with a ping and, once that and all messages are answered, a close frame. */
function makeSequence(seed) {
    const random = new Random(seed);
    const bytes = Buffer.concat([...randomFrames(random, f, 5 + random.below(20)), f.ping('the last')]);
    const count = predict(bytes, {masks: true}).frames.filter(([opcode]) => opcode !== PONG).length;
    return {pieces: randomSegments(random, bytes), count, close: f.close(4000, 'enough')};
}

/** What a server sends back: {messages, pongs, close}, with fragments put together. */
async function echoesOf(url, {pieces, count, close}) {
    const wire = await connect(url);
    const said = {messages: [], pongs: [], close: ''};
    let parts = [];
    try {
        await upgrade(wire, url);
        await wire.writePieces(pieces);
        for (let frame = await wire.nextFrame('an echo', 20); frame; frame = await wire.nextFrame('an echo', 20)) {
            if (frame.opcode === CLOSE) {
                said.close = frame.payload.readUInt16BE(0);
                break;
            }
            if (frame.opcode === PONG) said.pongs.push(frame.payload.toString('hex'));
            else parts.push(frame);
            if (frame.opcode !== PONG && frame.fin) {
                said.messages.push(
                    `${parts[0].opcode} ${Buffer.concat(parts.map(({payload}) => payload)).toString('hex')}`,
                );
                parts = [];
            }
            if (said.messages.length === count && said.pongs.at(-1) === Buffer.from('the last').toString('hex'))
                await wire.write(close);
        }
        return said;
    } finally {
        wire.destroy();
    }
}

/** ws answers every ping; of several that wait wspeer may answer the newest only (RFC 6455 5.5.3). */
function assertSubsequence(some, all) {
    let at = 0;
    for (const one of some) {
        at = all.indexOf(one, at) + 1;
        assert.ok(at > 0, 'a pong that ws did not send');
    }
}

async function compare(t, engine, seed) {
    const {program: server, url} = await startEcho(t, engine);
    const reference = await echoServer();
    const limit = limiter(8);
    const failures = [];
    let messages = 0;
    await Promise.all(
        Array.from({length: sequences}, (_, i) =>
            limit(async () => {
                try {
                    const sequence = makeSequence(seed + i);
                    const [ours, theirs] = await Promise.all(
                        [url, reference.url].map((one) => echoesOf(one, sequence)),
                    );
                    messages += sequence.count;
                    assert.equal(ours.messages.length, sequence.count);
                    assert.ok(
                        ours.messages.every((message, at) => message === theirs.messages[at]),
                        'the messages differ',
                    );
                    assert.equal(theirs.messages.length, sequence.count);
                    assert.deepEqual([ours.close, theirs.close], [4000, 4000]);
                    assertSubsequence(ours.pongs, theirs.pongs);
                } catch (error) {
                    failures.push(`seed ${seed + i}: ${error.message}`);
                }
            }),
        ),
    );
    await reference.close();
    assert.deepEqual(failures, []);
    assert.ok(messages > 5 * sequences);
    const end = await server.stop();
    assert.deepEqual({code: end.code, errorLines: end.errorLines}, {code: 0, errorLines: []});
}

export default async function (t) {
    const seed = chooseSeed();
    console.log(`note: seed ${seed}`);
    for (const engine of engines) {
        t.test(`${sequences} random message sequences have the same echoes from echo_server and from ws [${engine}]`, () =>
            compare(t, engine, seed),
        );
    }
}
