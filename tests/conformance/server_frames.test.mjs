/* SPDX-License-Identifier: MIT */
// Frames, messages, control frames and closing against both engines of echo_server: rows F, G, P, C and section 10 of bad-inputs.md, and
// the cases of Autobahn's fuzzing client. A connection of its own for each case.

import assert from 'node:assert/strict';
import {autobahnCases} from './autobahn_cases.mjs';
import {converse} from './conversation.mjs';
import {engines, forEngine, startEcho} from './engines.mjs';
import {frameCases} from './frame_cases.mjs';
import {limit, limitCases} from './limit_cases.mjs';
import {socketCount, untilSockets} from './process_state.mjs';
import {upgrade} from './upgrade.mjs';
import {utf8Cases} from './utf8_cases.mjs';
import {connect, Frames, playAll} from './wire.mjs';

/** A server, its URL and how many sockets it has without clients. */
async function start(t, engine, ...args) {
    const server = await startEcho(t, engine, args);
    return {...server, sockets: socketCount(server.program.pid)};
}

/** What a subprotocol could change is the handshake; some of the cases show that it changes nothing else. */
const everyFourth = (cases) => cases.filter((_, index) => index % 4 === 0);

async function engineCases(t, engine) {
    const plain = await start(t, engine);
    const limited = await start(t, engine, '--max-message', `${limit}`);
    const chatting = await start(t, engine, '--protocol', 'chat');
    const f = new Frames(true);

    const play = (url, fields) => async (one) => {
        const wire = await connect(url);
        try {
            await upgrade(wire, url, fields);
            await converse(wire, 'server', one);
        } finally {
            wire.destroy();
        }
    };
    playAll(t, [...frameCases(f), ...utf8Cases(f), ...autobahnCases(f)], 16, play(plain.url));
    playAll(t, limitCases(f), 4, play(limited.url));
    const spoken = autobahnCases(f).map((one) => ({...one, name: `with a subprotocol, ${one.name}`}));
    playAll(t, everyFourth(spoken), 16, play(chatting.url, {'Sec-WebSocket-Protocol': 'chat'}));

    t.test('the servers have closed every connection', async () => {
        for (const {program, sockets} of [plain, limited, chatting]) {
            assert.equal(await untilSockets(program.pid, sockets), sockets);
        }
    });
    // The next engine begins behind this one.
    await t.test('the servers end cleanly and no sanitizer has spoken', async () => {
        for (const {program} of [plain, limited, chatting]) {
            const end = await program.stop();
            assert.deepEqual({code: end.code, errorLines: end.errorLines}, {code: 0, errorLines: []});
        }
    });
}

export default async function (t) {
    for (const engine of engines) await engineCases(forEngine(t, engine), engine);
}
