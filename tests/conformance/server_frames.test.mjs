/* SPDX-License-Identifier: MIT */
// Frames, messages, control frames and closing against echo_server: rows F, G, P, C and section 10 of bad-inputs.md, and
// the cases of Autobahn's fuzzing client. A connection of its own for each case.

import assert from 'node:assert/strict';
import {listeningLine} from '../harness/examples.mjs';
import {autobahnCases} from './autobahn_cases.mjs';
import {converse} from './conversation.mjs';
import {frameCases} from './frame_cases.mjs';
import {socketCount, untilSockets} from './process_state.mjs';
import {upgrade} from './upgrade.mjs';
import {utf8Cases} from './utf8_cases.mjs';
import {connect, Frames, playAll} from './wire.mjs';

export default async function (t) {
    const server = t.startProgram('native', 'echo_server', ['--engine', 'peers', '--port', '0', '--bind', '127.0.0.1']);
    const [, url] = await server.line(listeningLine);
    const before = socketCount(server.pid);
    const f = new Frames(true);

    playAll(t, [...frameCases(f), ...utf8Cases(f), ...autobahnCases(f)], 16, async (one) => {
        const wire = await connect(url);
        try {
            await upgrade(wire, url);
            await converse(wire, 'server', one);
        } finally {
            wire.destroy();
        }
    });

    t.test('the server has closed every connection', async () => {
        assert.equal(await untilSockets(server.pid, before), before);
    });
    t.test('the server ends cleanly and no sanitizer has spoken', async () => {
        const end = await server.stop();
        assert.deepEqual({code: end.code, errorLines: end.errorLines}, {code: 0, errorLines: []});
    });
}
