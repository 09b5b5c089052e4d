/* SPDX-License-Identifier: MIT */
// Connections that share a wsp_tls_options resume their TLS session, for the same host and port only; and what comes of
// bytes that are changed on their way, of a TLS connection that is given up, and of many handshakes that never end.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import {once} from 'node:events';
import {accept, readRequest} from '../conformance/clients.mjs';
import {request} from '../conformance/upgrade.mjs';
import {engines} from '../conformance/engines.mjs';
import {Random, chooseSeed} from '../conformance/random.mjs';
import {CLOSE, Frames} from '../conformance/wire.mjs';
import {makeAuthority, makeLocalCertificates} from '../harness/certificates.mjs';
import {connectTo} from '../harness/echo_ws.mjs';
import {start, withTimeout} from '../harness/process.mjs';
import {assertCleanEnds, assertGood, assertRefused, following, probe, probeAll, probeServer, startEcho, startOurs} from './servers.mjs';
import {listenRaw, listenTls} from './tls_wire.mjs';

export default async function (t) {
    const folder = t.tempDir();
    const {authority, server: own} = makeLocalCertificates(folder);
    const trusting = ['--ca', authority.certificate];
    const material = {key: fs.readFileSync(own.key), cert: fs.readFileSync(own.certificate)};
    const f = new Frames(false);

    /** A server that echoes one message on each connection and remembers which sessions were resumed. */
    async function listenCounting(options) {
        const server = await listenTls({...material, ...options});
        const resumed = [];
        const served = new Set();
        server.serve = async (count) => {
            while (served.size < count) {
                const one = server.all.find((candidate) => !served.has(candidate));
                if (!one) {
                    await new Promise((resolve) => setImmediate(resolve));
                    continue;
                }
                served.add(one);
                await accept(one.wire, readRequest(await one.wire.head('the request of the client')));
                resumed.push(one.socket.isSessionReused());
                await one.wire.nextFrame('the message');
                await one.wire.write(f.text('back'));
                assert.equal((await one.wire.nextFrame('the close frame')).opcode, CLOSE);
                await one.wire.write(f.close(1000));
                one.wire.end();
            }
            return resumed;
        };
        return server;
    }

    // In TLS 1.3 a ticket serves once, and Node sends none for a session that was resumed.
    for (const [version, resumed] of [['TLSv1.2', [false, true, true]], ['TLSv1.3', [false, true]]]) {
        t.test(`${version}, a second connection with the same options resumes the session`, async () => {
            const server = await listenCounting({minVersion: version, maxVersion: version});
            const ended = probeAll(t, resumed.map(() => server.url), [...trusting, '--send', 'x', '--close-after', '1']);
            ended.catch(() => {});
            assert.deepEqual(await server.serve(resumed.length), resumed);
            (await ended).forEach((end) => assertGood(end, 1));
            server.close();
        });
    }
    t.test('a session is not resumed for another name of the same server', async () => {
        const named = makeAuthority(folder, 'another').issue('named', {names: ['DNS:localhost']});
        const port = await startOurs(t, named);
        const urls = ['localhost', '127.0.0.1', 'localhost'].map((host) => `wss://${host}:${port}`);
        const ends = await probeAll(t, urls, ['--ca', `${folder}/another.crt`, '--send', 'x', '--close-after', '1']);
        assertGood(ends[0], 1);
        assertRefused(ends[1], 'WSP_ERR_TLS_CERTIFICATE', /IP address mismatch/i, '127.0.0.1');
        assertGood(ends[2], 1);
    });
    for (const version of ['-tls1_2', '-tls1_3']) {
        t.test(`our server resumes the sessions of openssl s_client ${version}`, async () => {
            const port = await startOurs(t, own);
            const session = `${folder}/session${version}`;
            for (const resumed of [false, true, true]) {
                const program = start('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, version,
                    ...(resumed ? ['-sess_in', session] : []), '-sess_out', session], {raw: true});
                const until = following(program);
                // The answer comes behind the tickets.
                program.child.stdin.write(request());
                await until(/\r\n\r\n/);
                await until(resumed ? /^Reused, /m : /^New, /m);
                await program.stop();
            }
        });
    }

    /** A wire to `port` that changes one byte on its way, in one of the two directions. */
    function listenChanging(port, at, toServer) {
        return listenRaw((socket) => {
            const inner = net.connect({host: '127.0.0.1', port});
            const change = (from, to, isChanged) => {
                let passed = 0;
                from.on('data', (chunk) => {
                    if (isChanged && at >= passed && at < passed + chunk.length) chunk[at - passed] ^= 0x55;
                    passed += chunk.length;
                    to.write(chunk);
                });
                from.on('end', () => to.end());
                from.on('error', () => to.destroy());
            };
            change(socket, inner, toServer);
            change(inner, socket, !toServer);
        });
    }

    const changes = 60;
    t.test(`${changes} connections with one byte changed end with an error or as if it had not been`, async () => {
        const random = new Random(chooseSeed());
        const port = await startOurs(t, own);
        let failed = 0;
        for (let i = 0; i < changes; i++) {
            const [at, toServer] = [random.below(1600), random.chance(50)];
            const between = await listenChanging(port, at, toServer);
            const end = await probe(t, `wss://localhost:${between.port}`,
                [...trusting, '--send', 'hello', '--close-after', '1', '--timeout', '20']);
            between.close();
            const what = `byte ${at} ${toServer ? 'to the server' : 'to the client'}: ${JSON.stringify(end)}`;
            if (end.error === 'WSP_OK') {
                assert.deepEqual([end.code, end.messages, end.bytes], [1000, 1, 5], what);
            } else {
                failed++;
                assert.notEqual(end.message, '', what);
                assert.ok(end.seconds < 15, what);
            }
        }
        assert.ok(failed > changes / 4, `only ${failed} of ${changes} failed`);
        await (await connectTo(`wss://localhost:${port}`, {ca: fs.readFileSync(authority.certificate)}))
            .checkEchoes([{data: Buffer.from('still here'), isBinary: false}]);
    }, {timeout: 200});

    t.test('a client that gives up inside the handshake leaves nothing behind', async () => {
        const server = await listenRaw(() => {});
        const program = start(`${t.buildDir('asan')}/tests/tls/probe`, ['--url', `wss://localhost:${server.port}`, ...trusting]);
        await server.connected;
        const end = await program.stop();
        server.close();
        assert.equal(end.code, 0, end.errorLines.join('\n'));
    });
    // T17: each of them ends at its deadline.
    for (const engine of engines) t.test(`200 clients that stop inside the handshake do not keep a server from serving [${engine}]`, async () => {
        const {server, port} = await startEcho(t, ['--tls-key', own.key, '--tls-cert', own.certificate], engine);
        const silent = Array.from({length: 200}, () => net.connect({host: '127.0.0.1', port}).on('error', () => {}));
        await Promise.all(silent.map((socket) => once(socket, 'connect')));
        silent.forEach((socket, i) => i % 2 && socket.write(Buffer.from([22, 3, 1, 2, 0, 1])));
        const client = await connectTo(`wss://localhost:${port}`, {ca: fs.readFileSync(authority.certificate)});
        await client.checkEchoes([{data: Buffer.from('x'), isBinary: false}]);
        await withTimeout(Promise.all(silent.map((socket) => socket.resume() && once(socket, 'close'))), 30,
            () => 'the server should have ended all of them');
        assert.equal((await client.close(1000)).code, 1000);
        assert.equal((await server.stop()).code, 0);
    }, {timeout: 60});
    t.test('a client destroyed by its program is a lost connection for the server', async () => {
        const server = await probeServer(t, own);
        const client = await connectTo(`wss://localhost:${server.port}`, {ca: fs.readFileSync(authority.certificate)});
        client.socket.terminate();
        const report = await server.next();
        assert.deepEqual([report.error, report.code, report.opened], ['WSP_ERR_CONNECTION_LOST', -1, true]);
    });
    t.test('our programs ended cleanly and no sanitizer has spoken', assertCleanEnds);
}
