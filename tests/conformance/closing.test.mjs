/* SPDX-License-Identifier: MIT */
// The closing handshake when the program under test begins it: minimal_client closes with 1000 after its first echo,
// both engines of echo_server with 1001 when it is told to end. RFC 6455 5.5.1, 7.1; rows C5 to C11 of bad-inputs.md.

import assert from 'node:assert/strict';
import {readRequest} from './clients.mjs';
import {engines, forEngine, startEcho} from './engines.mjs';
import {socketCount, untilSockets} from './process_state.mjs';
import {response, upgrade} from './upgrade.mjs';
import {CLOSE, PONG, TEXT, Frames, closePayload, connect, faultOf, listen} from './wire.mjs';

const s = new Frames(false);
const f = new Frames(true);

/** Frames up to the end of the stream, each checked. */
async function framesOf(wire, sender, seconds = 10) {
    const frames = [];
    for (;;) {
        const frame = await wire.nextFrame('the end of the stream', seconds);
        if (!frame) return frames;
        assert.equal(faultOf(frame, sender), '');
        frames.push(frame);
    }
}

/** Brings minimal_client to its own close frame, then runs `answer`; how the client ended and what it sent. */
async function closingClient(t, answer, {echo = s.text('Test packet'), says = closePayload(1000)} = {}) {
    const server = await listen();
    const client = t.startProgram('native', 'minimal_client', [server.url]);
    const wire = await server.connected;
    await wire.write(response(readRequest(await wire.head()).key));
    const packet = await wire.nextFrame('the test packet');
    assert.equal(packet.payload.toString(), 'Test packet');
    await wire.write(echo);
    const close = await wire.nextFrame('the close frame');
    assert.deepEqual([close.opcode, close.payload, close.fin], [CLOSE, says, true]);
    assert.equal(faultOf(close, 'client'), '');
    const started = performance.now();
    await answer(wire);
    const after = await framesOf(wire, 'client', 12);
    wire.end();
    const end = await client.wait({timeout: 15});
    server.close();
    return {
        after,
        code: end.code,
        errorLines: end.errorLines,
        seconds: (performance.now() - started) / 1000,
        last: end.lines.at(-1),
        messages: end.lines.filter((line) => line.startsWith('< ')).map((line) => line.replace(/.*: /, '')),
    };
}

const closed = (code) => `WebSocket closed with code: ${code}. Clean: ${code !== -1}`;

function clientCases(t) {
    /** The client's close frame is its last word, whatever follows. */
    const wanted = (result, code, messages = ['Test packet']) => {
        assert.deepEqual(
            result.after.map(({opcode}) => opcode),
            [],
        );
        assert.deepEqual([result.last, result.messages], [closed(code), messages]);
        assert.deepEqual([result.code, result.errorLines.length], code === -1 ? [1, 1] : [0, 0]);
        assert.ok(result.errorLines.every((line) => line.startsWith('WSP_ERR_')));
    };
    const answers = [
        ['7.1.1 the server answers with the same code', 1000, (wire) => wire.write(s.close(1000)), true],
        ['7.1.5 the server answers with a code of its own', 4001, (wire) => wire.write(s.close(4001, 'mine')), true],
        ['7.1.5 the server answers with an empty close frame', 1005, (wire) => wire.write(s.close()), true],
        ['C10 the server ends the stream instead of answering', -1, () => {}, true],
        ['7.1.7 the server answers with a protocol error', -1, (wire) => wire.write(s.frame(3, '')), false],
        ['7.1.7 the server answers with a code that must not be sent', -1, (wire) => wire.write(s.close(1006)), false],
        [
            '7.1.7 the server answers with a masked close frame',
            -1,
            (wire) => wire.write(s.close(1000, '', {masks: true})),
            false,
        ],
    ];
    for (const [name, code, answer, ends] of answers) {
        t.test(name, async () => {
            const result = await closingClient(t, async (wire) => {
                await answer(wire);
                if (ends) wire.end();
            });
            wanted(result, code);
            assert.ok(result.seconds < 4, `${result.seconds} s`);
        });
    }
    t.test('C7 messages between both close frames are delivered', async () => {
        const result = await closingClient(t, async (wire) => {
            await wire.write(
                Buffer.concat([s.text('one'), s.text('t', {fin: false}), s.ping('p'), s.more('wo'), s.close(1000)]),
            );
            wire.end();
        });
        // A pong for a ping that comes behind our close frame is neither wanted nor forbidden by anybody but 5.5.2.
        result.after = result.after.filter(({opcode}) => opcode !== PONG);
        wanted(result, 1000, ['Test packet', 'one', 'two']);
    });
    t.test('C9 both close at once', async () => {
        // Theirs is read together with the echo, so the client's is the answer to it.
        const echo = Buffer.concat([s.text('Test packet'), s.close(3000, 'me too')]);
        wanted(await closingClient(t, (wire) => wire.end(), {echo, says: closePayload(3000, 'me too')}), 3000);
    });
    t.test('C8 a server that never answers the close frame', async () => {
        const result = await closingClient(t, () => {});
        wanted(result, -1);
        assert.ok(result.seconds > 4.5 && result.seconds < 8, `${result.seconds} s`);
    });
    t.test('C8 a server that answers after three seconds of messages', async () => {
        const result = await closingClient(t, async (wire) => {
            for (let i = 0; i < 6; i++) {
                await new Promise((resolve) => {
                    setTimeout(resolve, 500);
                });
                await wire.write(s.text(`${i}`));
            }
            await wire.write(s.close(1000));
            wire.end();
        });
        wanted(result, 1000, ['Test packet', '0', '1', '2', '3', '4', '5']);
    });
}

class Server {
    static async start(t, engine) {
        return Object.assign(new Server(), await startEcho(t, engine));
    }

    async open() {
        const wire = await connect(this.url);
        await upgrade(wire, this.url);
        return wire;
    }
}

function serverCases(t, engine) {
    t.test('7.4.1 a server that ends says 1001 to everybody, and each answer ends its connection', async () => {
        const server = await Server.start(t, engine);
        const answers = {
            'the same code': f.close(1001),
            'another code': f.close(4000, 'mine'),
            'an empty close frame': f.close(),
            'a protocol error': f.frame(3, ''),
            'a text and then the code': Buffer.concat([f.text('late'), f.ping('late'), f.close(1001)]),
            'half a message': f.text('a', {fin: false}),
        };
        const wires = await Promise.all(Object.keys(answers).map(() => server.open()));
        const pending = await connect(server.url);
        await pending.write('GET / HT');
        const started = performance.now();
        server.program.signal('SIGTERM');
        await Promise.all(
            Object.values(answers).map(async (answer, i) => {
                const close = await wires[i].nextFrame('the close frame');
                assert.deepEqual([close.opcode, close.payload], [CLOSE, closePayload(1001)]);
                await wires[i].write(answer);
                assert.deepEqual(
                    (await framesOf(wires[i], 'server')).filter(({opcode}) => opcode !== PONG),
                    [],
                );
                wires[i].end();
            }),
        );
        const end = await server.program.wait();
        assert.deepEqual([end.code, end.errorLines], [0, []]);
        assert.ok(performance.now() - started < 4000);
        wires.forEach((wire) => wire.destroy());
        pending.destroy();
    });
    t.test('C8 a server that ends waits for nobody for long', async () => {
        const server = await Server.start(t, engine);
        const wires = await Promise.all([1, 2, 3].map(() => server.open()));
        const started = performance.now();
        server.program.signal('SIGTERM');
        const end = await server.program.wait();
        assert.deepEqual([end.code, end.errorLines], [0, []]);
        assert.ok(performance.now() - started < 4000);
        wires.forEach((wire) => wire.destroy());
    });
    t.test('C9 both close at once, against a server', async () => {
        const server = await Server.start(t, engine);
        const wires = await Promise.all(Array.from({length: 20}, () => server.open()));
        server.program.signal('SIGTERM');
        await Promise.all(wires.map((wire) => wire.write(f.close(3000, 'me too'))));
        for (const wire of wires) {
            const frames = await framesOf(wire, 'server');
            assert.equal(frames.length, 1);
            assert.equal(frames[0].opcode, CLOSE);
            assert.ok([1001, 3000].includes(frames[0].payload.readUInt16BE(0)));
            wire.end();
        }
        assert.equal((await server.program.wait()).code, 0);
    });
    t.test('C11 a client that never ends the TCP connection is left after close_timeout', async () => {
        const server = await Server.start(t, engine);
        const sockets = socketCount(server.program.pid);
        const wires = await Promise.all(
            [f.close(1000), f.frame(3, ''), f.close(1005)].map(async (frame) => {
                const wire = await server.open();
                await wire.write(frame);
                return wire;
            }),
        );
        const started = performance.now();
        for (const wire of wires) assert.equal((await framesOf(wire, 'server')).length, 1);
        assert.equal(await untilSockets(server.program.pid, sockets, 10), sockets);
        const seconds = (performance.now() - started) / 1000;
        assert.ok(seconds > 4 && seconds < 8, `${seconds} s`);
        wires.forEach((wire) => wire.destroy());
        assert.equal((await server.program.stop()).code, 0);
    });
    t.test('7.1.1 the server ends the TCP connection first', async () => {
        const server = await Server.start(t, engine);
        const wire = await server.open();
        await wire.write(Buffer.concat([f.text('x'), f.close(1000)]));
        const frames = await framesOf(wire, 'server', 3); // Ours is not ended yet.
        assert.deepEqual(
            frames.map(({opcode}) => opcode),
            [TEXT, CLOSE],
        );
        wire.destroy();
    });
}

export default async function (t) {
    clientCases(t);
    for (const engine of engines) serverCases(forEngine(t, engine), engine);
}
