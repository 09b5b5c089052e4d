/* SPDX-License-Identifier: MIT */
// The programs of a session natively: multiplayer_server with multiplayer_client in both dialects, and the demo game:
// lobby, names, turns, cheating, players who come and go, a server that goes, several instances in one process.

import assert from 'node:assert/strict';
import {closedPort, listeningLine} from '../harness/examples.mjs';

const dialects = ['godot4', 'godot3'];

async function startServer(t, name, args) {
    const server = t.startProgram('native', name, args);
    const [, url] = await server.line(listeningLine);
    return {server, url};
}

const transcript = ['peer_connected 1', 'packet from 1: hello', 'peer_disconnected 1'];

function programSuite(t) {
    for (const dialect of dialects) {
        t.test(`multiplayer_server and multiplayer_client print the lines of the design, ${dialect}`, async () => {
            const {server, url} = await startServer(t, 'multiplayer_server', ['--port', '0', '--dialect', dialect]);
            const client = await t.startProgram('native', 'multiplayer_client', [url, '--dialect', dialect]).wait();
            assert.deepEqual([client.code, client.lines], [0, transcript]);
            await server.line('peer_disconnected 2');
            const end = await server.stop();
            assert.deepEqual(end.lines, [`listening on ${url}`, 'peer_connected 2', 'packet from 2: hello',
                'peer_disconnected 2']);
            assert.equal(end.code, 0);
        });

        t.test(`a client of the other dialect learns why it cannot join a ${dialect} server`, async () => {
            const other = dialect === 'godot4' ? 'godot3' : 'godot4';
            const {server, url} = await startServer(t, 'multiplayer_server', ['--port', '0', '--dialect', dialect]);
            const client = await t.startProgram('native', 'multiplayer_client', [url, '--dialect', other]).wait();
            assert.equal(client.code, 1);
            assert.equal(client.lines.length, 1);
            assert.match(client.lines[0], dialect === 'godot4' ? /^failed WSP_ERR_PROTOCOL .*Godot 4's dialect/ :
                /^failed WSP_ERR_PROTOCOL .*Godot 3's dialect/);
            await server.line('peer_disconnected 2');
        });
    }

    t.test('SIGINT ends a server with a client cleanly, and the client hears of it', async () => {
        const {server, url} = await startServer(t, 'multiplayer', ['server', '--port', '0']);
        const client = t.startProgram('native', 'multiplayer', ['client', url]);
        await client.line('[guest] in the lobby');
        const end = await server.stop('SIGINT');
        assert.equal(end.code, 0);
        await client.line('[guest] the session is over: the connection was closed: 1001');
        assert.equal((await client.wait()).code, 0);
    });

    t.test('a server that is not there fails both clients', async () => {
        const url = `ws://127.0.0.1:${await closedPort()}`;
        const client = await t.startProgram('native', 'multiplayer_client', [url]).wait();
        assert.equal(client.code, 1);
        assert.match(client.lines.join('\n'), /^failed WSP_ERR_CANT_CONNECT \S/);
        const player = await t.startProgram('native', 'multiplayer', ['client', url]).wait();
        assert.equal(player.code, 1);
        assert.match(player.lines.join('\n'), /^\[guest\] could not join: \S/);
    });

    t.test('a taken port is one line and exit status 1', async () => {
        const {url} = await startServer(t, 'multiplayer_server', ['--port', '0']);
        for (const args of [['multiplayer_server', []], ['multiplayer', ['server']]]) {
            const [name, mode] = args;
            const second = await t.startProgram('native', name, [...mode, '--port', new URL(url).port]).wait();
            assert.equal(second.code, 1);
            assert.match(second.lines.join('\n'), /^failed WSP_ERR_ADDRESS_IN_USE \S/);
        }
    });

    t.test('wrong command lines exit 2', async () => {
        const wrong = [['multiplayer_server', ['--dialect', 'godot2']], ['multiplayer_client', []],
            ['multiplayer_client', ['ws://x', '--dialect']], ['multiplayer', ['dance']], ['multiplayer', ['server', 'x']],
            ['multiplayer', []]];
        for (const [name, args] of wrong) {
            const end = await t.startProgram('native', name, args).wait();
            assert.equal(end.code, name === 'multiplayer' && args.length === 0 ? 0 : 2, `${name} ${args}`);
        }
    });
}

/** A player at a terminal of its own. */
async function join(t, url, name, dialect) {
    const player = t.startProgram('native', 'multiplayer', ['client', url, '--name', name, '--dialect', dialect],
        {typing: true});
    await player.line(/ in the lobby$| is to roll$/);
    return player;
}

async function playToTheEnd(players) {
    const [ann, bob] = players;
    let winner = null;
    for (let turn = 0; turn < 40 && !winner; turn++) {
        const roller = players[turn % 2];
        roller.type('roll');
        const [, points] = await roller.line(/ \(you\) rolled [1-6] and has (\d+)$/);
        if (Number(points) >= 20) winner = turn % 2 === 0 ? 'ann' : 'bob';
        else await players[(turn + 1) % 2].line(/ \(you\) is to roll$/);
    }
    await ann.line(new RegExp(`^\\[ann\\] ${winner}( \\(you\\))? wins$`));
    await bob.line(new RegExp(`^\\[bob\\] ${winner}( \\(you\\))? wins$`));
    return winner;
}

function gameSuite(t) {
    for (const dialect of dialects) {
        t.test(`a game from the lobby to the win, with cheating refused, ${dialect}`, async () => {
            const {server, url} = await startServer(t, 'multiplayer', ['server', '--port', '0', '--dialect', dialect]);
            const ann = await join(t, url, 'ann', dialect);
            ann.type('start');
            await ann.line('[ann] refused it takes two to play');
            const bob = await join(t, url, 'bob', dialect);
            await ann.line('[ann] bob has a new name');
            bob.type('name ann');
            await bob.line('[bob] refused that name is taken, too long or not printable');
            bob.type('roll');
            await bob.line('[bob] nobody is playing; start?');
            bob.type('start');
            await ann.line('[ann] ann (you) is to roll');
            await bob.line('[bob] ann is to roll');
            bob.type('roll');
            await bob.line('[bob] it is not your turn (cheat?)');
            bob.type('cheat'); // rolls out of turn
            await bob.line('[bob] refused it is not your turn');
            ann.type('cheat'); // brings its own dice
            await ann.line('[ann] refused the server has the dice');
            await server.line('refused ann (the server has the dice)');
            const winner = await playToTheEnd([ann, bob]);
            await server.line(`${winner} wins`);
            await ann.line('[ann] in the lobby');
        });
    }

    t.test('players come and leave in the middle of a game', async () => {
        const {url} = await startServer(t, 'multiplayer', ['server', '--port', '0']);
        const [ann, bob] = [await join(t, url, 'ann', 'godot4'), await join(t, url, 'bob', 'godot4')];
        ann.type('start');
        await ann.line('[ann] ann (you) is to roll');
        const eve = await join(t, url, 'eve', 'godot4');
        await ann.line('[ann] eve has a new name');
        ann.type('quit'); // whose turn it is
        assert.equal((await ann.wait()).code, 0);
        await bob.line('[bob] ann left');
        await bob.line('[bob] bob (you) is to roll');
        bob.type('roll');
        await eve.line('[eve] eve (you) is to roll');
        eve.type('players');
        await eve.line(/^\[eve\] bob has \d points$/);
        await eve.line('[eve] eve (you) has 0 points and is to roll');
        eve.signal('SIGKILL');
        await bob.line('[bob] eve left');
        await bob.line('[bob] in the lobby');
    });

    t.test('a server that is killed is noticed', async () => {
        const {server, url} = await startServer(t, 'multiplayer', ['server', '--port', '0']);
        const ann = await join(t, url, 'ann', 'godot4');
        server.signal('SIGKILL');
        await ann.line(/^\[ann\] the session is over: \S/);
        assert.equal((await ann.wait()).code, 0);
    });

    for (const dialect of dialects) {
        t.test(`a server and sixteen clients in one process play a game, ${dialect}`, async () => {
            const end = await t.startProgram('native', 'multiplayer', ['combo', '--players', '16', '--dialect', dialect])
                .wait({timeout: 40});
            assert.equal(end.code, 0, end.lines.slice(-20).join('\n'));
            const count = (pattern) => end.lines.filter((line) => pattern.test(line)).length;
            assert.equal(count(/^\+ player \d+$/), 16);
            assert.equal(count(/^bot \d+ wins$/), 1);
            assert.equal(count(/^\[bot \d+\] bot \d+( \(you\))? wins$/), 16);
            assert.equal(count(/^\[(bot|player) \d+\] the session is over: the connection was closed: 1001$/), 16);
            assert.equal(count(/^refused (bot 16|player \d+) \(it is not your turn\)$/), 1);
        });
    }
}

export default async function (t) {
    programSuite(t);
    gameSuite(t);
}
