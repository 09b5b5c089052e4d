/* SPDX-License-Identifier: MIT */
// Debian's godot3-server, a real Godot 3, as client of our server and as server of our client; its programs are in
// tests/native/godot3.

import assert from 'node:assert/strict';
import path from 'node:path';
import {closedPort, listeningLine} from '../harness/examples.mjs';
import {run, start} from '../harness/process.mjs';

function startGodot(t, script, env) {
    return start('godot3-server', ['--path', path.join(t.root, 'tests/native/godot3'), '-s', script],
        {env: {HOME: t.tempDir(), ...env}});
}

const clientOf = (t, url, env) => startGodot(t, 'client.gd', {GODOT_URL: url, GODOT_MEMBERS: '1', ...env});

async function startServer(t) {
    const server = t.startProgram('native', 'multiplayer_server', ['--port', '0', '--dialect', 'godot3']);
    const [, url] = await server.line(listeningLine);
    return {server, url};
}

export default async function (t) {
    const version = await run('godot3-server', ['--version'], {env: {HOME: t.tempDir()}}).catch((error) => ({error}));
    if (version.error || version.code === null) {
        t.skip('Godot 3', 'there is no godot3-server: apt-get install godot3-server');
        return;
    }

    t.test('Godot 3 joins our server, sends to it and to everybody, and leaves', async () => {
        const {server, url} = await startServer(t);
        const godot = clientOf(t, url, {GODOT_SENDS: '1:hi 0:all', GODOT_PACKETS: '2'});
        await godot.line('peer_connected 1', {timeout: 30});
        await godot.line('connection_succeeded 2');
        await godot.line('packet from 1: hi');
        await godot.line('packet from 1: all');
        await server.line('peer_connected 2');
        await server.line('packet from 2: hi');
        await server.line('packet from 2: all');
        await server.line('peer_disconnected 2');
    });

    t.test('two Godot 3 programs and our client hear of each other and are relayed by our server', async () => {
        const {server, url} = await startServer(t);
        const first = clientOf(t, url, {GODOT_MEMBERS: '2', GODOT_PACKETS: '2'}); // members: the server and the second
        await first.line(/^connection_succeeded 2$/, {timeout: 30});
        const second = clientOf(t, url, {GODOT_SENDS: '2:to-you -1:not-to-the-server', GODOT_MEMBERS: '2',
            GODOT_PACKETS: '-1'});
        await second.line('peer_connected 2', {timeout: 30});
        await first.line('peer_connected 3');
        await first.line('packet from 3: to-you');
        await first.line('packet from 3: not-to-the-server');
        await second.line('peer_disconnected 2');
        const ours = await t.startProgram('native', 'multiplayer_client', [url, '--dialect', 'godot3']).wait();
        assert.deepEqual(ours.lines.slice(0, 2).sort(), ['peer_connected 1', 'peer_connected 3']);
        await second.line('peer_connected 4');
        await second.line('peer_disconnected 4');
        const end = await server.stop();
        assert.deepEqual(end.lines.filter((line) => line.startsWith('packet')), ['packet from 4: hello']);
    });

    t.test('Godot 3 notices that our server goes', async () => {
        const {server, url} = await startServer(t);
        const godot = clientOf(t, url, {GODOT_PACKETS: '-1'});
        await godot.line('connection_succeeded 2', {timeout: 30});
        await server.stop();
        await godot.line(/^(server_disconnected|connection_failed)$/); // 3.2 calls the second for a lost session, too
    });

    t.test('our client joins a server of Godot 3', async () => {
        const port = await closedPort();
        const godot = startGodot(t, 'server.gd', {GODOT_PORT: String(port), GODOT_LEAVINGS: '1'});
        await godot.line('listen 0', {timeout: 30});
        const ours = await t.startProgram('native', 'multiplayer_client',
            [`ws://127.0.0.1:${port}`, '--dialect', 'godot3']).wait();
        assert.deepEqual([ours.code, ours.lines], [0, ['peer_connected 1', 'packet from 1: hello', 'peer_disconnected 1']]);
        const [, id] = await godot.line(/^peer_connected (\d+)$/);
        await godot.line(`packet from ${id}: hello`);
        await godot.line(`peer_disconnected ${id}`);
        assert.equal((await godot.wait()).code, 0);
    });

    t.test('our Godot 4 client learns that a server speaks Godot 3', async () => {
        const port = await closedPort();
        const godot = startGodot(t, 'server.gd', {GODOT_PORT: String(port), GODOT_LEAVINGS: '1'});
        await godot.line('listen 0', {timeout: 30});
        const ours = await t.startProgram('native', 'multiplayer_client', [`ws://127.0.0.1:${port}`]).wait();
        assert.equal(ours.code, 1);
        assert.match(ours.lines[0], /^failed WSP_ERR_PROTOCOL .*Godot 3's dialect/);
    });
}
