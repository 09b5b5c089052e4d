/* SPDX-License-Identifier: MIT */
// Messages over TLS: with the npm package ws and Python's websockets in both roles, around the size of a TLS record, one
// byte per write, and many connections in one process and on several threads.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {engines} from '../conformance/engines.mjs';
import {connectTo, drivingServer, sampleMessages} from '../harness/echo_ws.mjs';
import {listeningLine, pythonPeer} from '../harness/examples.mjs';
import {makeLocalCertificates} from '../harness/certificates.mjs';
import {runOk} from '../harness/process.mjs';
import {startOurs} from './servers.mjs';

const record = 16384;

/** Payloads whose frames end just before, at and behind the end of a record, for both lengths of the frame's head. */
function recordMessages() {
    const sizes = [1, 2, 3, 5].flatMap((n) => [-15, -14, -10, -8, -4, -1, 0, 1].map((more) => n * record + more));
    return sizes.flatMap((size) => [
        {data: Buffer.alloc(size, 'x'), isBinary: false},
        {data: Buffer.from(Array.from({length: size}, (_, i) => (i * 31) & 255)), isBinary: true},
    ]);
}

export default async function (t) {
    const {authority, server: own} = makeLocalCertificates(t.tempDir());
    const ca = fs.readFileSync(authority.certificate);
    const tls = {key: fs.readFileSync(own.key), cert: fs.readFileSync(own.certificate)};
    const trust = {env: {SSL_CERT_FILE: authority.certificate}};
    const echoClient = (url) =>
        t.startProgram('native', 'echo_client', [url.replace('127.0.0.1', 'localhost'), '--ca', authority.certificate])
            .wait({timeout: 50});

    for (const version of ['TLSv1.2', 'TLSv1.3']) {
        const only = {minVersion: version, maxVersion: version};
        for (const engine of engines) {
            t.test(`${version}, ${engine} engine, echo_server returns every kind of message to the npm package ws`, async () => {
                const client = await connectTo(`wss://localhost:${await startOurs(t, own, [], engine)}`, {ca, ...only});
                await client.checkEchoes(sampleMessages({biggest: 5 << 20}));
                assert.equal((await client.close(3002, 'done')).code, 3002);
            });
            t.test(`${version}, ${engine} engine, echo_server returns messages around the size of a record`, async () => {
                const client = await connectTo(`wss://localhost:${await startOurs(t, own, [], engine)}`, {ca, ...only});
                await client.checkEchoes(recordMessages());
                assert.equal((await client.close(1000)).code, 1000);
            });
        }
        t.test(`${version}, echo_client returns every kind of message to the npm package ws`, async () => {
            const server = await drivingServer(sampleMessages({biggest: 5 << 20}), {tls: {...tls, ...only}});
            const client = await echoClient(server.url);
            assert.deepEqual([client.lines, client.errorLines], [['closed 3000 that is all clean'], []]);
            assert.equal((await server.result).code, 3000);
            await server.close();
        });
        t.test(`${version}, echo_client returns messages around the size of a record`, async () => {
            const server = await drivingServer(recordMessages(), {tls: {...tls, ...only}});
            const client = await echoClient(server.url);
            assert.deepEqual(client.lines, ['closed 3000 that is all clean']);
            await server.result;
            await server.close();
        });
    }

    t.test('echo_server returns every kind of message to Python websockets', async () => {
        const port = await startOurs(t, own);
        const client = await t.startPython(pythonPeer, ['client', `wss://localhost:${port}`], trust).wait({timeout: 50});
        assert.deepEqual([client.code, client.lines], [0, ['ok 21']], client.errorLines.join('\n'));
    });

    t.test('echo_client returns every kind of message to Python websockets', async () => {
        const server = t.startPython(pythonPeer, ['drive', own.key, own.certificate]);
        const [, url] = await server.line(listeningLine);
        const client = await echoClient(url);
        const end = await server.wait();
        assert.equal(end.code, 0, end.errorLines.join('\n'));
        assert.deepEqual(client.lines, ['closed 3000 that is all clean']);
    });

    for (const engine of engines) t.test(`${engine} engine, echo_server loses nothing when a client sends a burst and reads late`, async () => {
        const port = await startOurs(t, own, ['--max-message', '200000'], engine);
        const client = await connectTo(`wss://localhost:${port}`, {ca});
        const messages = Array.from({length: 300}, (_, i) => ({data: Buffer.alloc((i * 7919) % 200000, i), isBinary: true}));
        client.socket.pause();
        messages.forEach((message) => client.send(message));
        client.socket.resume();
        for (const [index, sent] of messages.entries()) {
            const got = await client.next();
            assert.ok(got.data.equals(sent.data), `message ${index}`);
        }
        assert.equal((await client.close(1000)).code, 1000);
    });

    const couples = (preset, name, threads, pairs, size, authorities = authority.certificate) =>
        runOk(path.join(t.buildDir(preset), 'tests/tls', name),
            [own.key, own.certificate, authorities, threads, pairs, size], {timeout: 170, ...trust});

    t.test('5 MiB go both ways when every write takes one byte', async () => {
        assert.deepEqual((await couples('release', 'couples_virtual', 1, 1, 5 << 20)).lines, ['ok 1 connections']);
    }, {timeout: 180});
    t.test('one byte per write under the sanitizers', async () => {
        assert.deepEqual((await couples('asan', 'couples_virtual', 1, 3, 100000)).lines, ['ok 3 connections']);
    }, {timeout: 180});
    t.test('500 clients and 500 servers in one process', async () => {
        assert.deepEqual((await couples('asan', 'couples', 1, 500, 5000)).lines, ['ok 500 connections']);
    }, {timeout: 180});
    t.test('the same options on 8 threads, destroyed first', async () => {
        assert.deepEqual((await couples('asan', 'couples', 8, 10, 50000)).lines, ['ok 80 connections']);
    }, {timeout: 180});
    t.test('the same options on 8 threads have no data race', async () => {
        await runOk('cmake', ['--preset', 'tsan', '-B', t.buildDir('tsan')]);
        await runOk('cmake', ['--build', t.buildDir('tsan'), '--target', 'couples'], {timeout: 300});
        assert.deepEqual((await couples('tsan', 'couples', 8, 6, 20000)).lines, ['ok 48 connections']);
        // Without options the threads share what the system trusts, and its first use.
        assert.deepEqual((await couples('tsan', 'couples', 8, 6, 20000, '-')).lines, ['ok 48 connections']);
    }, {timeout: 500});
}
