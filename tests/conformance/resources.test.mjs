/* SPDX-License-Identifier: MIT */
// What hostile connections may cost: memory, processor time and descriptors of the programs, counted in /proc. The
// release build, because a sanitizer keeps freed memory.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {setTimeout as pause} from 'node:timers/promises';
import {converse} from './conversation.mjs';
import {engines, forEngine, startEcho} from './engines.mjs';
import {forgetMost, memory, processorTicks, socketCount, untilSockets} from './process_state.mjs';
import {request, response, upgrade} from './upgrade.mjs';
import {BINARY, CLOSE, PONG, TEXT, Frames, connect, listen, parseHead} from './wire.mjs';

const f = new Frames(true);
const MiB = 1024; // in KiB, as /proc counts
const good = request();

async function open(url) {
    const wire = await connect(url);
    await upgrade(wire, url);
    return wire;
}

/** Everything a connection says before it ends. */
const saidBy = (wire, seconds) => wire.rest('the end of the connection', seconds);

/** The code of a close frame that is all of what came. */
function closeCode(bytes) {
    assert.equal(bytes[0], 0x80 | CLOSE);
    return bytes.readUInt16BE(2);
}

/** Writes blocks until the other side stops reading, for which a fifth of a second of silence has to do. How many? */
async function writeUntilPushedBack(wire, makeBlock, mostBytes) {
    let count = 0;
    for (let sent = 0; sent < mostBytes && !wire.hasEnded; count++) {
        const block = makeBlock(count);
        sent += block.length;
        if (wire.socket.write(block)) continue;
        const drained = new Promise((resolve) => wire.socket.once('drain', () => resolve(true)));
        if (!(await Promise.race([drained, pause(200, false)]))) return count + 1;
    }
    return count;
}

/** The same block again and again. */
const always = (block) => () => block;

class Server {
    static async start(t, engine, ...args) {
        const server = Object.assign(new Server(), await startEcho(t, engine, args, 'release'));
        server.sockets = socketCount(server.pid);
        await server.assertEchoes();
        return server;
    }

    get pid() {
        return this.program.pid;
    }

    async assertEchoes() {
        const wire = await open(this.url);
        await converse(wire, 'server', {steps: [f.text('alive')], frames: [[TEXT, 'alive']]});
        wire.destroy();
    }

    /** Runs fn and answers how many KiB more than before were at most in use. */
    async growth(fn) {
        forgetMost(this.pid);
        const before = memory(this.pid).now;
        await fn();
        return memory(this.pid).most - before;
    }

    async assertCalm() {
        assert.equal(await untilSockets(this.pid, this.sockets), this.sockets);
        const before = processorTicks(this.pid);
        await pause(1000); // What is measured is what an idle second costs.
        assert.ok(
            processorTicks(this.pid) - before <= 1,
            `an idle second took ${processorTicks(this.pid) - before} ticks`,
        );
    }
}

/** Connections that never finish their head. They wait out connect_timeout while the other cases run. */
function slowCases(t, server) {
    const until = async (wire, write) => {
        const started = performance.now();
        await write();
        await wire.until(() => wire.hasEnded, 'the end of the connection', 15);
        wire.destroy();
        return {seconds: (performance.now() - started) / 1000, said: wire.size};
    };
    const drip = async (wire) => {
        for (const byte of good) {
            if (wire.hasEnded) return;
            await wire.write(byte);
            await pause(200);
        }
    };
    const cases = [
        ['H34 a head of five bytes a second', 1, drip],
        ['H34 a head that stops in the middle', 20, (wire) => wire.write(good.slice(0, 30))],
        ['H35 connections that send nothing', 100, async () => {}],
    ];
    for (const [name, count, write] of cases) {
        const ends = Promise.all(
            Array.from({length: count}, async () => {
                const wire = await connect(server.url);
                return until(wire, () => write(wire));
            }),
        );
        ends.catch(() => {});
        t.test(name, async () => {
            for (const {seconds, said} of await ends) {
                assert.ok(seconds > 9.5 && seconds < 14, `it took ${seconds} s`);
                assert.equal(said, 0);
            }
        });
    }
}

function headCases(t, server) {
    t.test('H8 an endless head is refused, and then ignored, in bounded memory', async () => {
        const growth = await server.growth(async () => {
            const wire = await connect(server.url);
            await wire.write('GET / HTTP/1.1\r\nX: ');
            await writeUntilPushedBack(wire, always(Buffer.alloc(65536, 'x')), 64 << 20);
            const answer = parseHead(await wire.head());
            assert.match(answer.start, /^HTTP\/1\.1 431 /);
            wire.destroy();
        });
        assert.ok(growth < 2 * MiB, `${growth} KiB`);
    });
    t.test('H8 an endless line of each kind costs no time that grows', async () => {
        const before = processorTicks(server.pid);
        for (const start of ['G', 'GET /', 'GET / HTTP/1.1\r\nX', 'GET / HTTP/1.1\r\nX: ']) {
            const wire = await connect(server.url);
            await wire.write(start);
            for (let i = 0; i < 300; i++) await wire.write('x'.repeat(60));
            assert.match(await wire.head(), /^HTTP\/1\.1 (414|431) /);
            wire.destroy();
        }
        assert.ok(processorTicks(server.pid) - before < 50);
    });
    t.test('H9 ten thousand fields', async () => {
        const wire = await connect(server.url);
        await wire.write(request({'X-A': Array(10000).fill('v')}));
        assert.match(await wire.head(), /^HTTP\/1\.1 431 /);
        wire.destroy();
    });
}

function frameCases(t, server, small) {
    t.test('P2 a flood of pings whose pongs are not read', async () => {
        const growth = await server.growth(async () => {
            const wire = await open(server.url);
            wire.socket.pause();
            const block = Buffer.concat(Array.from({length: 500}, () => f.ping('p'.repeat(125))));
            const sent = await writeUntilPushedBack(wire, always(block), 64 << 20);
            wire.socket.resume();
            await wire.write(f.ping('the last'));
            let frame;
            do frame = await wire.nextFrame('the last pong', 20);
            while (frame.payload.toString() !== 'the last');
            assert.equal(frame.opcode, PONG);
            assert.ok(sent * block.length > 1 << 20);
            wire.destroy();
        });
        assert.ok(growth < 2 * MiB, `${growth} KiB`);
    });
    t.test('F2 a hundred lengths of 2^40 and then silence', async () => {
        const growth = await server.growth(() =>
            Promise.all(
                Array.from({length: 100}, async () => {
                    const wire = await open(server.url);
                    await wire.write(f.head(BINARY, 1n << 40n));
                    assert.equal(closeCode(await saidBy(wire)), 1009);
                    wire.destroy();
                }),
            ),
        );
        assert.ok(growth < 2 * MiB, `${growth} KiB`);
    });
    t.test('F2 a hundred legal lengths of 64 MiB take no memory before their bytes come', async () => {
        const growth = await server.growth(async () => {
            const wires = await Promise.all(Array.from({length: 100}, () => open(server.url)));
            await Promise.all(
                wires.map((wire) => wire.write(Buffer.concat([f.head(BINARY, 64 << 20), Buffer.alloc(100)]))),
            );
            await server.assertEchoes();
            wires.forEach((wire) => wire.destroy());
        });
        assert.ok(growth < 4 * MiB, `${growth} KiB`);
    });
    t.test('G4 130,000 one-byte fragments on each of twenty connections', async () => {
        const fragments = Buffer.concat([
            f.binary('b', {fin: false}),
            ...Array(129998).fill(f.more('b', {fin: false})),
        ]);
        const growth = await server.growth(async () => {
            const wires = await Promise.all(Array.from({length: 20}, () => open(server.url)));
            await Promise.all(wires.map((wire) => wire.write(fragments)));
            await Promise.all(
                wires.map((wire) =>
                    converse(wire, 'server', {steps: [f.more('b')], frames: [[BINARY, 'b'.repeat(130000)]]}),
                ),
            );
            wires.forEach((wire) => wire.destroy());
        });
        // Twice the bytes of the message and what a socket may hold unread.
        assert.ok(growth < 20 * (2 * 130 + 300), `${growth} KiB`);
    });
    t.test('G5 a flood of empty fragments is cut off', async () => {
        const before = processorTicks(small.pid);
        const growth = await small.growth(async () => {
            const wire = await open(small.url);
            await wire.write(f.binary('', {fin: false}));
            await writeUntilPushedBack(
                wire,
                always(Buffer.concat(Array(10000).fill(f.more('', {fin: false})))),
                16 << 20,
            );
            assert.equal(closeCode(await saidBy(wire)), 1008);
            wire.destroy();
        });
        assert.ok(growth < 1 * MiB, `${growth} KiB`);
        assert.ok(processorTicks(small.pid) - before < 100);
    });
    t.test('Q5 Q6 floods and readers that are stuck do not starve another connection', async () => {
        const floods = {
            pings: Buffer.concat(Array.from({length: 500}, () => f.ping('p'.repeat(125)))),
            pongs: Buffer.concat(Array.from({length: 500}, () => f.pong('p'.repeat(125)))),
            texts: Buffer.concat(Array.from({length: 5000}, () => f.text('tiny'))),
            fragments: Buffer.concat(Array.from({length: 5000}, () => f.binary('', {fin: false}))),
        };
        const wires = await Promise.all(Object.keys(floods).map(() => open(server.url)));
        let isOver = false;
        const flooding = Object.values(floods).map(async (block, i) => {
            if (i === 2) wires[i].socket.pause();
            while (!isOver && !wires[i].hasEnded) {
                if (!wires[i].socket.write(block)) {
                    await Promise.race([new Promise((resolve) => wires[i].socket.once('drain', resolve)), pause(100)]);
                }
                await new Promise(setImmediate);
            }
        });
        const wire = await open(server.url);
        for (let i = 0; i < 100; i++) {
            await wire.write(f.text(`turn ${i}`));
            assert.equal((await wire.nextFrame('the echo', 5)).payload.toString(), `turn ${i}`);
        }
        isOver = true;
        wires.forEach((one) => one.destroy());
        await Promise.all(flooding);
        await converse(wire, 'server', {steps: []});
        wire.destroy();
    });
    t.test('Q2 a client that sends and does not read is pushed back, and gets all later', async () => {
        const wire = await open(small.url);
        const numbered = (i) => Buffer.alloc(50000, `message ${i} `);
        let sent = 0;
        const growth = await small.growth(async () => {
            wire.socket.pause();
            sent = await writeUntilPushedBack(wire, (i) => f.binary(numbered(i)), 256 << 20);
        });
        assert.ok(sent * 50000 < 128 << 20, 'it should push back');
        assert.ok(growth < 2 * MiB, `${growth} KiB`);
        wire.socket.resume();
        for (let i = 0; i < sent; i++) {
            const {payload} = await wire.nextFrame(`echo ${i} of ${sent}`, 20);
            assert.ok(payload.equals(numbered(i)), `echo ${i}`);
        }
        await converse(wire, 'server', {steps: []});
        wire.destroy();
    });
}

function manyCases(t, server) {
    t.test('500 connections at once', async () => {
        const count = 500;
        let wires;
        const growth = await server.growth(async () => {
            wires = await Promise.all(Array.from({length: count}, () => open(server.url)));
            await Promise.all(wires.map((wire, i) => wire.write(f.text(`number ${i}`))));
            const frames = await Promise.all(wires.map((wire) => wire.nextFrame('the echo', 20)));
            frames.forEach(({payload}, i) => assert.equal(payload.toString(), `number ${i}`));
        });
        assert.equal(socketCount(server.pid), server.sockets + count);
        assert.ok(growth < 4 * MiB, `${growth} KiB`);
        console.log(`note: 500 open connections took ${growth} KiB of ${server.program.name.split('/').pop()}`);
        const before = processorTicks(server.pid);
        await pause(1000); // What is measured is what an idle second costs.
        assert.ok(processorTicks(server.pid) - before <= 2, 'open and idle connections cost no time');
        await Promise.all(wires.map((wire) => converse(wire, 'server', {steps: []})));
        wires.forEach((wire) => wire.destroy());
        await server.assertCalm();
    });

    const big = f.binary(Buffer.alloc(1 << 20, 'r'));
    const phases = {
        'in front of the head': async () => {},
        'inside the head': (wire) => wire.write(good.slice(0, 77)),
        'behind the head': (wire) => wire.write(good),
        'behind a refused head': (wire) => wire.write(request({Host: null})),
        'inside a frame head': async (wire) =>
            void (await wire.write(Buffer.concat([Buffer.from(good), big.subarray(0, 5)]))),
        'inside a payload': (wire) => wire.write(Buffer.concat([Buffer.from(good), big.subarray(0, 300000)])),
        'inside a fragmented message': (wire) =>
            wire.write(Buffer.concat([Buffer.from(good), f.text('a', {fin: false}), f.ping('p')])),
        'with echoes that nobody reads': async (wire) => {
            wire.socket.pause();
            await wire.write(Buffer.concat([Buffer.from(good), big, big]));
        },
        'behind a close frame': (wire) => wire.write(Buffer.concat([Buffer.from(good), f.close(1000)])),
        'behind a protocol error': (wire) => wire.write(Buffer.concat([Buffer.from(good), f.frame(3, '')])),
        'once it is open': (wire) => upgrade(wire, 'ws://h'),
        'once both close frames are exchanged': async (wire) => {
            await upgrade(wire, 'ws://h');
            await wire.write(f.close(1000));
            await wire.nextFrame('the answer to the close frame');
        },
    };
    for (const [phase, run] of Object.entries(phases)) {
        t.test(`a reset ${phase}, a hundred times`, async () => {
            for (let i = 0; i < 10; i++) {
                await Promise.all(
                    Array.from({length: 10}, async () => {
                        const wire = await connect(server.url);
                        await run(wire);
                        wire.socket.resetAndDestroy();
                    }),
                );
            }
            assert.equal(await untilSockets(server.pid, server.sockets), server.sockets);
            await server.assertEchoes();
        });
    }
    t.test('afterwards the server is calm', () => server.assertCalm());
}

/** The same from a server, against a client. */
function clientCases(t) {
    const serve = async (args, play) => {
        const server = await listen();
        const client = t.startProgram('release', 'echo_client', [server.url, ...args]);
        const wire = await server.connected;
        const before = memory(client.pid).now;
        const key = parseHead(await wire.head()).get('Sec-WebSocket-Key');
        await play(wire, key, {pid: client.pid, growth: () => memory(client.pid).most - before});
        wire.end();
        const end = await client.wait({timeout: 15});
        server.close();
        return end.lines;
    };
    const s = new Frames(false);
    t.test('R17 an endless head from a server', async () => {
        const lines = await serve([], async (wire) => {
            await wire.write('HTTP/1.1 101 x\r\nX: ');
            await writeUntilPushedBack(wire, always(Buffer.alloc(65536, 'x')), 16 << 20);
            await wire.until(() => wire.hasEnded, 'the end of the client', 4);
        });
        assert.match(lines.join(), /^failed WSP_ERR_PROTOCOL .*16384 bytes$/);
    });
    t.test('P2 a flood of pings from a server that reads no pongs', async () => {
        const lines = await serve([], async (wire, key, {growth}) => {
            await wire.write(response(key));
            wire.socket.pause();
            await writeUntilPushedBack(wire, always(Buffer.concat(Array(500).fill(s.ping('p'.repeat(125))))), 64 << 20);
            wire.socket.resume();
            await wire.write(s.ping('the last'));
            let frame;
            do frame = await wire.nextFrame('the last pong', 20);
            while (frame.payload.toString() !== 'the last');
            assert.ok(growth() < 2 * MiB, `${growth()} KiB`);
            await converse(wire, 'client', {steps: []});
        });
        assert.deepEqual(lines, ['closed 1000  clean']);
    });
    t.test('G4 130,000 one-byte fragments from a server', async () => {
        const lines = await serve([], async (wire, key, {growth}) => {
            await wire.write(response(key));
            const fragments = [
                s.binary('b', {fin: false}),
                ...Array(129998).fill(s.more('b', {fin: false})),
                s.more('b'),
            ];
            await wire.write(Buffer.concat(fragments));
            assert.equal((await wire.nextFrame('the echo', 20)).payload.toString(), 'b'.repeat(130000));
            assert.ok(growth() < 2 * MiB, `${growth()} KiB`);
            await converse(wire, 'client', {steps: []});
        });
        assert.deepEqual(lines, ['closed 1000  clean']);
    });
    t.test('F2 a length of 64 MiB from a server and then silence', async () => {
        const lines = await serve([], async (wire, key, {growth}) => {
            await wire.write(
                Buffer.concat([
                    Buffer.from(response(key)),
                    s.text('first'),
                    s.head(BINARY, 64 << 20),
                    Buffer.alloc(100),
                ]),
            );
            await wire.nextFrame('the first echo');
            assert.ok(growth() < 2 * MiB, `${growth()} KiB`);
            wire.end();
        });
        assert.deepEqual(lines, ['closed -1  unclean']);
    });
}

async function serversOf(t, engine) {
    return {
        of: forEngine(t, engine),
        server: await Server.start(t, engine),
        slow: await Server.start(t, engine),
        small: await Server.start(t, engine, '--max-message', '65536'),
    };
}

function descriptorCases(of, engine) {
    of.test('O4 out of descriptors it waits for some and does not spin', async () => {
        const server = await Server.start(of, engine);
        const wire = await open(server.url);
        execFileSync('prlimit', ['--pid', String(server.pid), '--nofile=16:16']);
        const waiting = [];
        for (let i = 0; i < 30; i++) waiting.push(await connect(server.url));
        while (!server.program.errorLines.some((line) => line.includes('Too many open files'))) await pause(10);
        const before = processorTicks(server.pid);
        await pause(1500);
        const used = processorTicks(server.pid) - before;
        assert.ok(used < 10, `${used} ticks in 1.5 s`);
        await converse(wire, 'server', {steps: [f.text('still here')], frames: [[TEXT, 'still here']]});
        for (const one of waiting) one.destroy();
        await server.assertEchoes();
        wire.destroy();
        await server.assertCalm();
    });
}

export default async function (t) {
    const all = await Promise.all(engines.map((engine) => serversOf(t, engine)));
    for (const {of, slow} of all) slowCases(of, slow);
    for (const {of, server, small} of all) {
        headCases(of, server);
        frameCases(of, server, small);
        manyCases(of, server);
    }
    for (const engine of engines) descriptorCases(forEngine(t, engine), engine);
    clientCases(t);
    t.test('the servers end cleanly', async () => {
        for (const {program} of all.flatMap(({server, slow, small}) => [server, slow, small])) {
            const end = await program.stop();
            assert.deepEqual({code: end.code, errorLines: end.errorLines}, {code: 0, errorLines: []});
        }
    });
}
