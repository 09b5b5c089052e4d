/* SPDX-License-Identifier: MIT */
// Frames, messages, control frames and closing against echo_server: rows F, G, P, C and section 10 of bad-inputs.md, and
// the cases of Autobahn's fuzzing client. A connection of its own for each case.

import assert from 'node:assert/strict';
import {listeningLine} from '../harness/examples.mjs';
import {autobahnCases} from './autobahn_cases.mjs';
import {converse} from './conversation.mjs';
import {frameCases} from './frame_cases.mjs';
import {limit, limitCases} from './limit_cases.mjs';
import {socketCount, untilSockets} from './process_state.mjs';
import {upgrade} from './upgrade.mjs';
import {utf8Cases} from './utf8_cases.mjs';
import {connect, Frames, playAll} from './wire.mjs';

/** A server and its URL. */
async function start(t, ...args) {
    const program = t.startProgram('native', 'echo_server', [
        '--engine',
        'peers',
        '--port',
        '0',
        '--bind',
        '127.0.0.1',
        ...args,
    ]);
    const [, url] = await program.line(listeningLine);
    return {program, url, sockets: socketCount(program.pid)};
}

export default async function (t) {
    const plain = await start(t);
    const limited = await start(t, '--max-message', `${limit}`);
    const f = new Frames(true);

    const play = (url) => async (one) => {
        const wire = await connect(url);
        try {
            await upgrade(wire, url);
            await converse(wire, 'server', one);
        } finally {
            wire.destroy();
        }
    };
    playAll(t, [...frameCases(f), ...utf8Cases(f), ...autobahnCases(f)], 16, play(plain.url));
    playAll(t, limitCases(f), 4, play(limited.url));

    t.test('the servers have closed every connection', async () => {
        for (const {program, sockets} of [plain, limited]) {
            assert.equal(await untilSockets(program.pid, sockets), sockets);
        }
    });
    t.test('the servers end cleanly and no sanitizer has spoken', async () => {
        for (const {program} of [plain, limited]) {
            const end = await program.stop();
            assert.deepEqual({code: end.code, errorLines: end.errorLines}, {code: 0, errorLines: []});
        }
    });
}
