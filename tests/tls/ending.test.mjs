/* SPDX-License-Identifier: MIT */
// How connections over TLS end, on both sides: with and without close_notify, before and after the WebSocket close
// frames, and all at once. Rows T7, T12 and C6 of bad-inputs.md.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import {accept, readRequest} from '../conformance/clients.mjs';
import {upgrade} from '../conformance/upgrade.mjs';
import {CLOSE, Frames, TEXT} from '../conformance/wire.mjs';
import {makeLocalCertificates} from '../harness/certificates.mjs';
import {assertCleanEnds, probe, probeServer} from './servers.mjs';
import {ALERT, connectTls, listenTls} from './tls_wire.mjs';

const lost = {error: 'WSP_ERR_CONNECTION_LOST', code: -1};

/**
 * What the other side does once the connection is open, `f` being its frames, and what ours must report. The same for
 * both sides of ours.
 */
const cases = [
    {
        name: 'the end without close_notify before a close frame is a lost connection', want: lost,
        play: async ({raw}) => raw.end(),
    },
    {
        name: 'the end with close_notify before a close frame is a lost connection', want: lost,
        play: async ({wire}) => wire.end(),
    },
    {name: 'a reset is a lost connection', want: lost, play: async ({raw}) => raw.resetAndDestroy()},
    {
        name: 'the end without close_notify after both close frames is clean',
        want: {error: 'WSP_OK', code: 4000, reason: 'bye'},
        play: async ({wire, raw}, f) => {
            await wire.write(f.close(4000, 'bye'));
            assert.equal((await wire.nextFrame('the answer to the close frame')).opcode, CLOSE);
            raw.end();
        },
    },
    {
        name: 'the end with close_notify after both close frames is clean',
        want: {error: 'WSP_OK', code: 4000, reason: 'bye'},
        play: async ({wire}, f) => {
            await wire.write(f.close(4000, 'bye'));
            assert.equal((await wire.nextFrame('the answer to the close frame')).opcode, CLOSE);
            wire.end();
        },
    },
    {
        name: 'the end without close_notify between the two close frames is clean',
        want: {error: 'WSP_OK', code: 1001, reason: ''},
        play: async ({wire, raw, pipe}, f) => {
            pipe.hold();
            await wire.write(f.close(1001));
            pipe.release({end: true});
            raw.resume();
        },
    },
    {
        name: 'messages, a close frame and the end at once are all delivered',
        want: {error: 'WSP_OK', code: 4001, reason: 'gone', messages: 3, bytes: 9},
        play: async ({wire, pipe}, f) => {
            pipe.hold();
            for (const text of ['one', 'two', 'six']) await wire.write(f.text(text));
            await wire.write(f.close(4001, 'gone'));
            pipe.release({end: true});
        },
    },
    {
        name: 'messages, a close frame, close_notify and the end at once are all delivered',
        want: {error: 'WSP_OK', code: 4001, reason: 'gone', messages: 2, bytes: 40005},
        play: async ({wire, socket, pipe}, f) => {
            pipe.hold();
            await wire.write(f.binary(Buffer.alloc(40000, 7)));
            await wire.write(f.text('after'));
            await wire.write(f.close(4001, 'gone'));
            await new Promise((resolve) => socket.end(resolve));
            pipe.release({end: true});
        },
    },
    {
        name: 'messages and the end at once, without a close frame', want: {...lost, messages: 2, bytes: 40005},
        play: async ({wire, pipe}, f) => {
            pipe.hold();
            await wire.write(f.text('first'));
            await wire.write(f.binary(Buffer.alloc(40000, 7)));
            pipe.release({end: true});
        },
    },
    {
        name: 'half a TLS record and the end', want: {...lost, messages: 1, bytes: 5},
        play: async ({wire, pipe, raw}, f) => {
            await wire.write(f.text('whole'));
            pipe.hold();
            await wire.write(f.binary(Buffer.alloc(1000, 7)));
            const record = Buffer.concat(pipe.held);
            pipe.held = null;
            raw.end(record.subarray(0, record.length / 2));
        },
    },
    {
        name: 'bytes that are no TLS record in an open connection',
        want: {error: /^WSP_ERR_(CONNECTION_LOST|TLS_HANDSHAKE|PROTOCOL)$/, code: -1, opened: true},
        play: async ({raw}) => raw.end('this is not a TLS record at all, and never was one'),
    },
];

function check(report, want) {
    assert.equal(report.opened, true, report.message);
    for (const [name, value] of Object.entries(want)) {
        if (value instanceof RegExp) assert.match(report[name], value);
        else assert.equal(report[name], value, `${name}: ${JSON.stringify(report)}`);
    }
    if (want.error === 'WSP_OK') assert.equal(report.message, '');
    else assert.notEqual(report.message, '');
}

export default async function (t) {
    const {authority, server: own} = makeLocalCertificates(t.tempDir());
    const ca = fs.readFileSync(authority.certificate);
    const material = {key: fs.readFileSync(own.key), cert: fs.readFileSync(own.certificate)};

    async function againstClient(play, options, args = []) {
        const server = await listenTls({...material, ...options});
        try {
            const ended = probe(t, server.url, ['--ca', authority.certificate, ...args]);
            ended.catch(() => {});
            const one = await server.connected;
            const request = readRequest(await one.wire.head('the request of the client'));
            await accept(one.wire, request);
            await play(one, new Frames(false));
            return {report: await ended, one};
        } finally {
            server.close();
        }
    }

    async function againstServer(play, options) {
        const server = await probeServer(t, own);
        const one = await connectTls(server.port, {ca, ...options});
        try {
            await upgrade(one.wire, server.url);
            await play(one, new Frames(true));
            return {report: await server.next(), one};
        } finally {
            one.raw.destroy();
        }
    }

    for (const version of ['TLSv1.2', 'TLSv1.3']) {
        const options = {minVersion: version, maxVersion: version};
        for (const {name, play, want} of cases) {
            t.test(`${version}, client, ${name}`, async () => check((await againstClient(play, options)).report, want));
            t.test(`${version}, server, ${name}`, async () => check((await againstServer(play, options)).report, want));
        }
    }

    // In TLS 1.2 the type of a record is not encrypted, so the alert can be seen.
    const visible = {minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2'};
    const untilOurEnd = async ({wire, raw}, f) => {
        await wire.write(f.close(1000));
        assert.equal((await wire.nextFrame('the answer to the close frame')).opcode, CLOSE);
        wire.end();
        if (!raw.destroyed) await new Promise((resolve) => raw.once('close', resolve));
    };
    for (const [side, against] of [['client', againstClient], ['server', againstServer]]) {
        t.test(`the ${side} says close_notify when it is done`, async () => {
            const {report, one} = await against(untilOurEnd, visible);
            check(report, {error: 'WSP_OK', code: 1000});
            assert.equal(one.pipe.records().at(-1), ALERT, `${one.pipe.records()}`);
        });
    }

    t.test('what one turn brings in a single record is delivered at once', async () => {
        // Many messages in one record: TLS has them all while the socket shows nothing to read.
        const many = 300;
        const {report} = await againstClient(async ({wire}, f) => {
            await wire.write(Buffer.concat(Array.from({length: many}, (_, i) => f.text(`${i}`.padStart(4)))));
            const frame = await wire.nextFrame('the close frame of the client', 10);
            assert.equal(frame.opcode, CLOSE);
            await wire.write(f.close(1000));
            wire.end();
        }, {}, ['--close-after', `${many}`]);
        check(report, {error: 'WSP_OK', code: 1000, messages: many});
        assert.ok(report.seconds < 8, `it took ${report.seconds} s`);
    });

    t.test('the server echoes what came in one record', async () => {
        const {report} = await againstServer(async ({wire}, f) => {
            await wire.write(Buffer.concat(Array.from({length: 100}, (_, i) => f.text(`${i}`))));
            for (let i = 0; i < 100; i++) {
                const frame = await wire.nextFrame(`echo ${i}`);
                assert.deepEqual([frame.opcode, frame.payload.toString()], [TEXT, `${i}`]);
            }
            await wire.write(f.close(1000));
            await wire.nextFrame('the answer to the close frame');
            wire.end();
        });
        check(report, {error: 'WSP_OK', code: 1000, messages: 100});
    });
    t.test('our programs ended cleanly and no sanitizer has spoken', assertCleanEnds);
}
