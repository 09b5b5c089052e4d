/* SPDX-License-Identifier: MIT */
// The example clients as wasm in a real browser, against our servers, the npm package ws and Python's websockets; and
// the demo. The page that the demo serves has a suite of its own, test_page.test.mjs.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {closeBrowser, openPage, runProgramInPage} from '../harness/browser.mjs';
import {drivingServer, echoServer, sampleMessages} from '../harness/echo_ws.mjs';
import {closedPort, listeningLine, minimalTranscript, pythonPeer} from '../harness/examples.mjs';
import {servePages} from '../harness/page_server.mjs';
import {run, start} from '../harness/process.mjs';
import {inState, logHas} from '../harness/test_page.mjs';

function clientSuite(t) {
    const runInPage = (name, args) => runProgramInPage({
        script: path.join(t.buildDir('web'), 'examples', `${name}.js`), args, timeout: 50,
    });

    for (const kind of ['minimal', 'signal']) {
        t.test(`${kind}_client prints in Chromium what it prints natively`, async () => {
            const server = t.startProgram('native', `${kind}_server`, ['--port', '0']);
            const [, url] = await server.line(listeningLine);
            const [page, native] = [await runInPage(`${kind}_client`, [url]),
                await t.startProgram('native', `${kind}_client`, [url]).wait()];
            assert.deepEqual(page.lines, minimalTranscript(url));
            assert.deepEqual(page.lines, native.lines);
            assert.equal(page.code, 0);
            await server.line('- Peer 2 closed with code: 1000, reason . Clean: true');
        });

        t.test(`${kind}_client in Chromium talks to the npm package ws`, async () => {
            const server = await echoServer();
            const client = await runInPage(`${kind}_client`, [server.url]);
            await server.close();
            assert.deepEqual([client.code, client.lines], [0, minimalTranscript(server.url)]);
        });
    }

    t.test('minimal_client in Chromium talks to Python websockets', async () => {
        const server = t.startPython(pythonPeer, ['server']);
        const [, url] = await server.line(listeningLine);
        const client = await runInPage('minimal_client', [url]);
        assert.deepEqual([client.code, client.lines], [0, minimalTranscript(url)]);
    });

    t.test('echo_client in Chromium returns every kind of message to the npm package ws', async () => {
        const server = await drivingServer(sampleMessages({biggest: 8 << 20}));
        const client = await runInPage('echo_client', [server.url]);
        assert.equal((await server.result).code, 3000);
        await server.close();
        assert.deepEqual([client.code, client.lines], [0, ['closed 3000 that is all clean']]);
    });

    t.test('echo_client in Chromium returns every kind of message to Python websockets', async () => {
        const server = t.startPython(pythonPeer, ['drive']);
        const [, url] = await server.line(listeningLine);
        const client = await runInPage('echo_client', [url]);
        const end = await server.wait();
        assert.equal(end.code, 0, end.errorLines.join('\n'));
        assert.deepEqual([client.code, client.lines], [0, ['closed 3000 that is all clean']]);
    });

    t.test('a refused connection fails both clients in Chromium', async () => {
        const url = `ws://127.0.0.1:${await closedPort()}`;
        const echo = await runInPage('echo_client', [url]);
        assert.equal(echo.code, 1);
        assert.match(echo.lines.join('\n'), /^failed WSP_ERR_CANT_CONNECT \S.*$/);
        const minimal = await runInPage('minimal_client', [url]);
        assert.equal(minimal.code, 1);
        assert.deepEqual(minimal.lines, [`Connecting to ${url}...`, 'WebSocket closed with code: -1. Clean: false']);
    });

    t.test('a page without animation frames, as in a hidden tab, still takes its steps', async () => {
        const server = await drivingServer(sampleMessages());
        const pages = await servePages({
            '/program/': path.join(t.buildDir('web'), 'examples'),
            '/index.html': {html: `<!doctype html><script>
                globalThis.requestAnimationFrame = () => 0;
                var ended = {lines: [], code: null};
                var Module = {arguments: ['${server.url}'], print: (line) => ended.lines.push(line),
                    onExit: (code) => { ended.code = code; }};
                </script><script src="/program/echo_client.js"></script>`},
        });
        const page = await openPage(pages.url);
        await page.waitForFunction(() => globalThis.ended.code !== null, null, {timeout: 50000, polling: 50});
        assert.deepEqual(await page.evaluate(() => globalThis.ended),
            {lines: ['closed 3000 that is all clean'], code: 0});
        await page.close();
        await pages.close();
        await server.close();
    });
}

/** Resolves when nobody listens on the port any more. */
async function refuses(port) {
    const isOpen = () => new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
        socket.on('connect', () => socket.destroy());
    });
    for (const end = Date.now() + 10000; await isOpen();) assert.ok(Date.now() < end, 'the server still runs');
}

function demoSuite(t) {
    const demoArguments = [path.join(t.root, 'examples/demo/demo.mjs'),
        '--native', path.join(t.buildDir('asan'), 'examples'), '--web', path.join(t.buildDir('web'), 'examples')];

    t.test('the demo ends by itself without a terminal, with three transcripts that are the same', async () => {
        const demo = await run(process.execPath, demoArguments, {timeout: 100});
        assert.equal(demo.code, 0, [...demo.lines, ...demo.errorLines].join('\n'));
        assert.equal(demo.lines.filter((line) => line === '    > Sending test packet.').length, 6);
        assert.ok(demo.lines.includes('The three transcripts are identical.'));
        assert.ok(demo.lines.includes('The three transcripts over TLS are identical.'));
        assert.equal(demo.lines.filter((line) => line === '    packet from 1: hello').length, 2);
        assert.ok(demo.lines.includes('The two transcripts of a session are identical.'));
        assert.ok(demo.lines.includes('    - Peer 3 closed with code: 1000, reason . Clean: true'));
    }, {timeout: 120});

    t.test('the demo serves its page until it is told to end', async () => {
        const demo = start(process.execPath, [...demoArguments, '--serve']);
        const [, game] = await demo.line(/^A game for several tabs: (http:\S+)$/, {timeout: 100});
        const [, address] = await demo.line(/^Try it by hand: (http:\S+)$/);
        const table = await openPage(game);
        await table.click('#join button');
        await table.waitForFunction(() => document.querySelector('#lines').textContent.includes('in the lobby'));
        await table.close();
        const page = await openPage(address);
        await inState(page, 'CLOSED');
        await page.click('#connect');
        await demo.line('+ Peer 4 connected.');
        await page.click('#send');
        await demo.line('< Got text data from peer 4: Hello from the browser ... echoing');
        await logHas(page, 'received text, 22 B');
        demo.signal('SIGINT');
        const end = await demo.wait({timeout: 20});
        assert.equal(end.code, 0, end.errorLines.join('\n'));
        await inState(page, 'CLOSED'); // The server has said goodbye.
        assert.equal(await page.textContent('#code'), '1001');
        await page.close();
    }, {timeout: 150});

    for (const [name, code] of [['SIGINT', 130], ['SIGTERM', 143]]) {
        t.test(`a demo ended by ${name} half-way leaves no file and no program behind`, async () => {
            const temp = t.tempDir();
            const demo = start(process.execPath, demoArguments, {env: {TMPDIR: temp}});
            const [, port] = await demo.line(/Connecting to ws:\/\/127\.0\.0\.1:(\d+)/, {timeout: 60});
            assert.equal(fs.readdirSync(temp).filter((file) => file.startsWith('wspeer-')).length, 1);
            demo.signal(name);
            assert.equal((await demo.wait({timeout: 20})).code, code);
            assert.deepEqual(fs.readdirSync(temp).filter((file) => file.startsWith('wspeer-')), []);
            await refuses(Number(port));
        }, {timeout: 90});
    }

    t.test('the demo fails when a program is missing', async () => {
        const demo = await run(process.execPath, [...demoArguments.slice(0, 1), '--native', t.tempDir(), '--web', t.tempDir()]);
        assert.equal(demo.code, 1);
        assert.match(demo.errorLines.join('\n'), /^demo: .*minimal_server/);
    });
}

export default async function (t) {
    t.onEnd(closeBrowser);
    clientSuite(t);
    demoSuite(t);
}
