/* SPDX-License-Identifier: MIT */
// An echo run of both programs, and of the minimal and the signal pair, under valgrind: no bad access, nothing left
// allocated.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import {engines} from '../conformance/engines.mjs';
import {makeLocalCertificates} from '../harness/certificates.mjs';
import {connectTo, drivingServer, sampleMessages} from '../harness/echo_ws.mjs';
import {listeningLine} from '../harness/examples.mjs';
import {start} from '../harness/process.mjs';

const valgrind = '/usr/bin/valgrind';
const options = ['--quiet', '--error-exitcode=99', '--leak-check=full', '--show-leak-kinds=all',
    '--errors-for-leak-kinds=all', '--track-origins=yes'];

function startUnderValgrind(t, name, args) {
    const [program, programArgs] = t.programCommand('release', name, args);
    return start(valgrind, [...options, program, ...programArgs]);
}

function assertClean(end) {
    assert.equal(end.code, 0, end.errorLines.join('\n'));
    assert.deepEqual(end.errorLines, []);
}

export default async function (t) {
    if (!t.has(valgrind)) {
        t.skip('echo_client and echo_server under valgrind', 'valgrind is not installed');
        return;
    }
    const slow = {timeout: 180};

    for (const kind of ['minimal', 'signal']) {
        t.test(`valgrind finds nothing in ${kind}_client and ${kind}_server`, async () => {
            const server = startUnderValgrind(t, `${kind}_server`, ['--port', '0']);
            const [, url] = await server.line(listeningLine, {timeout: 60});
            const client = startUnderValgrind(t, `${kind}_client`, [url]);
            assertClean(await client.wait({timeout: 60}));
            assert.equal(client.lines.at(-1), 'WebSocket closed with code: 1000. Clean: true');
            await server.line('- Peer 1 closed with code: 1000, reason . Clean: true', {timeout: 60});
            server.signal('SIGTERM');
            assertClean(await server.wait({timeout: 60}));
        }, slow);
    }

    t.test('valgrind finds nothing in echo_server', async () => {
        const server = startUnderValgrind(t, 'echo_server', ['--port', '0', '--max-message', '2000000']);
        const [, url] = await server.line(listeningLine, {timeout: 60});
        const [polite, cut, open] = [await connectTo(url), await connectTo(url), await connectTo(url)];
        await polite.checkEchoes(sampleMessages());
        await polite.close(1000, 'bye');
        await cut.checkEchoes([{data: Buffer.alloc(100000), isBinary: true}]);
        cut.socket.terminate();
        await open.checkEchoes([{data: Buffer.from('still here'), isBinary: false}]);
        server.signal('SIGTERM');
        assertClean(await server.wait({timeout: 60}));
    }, slow);

    t.test('valgrind finds nothing in echo_client', async () => {
        const server = await drivingServer(sampleMessages());
        const client = startUnderValgrind(t, 'echo_client', [server.url, '--protocol', 'a']);
        await server.result;
        assertClean(await client.wait({timeout: 60}));
        await server.close();
        const refused = startUnderValgrind(t, 'echo_client', [server.url]);
        const end = await refused.wait({timeout: 60});
        assert.equal(end.code, 1);
        assert.deepEqual(end.errorLines, []);
    }, slow);

    const {authority, server: own} = makeLocalCertificates(t.tempDir());
    const ca = fs.readFileSync(authority.certificate);
    for (const engine of engines) {
        t.test(`valgrind finds nothing in echo_server over TLS [${engine}]`, async () => {
            const server = startUnderValgrind(t, 'echo_server', ['--engine', engine, '--port', '0', '--bind', '127.0.0.1',
                '--tls-key', own.key, '--tls-cert', own.certificate]);
            const [, url] = await server.line(listeningLine, {timeout: 60});
            const secure = url.replace('127.0.0.1', 'localhost');
            const [polite, cut, open] = [await connectTo(secure, {ca}), await connectTo(secure, {ca}), await connectTo(secure, {ca})];
            await polite.checkEchoes(sampleMessages());
            await polite.close(1000, 'bye');
            await cut.checkEchoes([{data: Buffer.alloc(60000), isBinary: true}]);
            cut.socket.terminate();
            await open.checkEchoes([{data: Buffer.from('still here'), isBinary: false}]);
            await assert.rejects(connectTo(secure));
            server.signal('SIGTERM');
            assertClean(await server.wait({timeout: 60}));
        }, slow);
    }

    t.test('valgrind finds nothing in echo_client over TLS', async () => {
        const tls = {key: fs.readFileSync(own.key), cert: fs.readFileSync(own.certificate)};
        for (const args of [['--ca', authority.certificate], ['--insecure']]) {
            const server = await drivingServer(sampleMessages(), {tls});
            const client = startUnderValgrind(t, 'echo_client', [server.url.replace('127.0.0.1', 'localhost'), ...args]);
            await server.result;
            const end = await client.wait({timeout: 60});
            assert.equal(end.code, 0, end.errorLines.join('\n'));
            // What valgrind says begins with two equals signs and its process.
            assert.deepEqual(end.errorLines.filter((line) => line.startsWith('==')), []);
            await server.close();
        }
    }, slow);
}
