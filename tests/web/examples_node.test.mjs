/* SPDX-License-Identifier: MIT */
// The example clients as wasm under Node, against our servers, the npm package ws and Python's websockets; and the
// servers, which compile for the web and say there that they cannot listen.

import assert from 'node:assert/strict';
import {drivingServer, echoServer, sampleMessages} from '../harness/echo_ws.mjs';
import {closedPort, listeningLine, minimalTranscript, pythonPeer} from '../harness/examples.mjs';

export default async function (t) {
    const run = (name, args) => t.startProgram('node', name, args).wait({timeout: 40});

    for (const kind of ['minimal', 'signal']) {
        t.test(`${kind}_client prints under Node what it prints natively`, async () => {
            const server = t.startProgram('native', `${kind}_server`, ['--port', '0']);
            const [, url] = await server.line(listeningLine);
            const [node, native] = [await run(`${kind}_client`, [url]),
                await t.startProgram('native', `${kind}_client`, [url]).wait()];
            assert.deepEqual(node.lines, minimalTranscript(url));
            assert.deepEqual(node.lines, native.lines);
            assert.equal(node.code, 0);
            await server.line('- Peer 2 closed with code: 1000, reason . Clean: true');
        });

        t.test(`${kind}_client under Node talks to the npm package ws`, async () => {
            const server = await echoServer();
            const client = await run(`${kind}_client`, [server.url]);
            await server.close();
            assert.deepEqual([client.code, client.lines], [0, minimalTranscript(server.url)]);
        });

        t.test(`${kind}_client under Node talks to Python websockets`, async () => {
            const server = t.startPython(pythonPeer, ['server']);
            const [, url] = await server.line(listeningLine);
            const client = await run(`${kind}_client`, [url]);
            assert.deepEqual([client.code, client.lines], [0, minimalTranscript(url)]);
        });
    }

    t.test('echo_client under Node returns every kind of message to the npm package ws', async () => {
        const server = await drivingServer(sampleMessages({biggest: 8 << 20}));
        const client = await run('echo_client', [server.url]);
        assert.equal((await server.result).code, 3000);
        await server.close();
        assert.deepEqual([client.code, client.lines], [0, ['closed 3000 that is all clean']]);
    });

    t.test('echo_client under Node returns every kind of message to Python websockets', async () => {
        const server = t.startPython(pythonPeer, ['drive']);
        const [, url] = await server.line(listeningLine);
        const client = await run('echo_client', [url]);
        const end = await server.wait();
        assert.equal(end.code, 0, end.errorLines.join('\n'));
        assert.equal(end.lines.at(-1), 'ok 21');
        assert.deepEqual([client.code, client.lines], [0, ['closed 3000 that is all clean']]);
    });

    t.test('echo_client under Node offers its subprotocols', async () => {
        const server = await drivingServer([{data: Buffer.from('x'), isBinary: false}]);
        const client = await run('echo_client', [server.url, '--protocol', 'a', '--protocol', 'b']);
        await server.close();
        assert.equal(client.code, 0, client.lines.join('\n'));
        assert.equal(server.requests[0].headers['sec-websocket-protocol'].replaceAll(' ', ''), 'a,b');
    });

    t.test('a refused connection fails the clients under Node', async () => {
        const url = `ws://127.0.0.1:${await closedPort()}`;
        const echo = await run('echo_client', [url]);
        assert.equal(echo.code, 1);
        assert.match(echo.lines.join('\n'), /^failed WSP_ERR_CANT_CONNECT \S.*$/);
        for (const name of ['minimal_client', 'signal_client']) {
            const end = await run(name, [url]);
            assert.equal(end.code, 1);
            assert.deepEqual(end.lines, [`Connecting to ${url}...`, 'WebSocket closed with code: -1. Clean: false']);
        }
    });

    t.test('a URL that the library refuses fails the clients under Node', async () => {
        const echo = await run('echo_client', ['http://127.0.0.1:1']);
        assert.equal(echo.code, 1);
        assert.match(echo.lines.join('\n'), /^failed WSP_ERR_INVALID_PARAMETER \S.*$/);
        const minimal = await run('minimal_client', ['http://127.0.0.1:1']);
        assert.equal(minimal.code, 1);
    });

    t.test('options that a browser cannot honour print one line and exit 2', async () => {
        for (const args of [['--header', 'A: b'], ['--deflate']]) {
            const end = await run('echo_client', ['ws://127.0.0.1:1', ...args]);
            assert.equal(end.code, 2, args.join(' '));
            assert.deepEqual([end.lines.length, end.errorLines.length], [0, 1], end.errorLines.join('\n'));
        }
    });

    t.test('the servers compile for the web and fail with WSP_ERR_UNSUPPORTED', async () => {
        for (const name of ['minimal_server', 'signal_server', 'echo_server', 'arena_server']) {
            const end = await run(name, ['--port', '0']);
            assert.equal(end.code, 1);
            assert.equal(end.lines.length, 1, end.lines.join('\n'));
            assert.match(end.lines[0], /^failed WSP_ERR_UNSUPPORTED \S/);
        }
    });
}
