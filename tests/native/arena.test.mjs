/* SPDX-License-Identifier: MIT */
// The game arena: its server and 32 bots over a slow and uneven connection, what the server refuses, a server that goes
// away and comes back, and the window under Xvfb.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {connectTo} from '../harness/echo_ws.mjs';
import {listeningLine} from '../harness/examples.mjs';
import {colorCount, readPpm, toPng} from '../harness/png.mjs';
import {runOk, start} from '../harness/process.mjs';
import {startRelay} from '../harness/relay.mjs';

const summary = /^bots (\d+), joins (\d+), lost connections (\d+), snapshots (\d+), round trip (\d+ ms|unknown), positions (\w+)$/;
const bots = 32;
const seconds = 60;

async function startServer(t, args = []) {
    const server = t.startProgram('native', 'arena_server', ['--port', '0', ...args]);
    const [, url] = await server.line(listeningLine);
    return {server, url, port: Number(new URL(url).port)};
}

/** {ship: 'x y'} from lines like "ship 3 at 100.5000 200.0000" or "- ship 3, Ada, at 100.5000 200.0000, score 4". */
function places(lines, pattern) {
    return Object.fromEntries(lines.map((line) => line.match(pattern)).filter(Boolean).map(([, ship, at]) => [ship, at]));
}

function botSuite(t) {
    t.test(`${bots} bots play ${seconds} s over a slow and uneven connection`, async () => {
        const {server, port} = await startServer(t);
        const relay = await startRelay(port, {delay: 80, holdShare: 0.02, hold: 200});
        const crowd = t.startProgram('native', 'arena_bots', [bots, relay.url, '--seconds', seconds]);
        await crowd.line(`${bots} bots are playing`, {timeout: 30});
        const end = await crowd.wait({timeout: seconds + 60});
        assert.equal(end.code, 0, [...end.lines, ...end.errorLines].join('\n'));
        const [count, joins, lost, snapshots, roundTrip] = end.lines.at(-1).match(summary).slice(1, 6).map(parseFloat);
        assert.deepEqual([count, joins, lost], [bots, bots, 0], end.lines.at(-1));
        assert.match(end.lines.at(-1), /positions agree$/);
        assert.ok(snapshots > bots * seconds * 20 * 0.9, `${snapshots} snapshots`);
        assert.ok(roundTrip >= 160, `a round trip of ${roundTrip} ms`);
        // What the bots saw last is what the server had when they left.
        for (let left = 0; left < bots; left++) await server.line(/^- ship/);
        const seen = places(end.lines, /^ship (\d+) at (.*)$/);
        assert.equal(Object.keys(seen).length, bots);
        assert.deepEqual(places(server.lines, /^- ship (\d+), .* at (.*), score \d+$/), seen);
        assert.equal(relay.counts.connections, bots);
        const share = relay.counts.held / relay.counts.segments;
        assert.ok(share > 0.015 && share < 0.025, `${relay.counts.held} of ${relay.counts.segments} segments held`);
        console.log(`note: arena over 2 x 80 ms with 2 % held 200 ms: ${end.lines.at(-1)}`);
        await relay.close();
        const serverEnd = await server.stop();
        assert.equal(serverEnd.code, 0, serverEnd.errorLines.join('\n'));
    }, {timeout: seconds + 120});

    t.test('bots find a server that went away and came back', async () => {
        const first = await startServer(t);
        const crowd = t.startProgram('native', 'arena_bots', [3, first.url]);
        await crowd.line('3 bots are playing');
        first.server.signal('SIGKILL');
        for (let bot = 0; bot < 3; bot++) await crowd.line(/^bot \d lost its connection: /);
        const second = t.startProgram('native', 'arena_server', ['--port', first.port]);
        for (let bot = 0; bot < 3; bot++) await second.line(/^\+ ship \d, /, {timeout: 40});
        crowd.signal('SIGINT');
        const end = await crowd.wait();
        assert.equal(end.code, 0, end.errorLines.join('\n'));
            assert.match(end.lines.at(-1), /lost connections 3,/);
        for (let bot = 0; bot < 3; bot++) await second.line(/^- ship/);
    });

    t.test('bots notice a server that has fallen silent, and play on when it wakes', async () => {
        const {server, url} = await startServer(t);
        const crowd = t.startProgram('native', 'arena_bots', [2, url]);
        await crowd.line('2 bots are playing');
        server.signal('SIGSTOP');
        for (let bot = 0; bot < 2; bot++) {
            await crowd.line(/^bot \d lost its connection: the server has fallen silent$/, {timeout: 30});
        }
        server.signal('SIGCONT');
        for (let bot = 0; bot < 2; bot++) await server.line(/^- ship/);
        for (let bot = 0; bot < 2; bot++) await server.line(/^\+ ship/, {timeout: 30});
        crowd.signal('SIGTERM');
        assert.equal((await crowd.wait()).code, 0);
    });

    t.test('the server says goodbye with 1001 and the bots notice', async () => {
        const {server, url} = await startServer(t);
        const crowd = t.startProgram('native', 'arena_bots', [2, url]);
        await crowd.line('2 bots are playing');
        assert.equal((await server.stop()).code, 0);
        await crowd.line(/^bot \d lost its connection: closed by the server: 1001 /);
        crowd.signal('SIGTERM');
        assert.equal((await crowd.wait()).code, 0);
    });
}

function refusalSuite(t) {
    const join = (version) => Buffer.from([1, version, 1, 65]);
    const answerTo = async (url, ...messages) => {
        const client = await connectTo(url);
        const closed = new Promise((resolve) => client.socket.once('close', (code, reason) => resolve([code, String(reason)])));
        messages.forEach((message) => client.socket.send(message));
        return closed;
    };

    t.test('the server closes what is no player with a code that says why', async () => {
        const {server, url} = await startServer(t);
        assert.deepEqual(await answerTo(url, join(99)), [4001, 'this server plays another version']);
        assert.deepEqual(await answerTo(url, 'hello'), [4002, 'that is no message of this game']);
        assert.deepEqual(await answerTo(url, Buffer.from([7, 7, 7])), [4002, 'that is no message of this game']);
        assert.deepEqual(await answerTo(url, join(1), join(1)), [4002, 'that is no message of this game']);
        assert.equal((await answerTo(url, join(1), Buffer.alloc(600, 2)))[0], 1009);
        await server.line(/^- ship 0, A, /);
    });

    t.test('the 65th player is told that the arena is full', async () => {
        const {server, url} = await startServer(t);
        const crowd = t.startProgram('native', 'arena_bots', [64, url]);
        await crowd.line('64 bots are playing', {timeout: 30});
        assert.deepEqual(await answerTo(url, join(1)), [4000, 'the arena is full']);
        assert.equal(server.lines.filter((line) => line.startsWith('+')).length, 64);
    });

    t.test('bots refuse a server that plays another game', async () => {
        const {url} = await (async () => {
            const server = t.startProgram('native', 'echo_server', ['--port', '0']);
            return {url: (await server.line(listeningLine))[1]};
        })();
        const crowd = t.startProgram('native', 'arena_bots', [1, url]);
        const end = await crowd.wait();
        assert.equal(end.code, 1);
        assert.ok(end.lines.includes('refused: this is no arena server, or one of another version'), end.lines.join('\n'));
    });

    t.test('wrong command lines end with a line and 2', async () => {
        for (const [name, args] of [['arena_bots', []], ['arena_bots', ['none']], ['arena_bots', ['3', '--speed']],
            ['arena_server', ['--port']], ['arena_server', ['--port', '70000']]]) {
            const end = await t.startProgram('native', name, args).wait();
            assert.deepEqual([end.code, end.lines.length, end.errorLines.length], [2, 0, 1], `${name} ${args}`);
        }
    });
}

function windowSuite(t) {
    t.test('without GLFW the window is left out with a message and the rest is there', async () => {
        const build = t.tempDir();
        const {lines} = await runOk('cmake', ['-S', t.root, '-B', build, '-DCMAKE_DISABLE_FIND_PACKAGE_glfw3=ON',
            '-DWSPEER_BUILD_TESTS=OFF']);
        assert.match(lines.join('\n'), /^-- arena, the game in a window, is left out: it needs GLFW/m);
        const targets = (await runOk('cmake', ['--build', build, '--target', 'help'])).lines
            .map((line) => line.match(/^(?:\.\.\. )?(arena\w*)\b/)?.[1]).filter(Boolean);
        assert.deepEqual([...new Set(targets)].filter((target) => /^arena(_server|_bots)?$/.test(target)).sort(),
            ['arena_bots', 'arena_server']);
    });

    const program = path.join(t.buildDir('release'), 'examples/arena');
    const name = 'arena opens a window, plays and shows its connection';
    if (!t.has(program)) return t.skip(name, 'arena is not in the release build, because GLFW or OpenGL ES 2 is missing');
    if (!t.has('/usr/bin/xvfb-run')) return t.skip(name, 'xvfb-run is not installed');

    const play = async (url, file, ...args) => {
        const end = await start('/usr/bin/xvfb-run', ['-a', '-s', '-screen 0 1280x720x24', program, url,
            '--screenshot', file, ...args]).wait({timeout: 60});
        assert.equal(end.code, 0, [...end.lines, ...end.errorLines].join('\n'));
        return {end, picture: readPpm(fs.readFileSync(file))};
    };
    /** The lamp of the connection panel (arena_hud.c): green when connected. */
    const lamp = ({width, pixels}) => [...pixels.subarray((35 * width + 34) * 3, (35 * width + 34) * 3 + 3)];

    t.test(name, async () => {
        const {server, url} = await startServer(t, ['--seed', '5']);
        const crowd = t.startProgram('native', 'arena_bots', [6, url]);
        await crowd.line('6 bots are playing');
        const {end, picture} = await play(url, path.join(t.tempDir(), 'arena.ppm'), '--autoplay', '--after', '3');
        assert.ok(end.lines.includes('playing as ship 6, join 1'), end.lines.join('\n'));
        assert.deepEqual([picture.width, picture.height], [1280, 720]);
        assert.ok(colorCount(picture) > 1000, `${colorCount(picture)} colours`);
        const [red, green, blue] = lamp(picture);
        assert.ok(green > 200 && red < 160 && blue < 220, `the lamp is ${lamp(picture)}`);
        if (process.env.WSPEER_SCREENSHOTS) {
            fs.writeFileSync(path.join(process.env.WSPEER_SCREENSHOTS, 'arena_native.png'), toPng(picture));
        }
        await server.line(/^- ship 6, You, /);
    }, {timeout: 90});
}

export default async function (t) {
    botSuite(t);
    refusalSuite(t);
    windowSuite(t);
}
