/* SPDX-License-Identifier: MIT */
// The example programs natively: with each other, with the npm package ws and with Python's websockets; what they
// print, what they answer to wrong command lines and broken connections, and how they end.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import {setTimeout as pause} from 'node:timers/promises';
import {assertSameMessage, connectTo, drivingServer, echoServer, sampleMessages} from '../harness/echo_ws.mjs';
import {closedPort, listeningLine, minimalTranscript, pythonPeer} from '../harness/examples.mjs';

const text = (string) => ({data: Buffer.from(string), isBinary: false});
const binary = (data) => ({data: Buffer.from(data), isBinary: true});

async function startServer(t, name, args = ['--port', '0']) {
    const server = t.startProgram('native', name, args);
    const [, url] = await server.line(listeningLine);
    return {server, url};
}

function runProgram(t, name, args) {
    return t.startProgram('native', name, args).wait({timeout: 30});
}

function connectRaw(url) {
    const {hostname, port} = new URL(url);
    const socket = net.connect({host: hostname, port: Number(port)});
    socket.on('error', () => {});
    return new Promise((resolve, reject) => socket.once('connect', () => resolve(socket)).once('error', reject));
}

/** Waits until the server has stopped reading: what the client has still to send no longer gets less. */
async function untilPushedBack(client) {
    for (let before = 0, still = 0; still < 5; before = client.socket.bufferedAmount) {
        await pause(100);
        still = client.socket.bufferedAmount === before ? still + 1 : 0;
    }
    assert.ok(client.socket.bufferedAmount > 1 << 20, 'the server should push back');
}

/** Seconds of processor time that a process has used. */
function processorTime(pid) {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The smallest programs: `kind` is 'minimal', which poll, or 'signal', which do the same with handlers. */
function minimalSuite(t, kind) {
    t.test(`${kind}_client and ${kind}_server print the lines of the design`, async () => {
        const {server, url} = await startServer(t, `${kind}_server`);
        const client = await runProgram(t, `${kind}_client`, [url]);
        assert.deepEqual(client.lines, minimalTranscript(url));
        assert.equal(client.code, 0);
        await server.line(/^- Peer 1/);
        const end = await server.stop();
        assert.deepEqual(end.lines, [
            `listening on ${url}`, 'Server started.', '+ Peer 1 connected.',
            '< Got text data from peer 1: Test packet ... echoing',
            '- Peer 1 closed with code: 1000, reason . Clean: true',
        ]);
        assert.equal(end.code, 0);
    });

    t.test(`${kind}_client talks to the npm package ws`, async () => {
        const server = await echoServer();
        const client = await runProgram(t, `${kind}_client`, [server.url]);
        await server.close();
        assert.deepEqual(client.lines, minimalTranscript(server.url));
        assert.equal(client.code, 0);
    });

    t.test(`${kind}_client talks to Python websockets`, async () => {
        const server = t.startPython(pythonPeer, ['server']);
        const [, url] = await server.line(listeningLine);
        const client = await runProgram(t, `${kind}_client`, [url]);
        assert.deepEqual(client.lines, minimalTranscript(url));
        assert.equal(client.code, 0);
    });

    t.test(`${kind}_server talks to the npm package ws`, async () => {
        const {server, url} = await startServer(t, `${kind}_server`);
        const client = await connectTo(url);
        await client.checkEchoes([text('Gr\u00fc\u00dfe'), text('a\0b\x1b[2J\n'), text(''), binary([1, 2, 3]), binary('')]);
        assert.equal((await client.close(4321, 'so long\x07')).code, 4321);
        await server.line('+ Peer 1 connected.');
        await server.line('< Got text data from peer 1: Gr\u00fc\u00dfe ... echoing');
        await server.line('< Got text data from peer 1: a?b?[2J? ... echoing');
        await server.line('< Got text data from peer 1:  ... echoing');
        await server.line('< Got binary data from peer 1: 3 ... echoing');
        await server.line('< Got binary data from peer 1: 0 ... echoing');
        await server.line('- Peer 1 closed with code: 4321, reason so long?. Clean: true');
    });

    t.test(`${kind}_server talks to Python websockets`, async () => {
        const {server, url} = await startServer(t, `${kind}_server`);
        const client = await t.startPython(pythonPeer, ['minimal', url]).wait();
        assert.deepEqual([client.code, client.lines], [0, ['ok 2']]);
        await server.line('< Got binary data from peer 1: 3 ... echoing');
        await server.line('- Peer 1 closed with code: 1000, reason . Clean: true');
    });

    t.test(`${kind}_server numbers its peers and reports one that vanished`, async () => {
        const {server, url} = await startServer(t, `${kind}_server`);
        const [first, second] = [await connectTo(url), await connectTo(url)];
        await server.line('+ Peer 2 connected.');
        first.socket.terminate();
        await server.line('- Peer 1 closed with code: -1, reason . Clean: false');
        await second.checkEchoes([text('still here')]);
    });

    t.test(`${kind}_client prints binary messages and hides control bytes`, async () => {
        for (const [sent, printed] of [[binary([1, 2, 3, 4]), 'binary data from server: 4 bytes'],
            [text('a\0b\x1b[2J'), 'text data from server: a?b?[2J']]) {
            const server = await drivingServer([sent]);
            const client = await runProgram(t, `${kind}_client`, [server.url]);
            await server.close();
            assert.equal(client.lines[2], `< Got ${printed}`);
            assert.equal(client.code, 0);
        }
    });
}

function echoSuite(t) {
    t.test('echo_server returns every kind of message to the npm package ws', async () => {
        const {url} = await startServer(t, 'echo_server');
        const client = await connectTo(url);
        await client.checkEchoes(sampleMessages({biggest: 16 << 20}));
        assert.equal((await client.close(3002, 'done')).code, 3002);
    });

    t.test('echo_server returns every kind of message to Python websockets', async () => {
        const {url} = await startServer(t, 'echo_server', ['--port', '0', '--engine', 'peers']);
        const client = await t.startPython(pythonPeer, ['client', url]).wait({timeout: 50});
        assert.equal(client.code, 0, client.errorLines.join('\n'));
        assert.deepEqual(client.lines, ['ok 21']);
    });

    t.test('echo_client returns every kind of message to the npm package ws', async () => {
        const server = await drivingServer(sampleMessages({biggest: 16 << 20}));
        const client = await runProgram(t, 'echo_client', [server.url]);
        assert.equal((await server.result).code, 3000);
        await server.close();
        assert.deepEqual(client.lines, ['closed 3000 that is all clean']);
        assert.equal(client.code, 0);
    });

    t.test('echo_client returns every kind of message to Python websockets', async () => {
        const server = t.startPython(pythonPeer, ['drive']);
        const [, url] = await server.line(listeningLine);
        const client = await runProgram(t, 'echo_client', [url]);
        const end = await server.wait();
        assert.equal(end.code, 0, end.errorLines.join('\n'));
        assert.equal(end.lines.at(-1), 'ok 21');
        assert.deepEqual(client.lines, ['closed 3000 that is all clean']);
    });

    t.test('echo_server loses nothing when a client sends a burst and reads late', async () => {
        const {url} = await startServer(t, 'echo_server', ['--port', '0', '--max-message', '200000']);
        const client = await connectTo(url);
        const sizes = [0, 1, 0, 200000, 5, 70000, 0, 130000];
        const messages = Array.from({length: 400}, (_, i) => binary(Buffer.alloc(sizes[i % sizes.length], i)));
        client.socket.pause();
        messages.forEach((message) => client.send(message));
        await untilPushedBack(client);
        client.socket.resume();
        for (const [index, sent] of messages.entries()) {
            assertSameMessage(await client.next(), sent, `message ${index}`);
        }
        assert.equal((await client.close(1000)).code, 1000);
    });

    t.test('echo_server loses none of many empty messages', async () => {
        const {url} = await startServer(t, 'echo_server');
        const client = await connectTo(url);
        client.socket.pause();
        for (let i = 0; i < 30000; i++) client.send(text(''));
        client.send(text('end'));
        client.socket.resume();
        for (let i = 0; i < 30000; i++) assertSameMessage(await client.next(), text(''), `message ${i}`);
        assertSameMessage(await client.next(), text('end'));
    });

    t.test('echo_server answers a message with a close frame right behind it', async () => {
        const {url} = await startServer(t, 'echo_server');
        const client = await connectTo(url);
        client.socket._socket.cork();
        client.send(text('last words'));
        const closed = client.close(1000);
        client.socket._socket.uncork();
        assertSameMessage(await client.next(), text('last words'));
        assert.equal((await closed).code, 1000);
    });

    t.test('echo_server serves a few hundred clients at once', async () => {
        const {server, url} = await startServer(t, 'echo_server');
        const clients = await Promise.all(Array.from({length: 300}, () => connectTo(url)));
        const before = processorTime(server.pid);
        for (let round = 0; round < 5; round++) {
            await Promise.all(clients.map((client, i) => client.checkEchoes([text(`client ${i} round ${round}`)])));
        }
        assert.ok(processorTime(server.pid) - before < 5, `${processorTime(server.pid) - before} s for 1,500 echoes`);
        await Promise.all(clients.map((client) => client.close(1000)));
    });
}

function limitSuite(t) {
    t.test('echo_server closes with 1009 above --max-message and takes a message of that size', async () => {
        const {url} = await startServer(t, 'echo_server', ['--port', '0', '--max-message', '1000']);
        const client = await connectTo(url);
        await client.checkEchoes([binary(Buffer.alloc(1000, 7))]);
        client.send(binary(Buffer.alloc(1001, 7)));
        assert.equal((await client.closed).code, 1009);
    });

    t.test('echo_client ends unclean above --max-message', async () => {
        const server = await drivingServer([binary(Buffer.alloc(1001, 7))]);
        const client = await runProgram(t, 'echo_client', [server.url, '--max-message', '1000']);
        await server.close();
        assert.deepEqual([client.code, client.lines], [0, ['closed -1  unclean']]);
    });

    t.test('a server that waits uses no processor time', async () => {
        const {server, url} = await startServer(t, 'echo_server', ['--port', '0', '--max-message', '100000']);
        const [idle, stuck] = [await connectTo(url), await connectTo(url)];
        await idle.checkEchoes([text('hello')]);
        stuck.socket.pause(); // Its packets fill the server's queue and stay there.
        for (let i = 0; i < 200; i++) stuck.send(binary(Buffer.alloc(100000, i)));
        await untilPushedBack(stuck);
        const used = processorTime(server.pid);
        await pause(1000);
        assert.ok(processorTime(server.pid) - used < 0.2, `${processorTime(server.pid) - used} s of one second`);
        await idle.checkEchoes([text('still served')]);
    });
}

function commandLineSuite(t) {
    const refused = [
        ['echo_server', ['--engine', 'nonsense']], ['echo_server', ['--tls-key', 'k']],
        ['echo_server', ['--tls-cert', 'c']], ['echo_server', ['--tls-key']], ['echo_server', ['--deflate']],
        ['echo_client', ['ws://127.0.0.1:1', '--ca']], ['echo_client', ['--insecure']],
        ['echo_client', ['--deflate', 'ws://127.0.0.1:1']],
        ['echo_server', ['--port', '65536']], ['echo_server', ['--port']], ['echo_server', ['--port', '']],
        ['echo_server', ['--nonsense']], ['echo_server', ['extra']], ['echo_client', []], ['minimal_server', ['--bind', 'x']],
        ['minimal_client', ['--nonsense']], ['signal_client', ['--nonsense']],
        ['signal_server', ['--bind', 'x']], ['minimal_client', ['ws://127.0.0.1:1', 'ws://127.0.0.1:2']],
    ];
    for (const [name, args] of refused) {
        t.test(`${name} ${args.join(' ').replaceAll(':', '_')} prints one line and exits 2`, async () => {
            const end = await runProgram(t, name, args);
            assert.equal(end.code, 2);
            assert.deepEqual(end.lines, []);
            assert.equal(end.errorLines.length, 1, end.errorLines.join('\n'));
        });
    }

    t.test('values that the library refuses fail with its result', async () => {
        for (const args of [['--max-message', '0'], ['--protocol', 'no token'], ['--bind', 'not an address'],
            ['--bind', '192.0.2.1', '--port', '0']]) {
            const end = await runProgram(t, 'echo_server', args);
            assert.equal(end.code, 1, args.join(' '));
            assert.match(end.lines.join('\n'), /^failed WSP_ERR_(INVALID_PARAMETER|UNAVAILABLE) \S/);
        }
    });

    t.test('echo_server and echo_client agree on a subprotocol', async () => {
        const {url} = await startServer(t, 'echo_server', ['--port', '0', '--protocol', 'chat', '--protocol', 'game']);
        const client = await connectTo(url, {protocols: ['other', 'game', 'chat']});
        assert.equal(client.socket.protocol, 'game');
        await client.close(1000);
        const none = await runProgram(t, 'echo_client', [url, '--protocol', 'other']);
        assert.equal(none.code, 1);
        assert.match(none.lines.join('\n'), /^failed WSP_ERR_HANDSHAKE_REJECTED .*400/);
    });

    t.test('echo_client sends its subprotocols and headers', async () => {
        const server = await drivingServer([text('x')], {handleProtocols: (offered) => [...offered][1]});
        const client = await runProgram(t, 'echo_client',
            ['--protocol', 'a', '--header', 'X-Game: one', server.url, '--protocol', 'b', '--header', 'X-Level: 2']);
        await server.close();
        assert.equal(client.code, 0, client.lines.join('\n'));
        const {headers} = server.requests[0];
        assert.equal(headers['sec-websocket-protocol'].replaceAll(' ', ''), 'a,b');
        assert.deepEqual([headers['x-game'], headers['x-level']], ['one', '2']);
    });

    t.test('--bind decides where echo_server listens and what it prints', async () => {
        const {url} = await startServer(t, 'echo_server', ['--bind', '127.0.0.2', '--port', '0']);
        assert.match(url, /^ws:\/\/127\.0\.0\.2:\d+$/);
        await (await connectTo(url)).checkEchoes([text('here')]);
        await assert.rejects(connectTo(url.replace('127.0.0.2', '127.0.0.1')));
        const everywhere = await startServer(t, 'echo_server', ['--bind', '0.0.0.0', '--port', '0']);
        assert.match(everywhere.url, /^ws:\/\/127\.0\.0\.1:\d+$/);
        const ipv6 = t.startProgram('native', 'echo_server', ['--bind', '::1', '--port', '0']);
        const [line] = await ipv6.line(/.+/);
        if (!line.startsWith('failed ')) { // A machine without IPv6 says so.
            assert.match(line, /^listening on ws:\/\/\[::1\]:\d+$/);
            await (await connectTo(line.match(listeningLine)[1])).checkEchoes([text('here')]);
        }
    });

    t.test('a taken port fails with WSP_ERR_ADDRESS_IN_USE', async () => {
        const {url} = await startServer(t, 'echo_server');
        for (const name of ['echo_server', 'minimal_server', 'signal_server']) {
            const end = await runProgram(t, name, ['--port', new URL(url).port]);
            assert.equal(end.code, 1);
            assert.match(end.lines.join('\n'), /^failed WSP_ERR_ADDRESS_IN_USE \S/);
        }
    });
}

function failureSuite(t) {
    t.test('a refused connection fails the clients', async () => {
        const url = `ws://127.0.0.1:${await closedPort()}`;
        const echo = await runProgram(t, 'echo_client', [url]);
        assert.equal(echo.code, 1);
        assert.equal(echo.lines.length, 1);
        assert.match(echo.lines[0], /^failed WSP_ERR_CANT_CONNECT \S/);
        for (const name of ['minimal_client', 'signal_client']) {
            const end = await runProgram(t, name, [url]);
            assert.equal(end.code, 1);
            assert.deepEqual(end.lines, [`Connecting to ${url}...`, 'WebSocket closed with code: -1. Clean: false']);
            assert.match(end.errorLines.join('\n'), /^WSP_ERR_CANT_CONNECT: \S/);
        }
    });

    t.test('an HTTP answer instead of a handshake fails both clients', async () => {
        const server = http.createServer((request, response) => response.writeHead(404).end('no such game'));
        server.on('upgrade', (request, socket) => socket.end(
            'HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nConnection: close\r\n\r\nno such game'));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        const url = `ws://127.0.0.1:${server.address().port}/`;
        const echo = await runProgram(t, 'echo_client', [url]);
        const minimal = await runProgram(t, 'minimal_client', [url]);
        server.close();
        assert.equal(echo.code, 1);
        assert.match(echo.lines.join('\n'), /^failed WSP_ERR_HANDSHAKE_REJECTED .*404/);
        assert.equal(minimal.code, 1);
        assert.equal(minimal.lines.at(-1), 'WebSocket closed with code: -1. Clean: false');
        assert.match(minimal.errorLines.join('\n'), /^WSP_ERR_HANDSHAKE_REJECTED: .*404/);
    });

    t.test('URLs that the library refuses fail the clients', async () => {
        for (const [url, name] of [['http://127.0.0.1:1', 'INVALID_PARAMETER'], ['ws://host/#part', 'INVALID_PARAMETER'],
            ['nonsense', 'INVALID_PARAMETER'], ['ws://127.0.0.1:65536', 'INVALID_PARAMETER']]) {
            const echo = await runProgram(t, 'echo_client', [url]);
            assert.equal(echo.code, 1);
            assert.match(echo.lines.join('\n'), new RegExp(`^failed WSP_ERR_${name} \\S`));
            for (const client of ['minimal_client', 'signal_client']) {
                const end = await runProgram(t, client, [url]);
                assert.equal(end.code, 1);
                assert.deepEqual(end.lines, [`Connecting to ${url}...`, 'WebSocket closed with code: -1. Clean: false']);
            }
        }
    });

    t.test('echo_client reports a connection that is cut as unclean', async () => {
        const server = await echoServer();
        const client = t.startProgram('native', 'echo_client', [server.url]);
        (await server.connected).terminate();
        const end = await client.wait();
        await server.close();
        assert.deepEqual([end.code, end.lines], [0, ['closed -1  unclean']]);
    });

    t.test('echo_client prints a close reason raw but for control bytes', async () => {
        const server = await echoServer();
        const client = t.startProgram('native', 'echo_client', [server.url]);
        (await server.connected).close(4000, 'tsch\u00fc\u00df \x1b[31m');
        assert.deepEqual((await client.wait()).lines, ['closed 4000 tsch\u00fc\u00df ?[31m clean']);
        await server.close();
    });

    for (const name of ['minimal_server', 'signal_server']) {
        t.test(`${name} prints and echoes the messages that come together with the close frame`, async () => {
            const {server, url} = await startServer(t, name);
            const client = await connectRaw(url);
            const received = [];
            client.on('data', (data) => received.push(data));
            // Handshake, text "hi" twice and close 1000 (masked with zeros) in one segment: one poll sees all of it.
            client.end(Buffer.concat([
                Buffer.from(`GET / HTTP/1.1\r\nHost: ${new URL(url).host}\r\nUpgrade: websocket\r\n` +
                    'Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
                    'Sec-WebSocket-Version: 13\r\n\r\n'),
                Buffer.from('8182000000006869'.repeat(2) + '88820000000003e8', 'hex')]));
            await new Promise((resolve) => client.once('close', resolve));
            const end = await server.stop();
            assert.deepEqual(end.lines.slice(2), [
                '+ Peer 1 connected.', '< Got text data from peer 1: hi ... echoing',
                '< Got text data from peer 1: hi ... echoing', '- Peer 1 closed with code: 1000, reason . Clean: true']);
            assert.equal(Buffer.concat(received).toString('latin1').split('\r\n\r\n')[1], '\x81\x02hi\x81\x02hi\x88\x02\x03\xe8');
        });
    }

    for (const name of ['minimal_server', 'signal_server']) {
        t.test(`${name} outlives nonsense, a port scan and a client that stalls in its handshake`, async () => {
            const {server, url} = await startServer(t, name);
            const [scan, nonsense, stalled] = [await connectRaw(url), await connectRaw(url), await connectRaw(url)];
            scan.destroy();
            nonsense.resume().write('\x16\x03\x01 this is not HTTP\r\n\r\n');
            await new Promise((resolve) => nonsense.once('close', resolve));
            stalled.write('GET / HTTP/1.1\r\nHost: x\r\n');
            await (await connectTo(url)).checkEchoes([text('hello')]);
            const end = await server.stop();
            assert.equal(end.code, 0);
            assert.deepEqual(end.lines.slice(2, 4),
                ['+ Peer 1 connected.', '< Got text data from peer 1: hello ... echoing']);
            stalled.destroy();
        });
    }
}

function endSuite(t) {
    for (const signal of ['SIGTERM', 'SIGINT']) {
        t.test(`${signal} ends a server with open connections, exit 0`, async () => {
            for (const name of ['minimal_server', 'signal_server', 'echo_server']) {
                const {server, url} = await startServer(t, name);
                const clients = [await connectTo(url), await connectTo(url)];
                await clients[0].checkEchoes([text('hello')]);
                await clients[1].checkEchoes([text('hello')]);
                server.signal(signal);
                const end = await server.wait();
                assert.deepEqual([end.code, end.signal, end.errorLines], [0, null, []], name);
                assert.equal((await clients[0].closed).code, 1001);
                if (name !== 'echo_server') {
                    assert.ok(end.lines.includes('- Peer 2 closed with code: 1001, reason . Clean: true'));
                }
            }
        });
    }

    for (const name of ['minimal_server', 'signal_server']) {
        t.test(`a client that does not answer does not keep ${name} from ending`, async () => {
            const {server, url} = await startServer(t, name);
            const client = await connectTo(url);
            client.socket.pause();
            server.signal('SIGTERM');
            const end = await server.wait({timeout: 8});
            assert.equal(end.code, 0);
            assert.equal(end.lines.at(-1), '- Peer 1 closed with code: -1, reason . Clean: false');
        });
    }
}

export default async function (t) {
    minimalSuite(t, 'minimal');
    minimalSuite(t, 'signal');
    echoSuite(t);
    limitSuite(t);
    commandLineSuite(t);
    failureSuite(t);
    endSuite(t);
}
