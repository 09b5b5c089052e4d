/* SPDX-License-Identifier: MIT */
// The chat at a terminal: server and clients as programs of their own, all in one process, and with the npm package ws as
// the other side. The same client in a page: web/chat.test.mjs.

import assert from 'node:assert/strict';
import net from 'node:net';
import {makeLocalCertificates} from '../harness/certificates.mjs';
import {connectTo} from '../harness/echo_ws.mjs';
import {closedPort} from '../harness/examples.mjs';
import {withTimeout} from '../harness/process.mjs';

const text = (string) => ({data: Buffer.from(string), isBinary: false});
const isText = (string) => ({isBinary: false, data: Buffer.from(string)});

export default async function (t) {
    const startChat = (...args) => t.startProgram('native', 'chat', args, {typing: true});
    const startServer = async (...args) => {
        const server = startChat('server', '--port', '0', ...args);
        const [, url] = await server.line(/^listening on (wss?:\S+)$/);
        return {server, url};
    };
    const join = async (url, name, ...args) => {
        const client = startChat('client', url, '--nick', name, ...args);
        await client.line('* connected with subprotocol chat');
        await client.line(new RegExp(`^\\* guest-\\d+ is now ${name}$`));
        return client;
    };
    const connect = (url) => connectTo(url, {protocols: ['chat']});
    /** The next message of a ws client that is that text; others are passed over. */
    const nextIs = async (client, wanted) => {
        for (;;) {
            const message = await client.next();
            if (message.data.equals(isText(wanted).data)) return;
        }
    };

    t.test('chat lines go to all but one, to all and to one', async () => {
        const {server, url} = await startServer();
        const ann = await join(url, 'Ann');
        const bob = await join(url, 'Bob');
        await ann.line(/^\* guest-2 is now Bob$/);
        const cid = await join(url, 'Cid');
        await Promise.all([ann, bob].map((one) => one.line('* guest-3 is now Cid')));
        ann.type('Gr\u00fc\u00dfe');
        await Promise.all([bob, cid].map((one) => one.line('Ann: Gr\u00fc\u00dfe')));
        bob.type('/to Cid only you');
        await cid.line('Bob to you: only you');
        await bob.line('* to Cid: only you');
        cid.type('/all everybody');
        await Promise.all([ann, bob, cid].map((one) => one.line('Cid to all: everybody')));
        ann.type('/names');
        await ann.line('* here: Ann, Bob, Cid');
        assert.ok(!ann.lines.some((line) => line.startsWith('Ann:') || line.includes('only you')));
        await server.line('Ann: Gr\u00fc\u00dfe');
        assert.ok(!server.lines.some((line) => line.includes('only you')), 'a private line is not the console\'s');
    });

    t.test('the chat server\'s console speaks to all, to one and to all but one, and kicks with a reason', async () => {
        const {server, url} = await startServer();
        const ann = await join(url, 'Ann');
        const bob = await join(url, 'Bob');
        await server.line('* guest-2 is now Bob');
        server.type('good evening');
        await Promise.all([ann, bob].map((one) => one.line('Server: good evening')));
        server.type('/to Ann psst');
        await ann.line('Server to you: psst');
        server.type('/but Ann about Ann');
        await bob.line('Server: about Ann');
        server.type('/kick Nobody x');
        await server.line('* nobody is called that');
        server.type('/kick Bob enough of that');
        await server.line('- Bob left: code 4000, reason enough of that. Clean: true');
        const end = await bob.wait();
        assert.deepEqual([end.code, end.lines.at(-1)], [0, 'closed with code 4000, reason enough of that. Clean: true']);
        await ann.line('* Bob left');
        assert.ok(!ann.lines.includes('Server: about Ann'));
        assert.ok(!bob.lines.some((line) => line.includes('psst')));
    });

    t.test('a chat client leaves with its reason, at the end of its input, or when the server ends', async () => {
        const {server, url} = await startServer();
        const [ann, bob, cid] = [await join(url, 'Ann'), await join(url, 'Bob'), await join(url, 'Cid')];
        ann.type('/quit so long');
        await server.line('- Ann left: code 1000, reason so long. Clean: true');
        assert.equal((await ann.wait()).code, 0);
        bob.type(null);
        await server.line('- Bob left: code 1000, reason . Clean: true');
        assert.equal((await bob.wait()).code, 0);
        server.signal('SIGTERM');
        const end = await server.wait();
        assert.deepEqual([end.code, end.errorLines], [0, []]);
        assert.equal(end.lines.at(-1), '- Cid left: code 1001, reason . Clean: true');
        assert.equal((await cid.wait()).lines.at(-1), 'closed with code 1001, reason . Clean: true');
    });

    t.test('a chat server with several clients in one process', async () => {
        const combo = startChat('combo', '--port', '0', '--nick', 'Ann', '--nick', 'Bob');
        await combo.line(/^listening on /);
        await combo.line('[Bob] * guest-2 is now Bob');
        combo.type('Ann hello');
        await combo.line('[Bob] Ann: hello');
        combo.type('Bob /to Ann hi');
        await combo.line('[Ann] Bob to you: hi');
        combo.type('server /kick Ann bye');
        await combo.line('[Ann] closed with code 4000, reason bye. Clean: true');
        combo.type('nonsense here');
        await combo.line('* the first word is the name of a client, or `server`');
        combo.type('/quit');
        const end = await combo.wait();
        assert.deepEqual([end.code, end.errorLines], [0, []]);
        assert.ok(end.lines.some((line) => /^\[Bob\] closed with code 100[01], reason \. Clean: true$/.test(line)));
    });

    t.test('the chat server and the npm package ws', async () => {
        const {server, url} = await startServer();
        const client = await connect(url);
        assert.equal(client.socket.protocol, 'chat');
        await nextIs(client, '* welcome, guest-1');
        client.send(text('/nick Ann B'));
        await nextIs(client, '* guest-1 is now Ann');
        const other = await connect(url);
        for (const [line, answer] of [
            ['/nick Ann', '* somebody is called Ann already'], ['/nick', '* a name is one word of at most 24 bytes'],
            [`/nick ${'x'.repeat(25)}`, '* a name is one word of at most 24 bytes'],
            ['/to Zoe hi', '* nobody is called that'], ['/dance', '* there is no such command'],
        ]) {
            other.send(text(line));
            await nextIs(other, answer);
        }
        other.send(text('a\x1b[2Jb'));
        await server.line('guest-2: a?[2Jb');
        await nextIs(client, 'guest-2: a\x1b[2Jb');
        other.send({data: Buffer.from([1]), isBinary: true});
        assert.deepEqual(await other.closed, {code: 1003, reason: 'only text here'});
        await server.line('- guest-2 left: code 1003, reason only text here. Clean: true');
        client.send(text('x'.repeat(1025)));
        assert.equal((await client.closed).code, 1009);
        await server.line('- Ann left: code -1, reason . Clean: false');
    });

    t.test('the chat server wants its subprotocol and ends a handshake that takes too long', async () => {
        const {url} = await startServer('--handshake-timeout', '300');
        await assert.rejects(connectTo(url), /400/);
        const started = performance.now();
        const silent = net.connect(Number(new URL(url).port), '127.0.0.1');
        silent.on('error', () => {});
        await withTimeout(new Promise((resolve) => silent.resume().once('close', resolve)), 10, () => 'still connected');
        assert.ok(performance.now() - started >= 290, 'not before its time');
        await nextIs(await connect(url), '* welcome, guest-1');
    });

    t.test('a chat server that refuses lets nobody in until it welcomes', async () => {
        const {server, url} = await startServer();
        server.type('/refuse');
        server.type('/names');
        await server.line('* here:');
        const waiting = connect(url);
        server.type('/names');
        await server.line('* here:');
        assert.ok(!server.lines.some((line) => line.startsWith('+')));
        server.type('/welcome');
        await nextIs(await waiting, '* welcome, guest-1');
    });

    t.test('a chat client that does not read is closed, and the others lose nothing', async () => {
        const {server, url} = await startServer();
        const [slow, talker, listener] = [await connect(url), await connect(url), await connect(url)];
        slow.socket.pause();
        const count = 12000; // 12 MB: more than the system's buffers hold for the one who does not read
        for (let i = 0; i < count; i++) talker.send(text(`${i} ${'.'.repeat(1000)}`));
        for (let i = 0; i < count; i++) await nextIs(listener, `guest-2: ${i} ${'.'.repeat(1000)}`);
        await server.line(/^- guest-1 left: code -1, reason \. Clean: false$/, {timeout: 20});
        assert.ok(await talker.next());
    }, {timeout: 120});

    t.test('a chat client says why it cannot connect, and refuses what the server would', async () => {
        const refused = await startChat('client', `ws://127.0.0.1:${await closedPort()}`).wait();
        assert.equal(refused.code, 1);
        assert.match(refused.lines.at(-1), /^failed WSP_ERR_CANT_CONNECT \S/);
        const bad = await startChat('client', 'http://127.0.0.1').wait();
        assert.equal(bad.code, 1);
        assert.match(bad.lines.at(-1), /^failed WSP_ERR_INVALID_PARAMETER \S/);
        const {url} = await startServer();
        const long = await startChat('client', url, '--nick', 'x'.repeat(25)).wait();
        assert.deepEqual([long.code, long.lines], [1, [`* this name has more than 24 bytes: ${'x'.repeat(25)}`]]);
        const later = startChat('client');
        later.type(`/connect ${url} Zoe`);
        await later.line('* guest-1 is now Zoe');
        later.type('x'.repeat(1025));
        await later.line('* that is too long');
        /* Nor is the rest of it a line of its own, wherever it was cut. */
        later.type(`${'x'.repeat(4095)}/nick Oops`);
        await later.line('* that is too long');
        later.type('/names');
        await later.line('* here: Zoe');
    });

    t.test('chat command lines', async () => {
        const help = await startChat('--help').wait();
        assert.equal(help.code, 0);
        assert.match(help.lines.join('\n'), /chat server .*\nchat client .*\nchat combo /);
        for (const args of [[], ['dance'], ['server', '--nonsense'], ['server', 'ws://x'],
            ['server', '--port', '0', '--tls-key', '/none']]) {
            const end = await startChat(...args).wait();
            assert.deepEqual([end.code, end.lines, end.errorLines.length], [2, [], 1], args.join(' '));
        }
        for (const args of [['server', '--port', '0', '--tls-key', '/none', '--tls-cert', '/none'],
            ['client', 'wss://x', '--ca', '/none']]) {
            const end = await startChat(...args).wait();
            assert.equal(end.code, 1);
            assert.match(end.lines.join('\n'), /^failed WSP_ERR_INVALID_PARAMETER .*\/none/);
        }
    });

    t.test('a chat over TLS, for clients that trust it', async () => {
        const {authority, server: {key, certificate}} = makeLocalCertificates(t.tempDir());
        const {url} = await startServer('--tls-key', key, '--tls-cert', certificate);
        assert.match(url, /^wss:/);
        const [ann, bob] = [await join(url, 'Ann', '--ca', authority.certificate), await join(url, 'Bob', '--insecure')];
        ann.type('in private');
        await bob.line('Ann: in private');
        const stranger = await startChat('client', url).wait();
        assert.match(stranger.lines.at(-1), /^failed WSP_ERR_TLS_CERTIFICATE \S/);
    });
}
