/* SPDX-License-Identifier: MIT */
// The TLS handshake apart from certificates: versions, ALPN, names asked for, no TLS where it was wanted and the other
// way round, silence and resets, renegotiation, and material that a server cannot use. Rows T2, T8, T9 (versions,
// ciphers, renegotiation), T10 (ALPN), T15 and T16 of bad-inputs.md.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import {once} from 'node:events';
import {accept, readRequest} from '../conformance/clients.mjs';
import {request, sampleKey} from '../conformance/upgrade.mjs';
import {CLOSE, Frames, acceptOf} from '../conformance/wire.mjs';
import {encryptKey, makeLocalCertificates} from '../harness/certificates.mjs';
import {connectTo} from '../harness/echo_ws.mjs';
import {run, start, withTimeout} from '../harness/process.mjs';
import {assertCleanEnds, assertGood, assertRefused, following, nginxPath, probe, probeServer, startEcho, startNginx, startOpenssl, startOurs}
    from './servers.mjs';
import {listenRaw, listenTls} from './tls_wire.mjs';

const noTls = 'WSP_ERR_TLS_HANDSHAKE';
const oldCiphers = 'ALL:@SECLEVEL=0';

function connectSocket(port) {
    const socket = net.connect({host: '127.0.0.1', port});
    socket.on('error', () => {});
    return once(socket, 'connect').then(() => socket);
}

/** The first bytes of a TLS handshake, as Node makes them. */
async function clientHello() {
    const server = net.createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const {connect} = await import('node:tls');
    const client = connect({port: server.address().port, host: '127.0.0.1', rejectUnauthorized: false});
    client.on('error', () => {});
    const [socket] = await once(server, 'connection');
    const [bytes] = await once(socket, 'data');
    socket.destroy();
    client.destroy();
    server.close();
    return bytes;
}

export default async function (t) {
    const folder = t.tempDir();
    const {authority, server: own} = makeLocalCertificates(folder);
    const trusting = ['--ca', authority.certificate];
    const material = {key: fs.readFileSync(own.key), cert: fs.readFileSync(own.certificate)};
    const plain = await startEcho(t);

    versions();
    alpn();
    names();
    noTlsAtAll();
    silence();
    renegotiation();
    badMaterial();
    t.test('our programs ended cleanly and no sanitizer has spoken', assertCleanEnds);

    function versions() {
        for (const version of ['TLSv1.2', 'TLSv1.3']) {
            t.test(`a client speaks ${version}`, async () => {
                const port = await startOpenssl(t, own, [version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3']);
                assertGood(await probe(t, `wss://localhost:${port}`, [...trusting, '--send', 'x', '--close-after', '1']), 1);
            });
            t.test(`a server speaks ${version}`, async () => {
                const port = await startOurs(t, own);
                const client = await connectTo(`wss://localhost:${port}`,
                    {ca: fs.readFileSync(authority.certificate), minVersion: version, maxVersion: version});
                await client.checkEchoes([{data: Buffer.from('x'), isBinary: false}]);
                assert.equal((await client.close(1000)).code, 1000);
            });
        }
        t.test('openssl that only knows TLS 1.1 is refused', async () => {
            const port = await startOpenssl(t, own, ['-tls1_1', '-cipher', oldCiphers]);
            assertRefused(await probe(t, `wss://localhost:${port}`, trusting), noTls, /version|protocol/i);
        });
        if (nginxPath) {
            t.test('nginx that only knows TLS 1.1 is refused', async () => {
                const port = await startNginx(t, own, plain.port, `ssl_protocols TLSv1.1; ssl_ciphers "${oldCiphers}";`);
                assertRefused(await probe(t, `wss://localhost:${port}`, trusting), noTls, /version|protocol/i);
            });
        } else {
            t.skip('nginx that only knows TLS 1.1 is refused', 'nginx is not installed; ./dev setup installs it');
        }
        for (const option of ['-tls1', '-tls1_1']) {
            t.test(`a client that only knows ${option} is refused`, async () => {
                const server = await probeServer(t, own);
                const client = await run('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, option,
                    '-cipher', oldCiphers], {input: '', merge: true});
                assert.notEqual(client.code, 0);
                assert.match(client.lines.join('\n'), /alert protocol version/);
                assertRefused(await server.next(), noTls, /version|protocol/i);
            });
        }
        t.test('a client that only knows ciphers without encryption is refused', async () => {
            const server = await probeServer(t, own);
            const client = await run('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-tls1_2', '-cipher',
                'NULL:aNULL:eNULL:@SECLEVEL=0'], {input: '', merge: true});
            assert.match(client.lines.join('\n'), /alert handshake failure/);
            assertRefused(await server.next(), noTls, /cipher/i);
        });
    }

    function alpn() {
        t.test('a client offers http/1.1 and nothing else', async () => {
            const offers = [];
            const server = await listenTls({...material, ALPNCallback: ({protocols}) => {
                offers.push(...protocols);
                return protocols[0];
            }});
            const ended = probe(t, server.url, trusting);
            const one = await server.connected;
            await one.wire.head('the request of the client');
            one.raw.end();
            await ended;
            server.close();
            assert.deepEqual(offers, ['http/1.1']);
        });
        t.test('a server that only speaks h2 is refused', async () => {
            const port = await startOpenssl(t, own, ['-alpn', 'h2']);
            // OpenSSL's own server then goes on without ALPN, or ends the handshake: never may h2 be spoken.
            const end = await probe(t, `wss://localhost:${port}`, [...trusting, '--send', 'x', '--close-after', '1']);
            assertRefused(end, noTls, /protocol/i);
        });
        const offer = (port, ...protocols) => run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`,
            ...(protocols.length > 0 ? ['-alpn', protocols.join(',')] : [])], {input: '', merge: true});
        t.test('a server picks http/1.1', async () => {
            const port = await startOurs(t, own);
            assert.match((await offer(port, 'h2', 'http/1.1')).lines.join('\n'), /^ALPN protocol: http\/1\.1$/m);
            assert.match((await offer(port, 'http/1.1')).lines.join('\n'), /^ALPN protocol: http\/1\.1$/m);
            assert.match((await offer(port)).lines.join('\n'), /^No ALPN negotiated$/m);
        });
        t.test('a server refuses an offer of h2 alone', async () => {
            const server = await probeServer(t, own);
            assert.match((await offer(server.port, 'h2')).lines.join('\n'), /no application protocol/i);
            assertRefused(await server.next(), noTls, /application protocol/i);
        });
    }

    function names() {
        async function nameAskedFor(host, args = []) {
            let asked = '';
            const server = await listenTls({...material, SNICallback: (name, answer) => {
                asked = name;
                answer(null);
            }});
            // Its certificate has only one of the names: the handshake may fail, after the name was asked for.
            const ended = probe(t, `wss://${host}:${server.port}/`, [...trusting, '--timeout', '20', ...args]);
            const one = await server.connected;
            await Promise.race([one.wire.head('the request of the client').catch(() => {}), ended]);
            one.raw.end();
            await ended;
            server.close();
            return asked;
        }
        t.test('a client asks for the name in the URL', async () => {
            assert.equal(await nameAskedFor('localhost'), 'localhost');
        });
        t.test('a client asks for no name when the URL has an IP literal', async () => {
            assert.equal(await nameAskedFor('127.0.0.1'), '');
        });
        for (const [override, asked] of [['game.test', 'game.test'], ['127.0.0.1', '']]) {
            t.test(`an override of ${override} decides the name asked for`, async () => {
                assert.equal(await nameAskedFor('localhost', ['--override', override]), asked);
            });
        }
    }

    function noTlsAtAll() {
        t.test('wss to our plain server is refused, and the server knows that it was TLS', async () => {
            const server = await probeServer(t, {});
            // To bytes that are no HTTP our server answers nothing, so all the client can tell is where it ended.
            assertRefused(await probe(t, `wss://localhost:${server.port}`, trusting), noTls, 'TLS handshake');
            assertRefused(await server.next(), 'WSP_ERR_PROTOCOL', 'TLS');
        });
        if (nginxPath) {
            t.test('wss to a plain nginx says that it does not speak TLS', async () => {
                const port = await startNginx(t, {}, plain.port);
                assertRefused(await probe(t, `wss://localhost:${port}`, trusting), noTls, 'does not speak TLS');
            });
            t.test('ws to nginx with TLS quotes what nginx says', async () => {
                const port = await startNginx(t, own, plain.port);
                assertRefused(await probe(t, `ws://localhost:${port}`), 'WSP_ERR_HANDSHAKE_REJECTED', '400',
                    'plain HTTP request was sent to HTTPS port');
            });
        } else {
            t.skip('wss to a plain nginx says that it does not speak TLS', 'nginx is not installed');
            t.skip('ws to nginx with TLS quotes what nginx says', 'nginx is not installed');
        }
        t.test('wss to something else says that it does not speak TLS', async () => {
            const server = await listenRaw((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'));
            const end = await probe(t, `wss://localhost:${server.port}`, trusting);
            server.close();
            assertRefused(end, noTls, 'TLS');
        });
        t.test('ws to our server with TLS is told so in plain HTTP, and the server knows that it was HTTP', async () => {
            const server = await probeServer(t, own);
            const end = await probe(t, `ws://localhost:${server.port}`);
            assertRefused(end, 'WSP_ERR_HANDSHAKE_REJECTED', '400', 'TLS', 'wss://');
            assertRefused(await server.next(), noTls, 'does not speak TLS', 'ws://');
        });
        t.test('ws to openssl is refused', async () => {
            // OpenSSL sends no alert before it has seen a version, so a client sees only the end.
            const end = await probe(t, `ws://localhost:${await startOpenssl(t, own)}`);
            assertRefused(end, 'WSP_ERR_CONNECTION_LOST', 'before any answer');
        });
        t.test('ws to a server that answers with a TLS alert says that it speaks TLS', async () => {
            const alert = Buffer.from([21, 3, 1, 0, 2, 2, 70]);
            const server = await listenRaw((socket) => socket.once('data', () => socket.end(alert)));
            const end = await probe(t, `ws://localhost:${server.port}`);
            server.close();
            assertRefused(end, 'WSP_ERR_PROTOCOL', 'TLS');
        });
        t.test('a plain server goes on behind a client that spoke TLS', async () => {
            const socket = await connectSocket(plain.port);
            socket.write(await clientHello());
            socket.resume();
            await withTimeout(once(socket, 'close'), 10, () => 'the server should end the connection');
            await (await connectTo(plain.url)).checkEchoes([{data: Buffer.from('x'), isBinary: false}]);
        });
    }

    function silence() {
        const impatient = [...trusting, '--timeout', '10'];
        const assertInTime = (end) => {
            assertRefused(end, 'WSP_ERR_TIMEOUT', 'TLS');
            assert.ok(end.seconds >= 0.9 && end.seconds < 8, `${end.seconds} s`);
            assert.ok(end.longest_poll < 0.9, `a poll took ${end.longest_poll} s`);
        };
        t.test('a server that says nothing is left after the deadline', async () => {
            const server = await listenRaw(() => {});
            assertInTime(await probe(t, `wss://localhost:${server.port}`, impatient));
            server.close();
        });
        t.test('a server that stops inside the handshake is left after the deadline', async () => {
            const {port} = await listenTlsCut(50);
            assertInTime(await probe(t, `wss://localhost:${port}`, impatient));
        });
        t.test('a client that says nothing is left after the deadline', async () => {
            const server = await probeServer(t, own, ['--timeout', '10']);
            const socket = await connectSocket(server.port);
            assertInTime(await server.next());
            socket.destroy();
        });
        t.test('a client that stops inside its hello is left after the deadline', async () => {
            const server = await probeServer(t, own, ['--timeout', '10']);
            const socket = await connectSocket(server.port);
            socket.write((await clientHello()).subarray(0, 100));
            assertInTime(await server.next());
            socket.destroy();
        });
        t.test('a client that sends its hello and stops is left after the deadline', async () => {
            const server = await probeServer(t, own, ['--timeout', '10']);
            const socket = await connectSocket(server.port);
            socket.write(await clientHello());
            assertInTime(await server.next());
            socket.destroy();
        });
        for (const [how, end] of [['ends', 'end'], ['resets', 'resetAndDestroy']]) {
            t.test(`a server that ${how} the connection inside the handshake`, async () => {
                const server = await listenRaw((socket) => socket.once('data', () => socket[end]()));
                const report = await probe(t, `wss://localhost:${server.port}`, trusting);
                server.close();
                assertRefused(report, noTls, 'TLS', end === 'end' ? /end|clos/i : /reset/i);
            });
            t.test(`a client that ${how} the connection inside the handshake`, async () => {
                const server = await probeServer(t, own);
                const socket = await connectSocket(server.port);
                socket.write((await clientHello()).subarray(0, 100));
                socket[end]();
                assertRefused(await server.next(), noTls, 'TLS', end === 'end' ? /end|clos/i : /reset/i);
            });
        }
        t.test('a client that does not trust our certificate is named', async () => {
            const server = await probeServer(t, own);
            const client = await run('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-verify_return_error',
                '-CAfile', makeStranger()], {input: '', merge: true});
            assert.notEqual(client.code, 0);
            assertRefused(await server.next(), /^WSP_ERR_TLS_(HANDSHAKE|CERTIFICATE)$/, /certificate|unknown ca/i);
        });
    }

    /** Any certificate but ours. */
    function makeStranger() {
        const strange = fs.mkdtempSync(`${folder}/strange-`);
        return makeLocalCertificates(strange).authority.certificate;
    }

    /** Our own server behind a wire that carries only the first `size` bytes of what it says. */
    async function listenTlsCut(size) {
        const behind = await startOurs(t, own);
        return listenRaw((socket) => {
            const inner = net.connect({host: '127.0.0.1', port: behind});
            let left = size;
            socket.pipe(inner).on('error', () => {});
            inner.on('data', (chunk) => {
                socket.write(chunk.subarray(0, left));
                left = Math.max(0, left - chunk.length);
            });
        });
    }

    function renegotiation() {
        t.test('a server refuses to renegotiate', async () => {
            const server = await probeServer(t, own);
            const program = start('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-tls1_2'],
                {raw: true});
            const until = following(program);
            program.child.stdin.write(request());
            await until(new RegExp(acceptOf(sampleKey).replace(/[+/]/g, '\\$&')));
            program.child.stdin.write('R\n');
            await until(/RENEGOTIATING[\s\S]*no renegotiation/);
            await program.stop();
            const report = await server.next();
            assert.equal(report.opened, true);
        });
        t.test('a server follows an update of the keys', async () => {
            const server = await probeServer(t, own);
            const program = start('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-tls1_3'], {raw: true});
            const until = following(program);
            program.child.stdin.write(request());
            await until(/\r\n\r\n/);
            program.child.stdin.write('K\n');
            await until(/KEYUPDATE/);
            program.child.stdin.write(new Frames(true).text('behind the update'));
            await until(/behind the update/);
            await program.stop();
            assert.equal((await server.next()).messages, 1);
        });
        t.test('a client refuses to renegotiate', async () => {
            const server = await listenTls({...material, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2'});
            const ended = probe(t, server.url, [...trusting, '--send', 'before']);
            const one = await server.connected;
            await accept(one.wire, readRequest(await one.wire.head()));
            await one.wire.nextFrame('the message');
            const refusal = new Promise((resolve) => one.socket.once('error', resolve));
            let isDone = false;
            one.socket.renegotiate({}, () => { isDone = true; });
            const f = new Frames(false);
            await Promise.race([refusal, one.wire.write(f.close(1000))]);
            const frame = await one.wire.nextFrame('the end', 5).catch(() => null);
            assert.ok(frame === null || frame.opcode === CLOSE);
            assert.equal(isDone, false, 'a second handshake should not take place');
            one.raw.destroy();
            await ended;
            server.close();
        });
    }

    function badMaterial() {
        const other = makeLocalCertificates(`${folder}/other`).server;
        const write = (name, text) => {
            fs.writeFileSync(`${folder}/${name}`, text);
            return `${folder}/${name}`;
        };
        const locked = encryptKey(own, 'secret');
        const servers = [
            ['a key that does not fit the certificate', other.key, own.certificate, /key.*(match|fit|belong)/i],
            ['an encrypted key', locked, own.certificate, /encrypted|password|passphrase/i],
            ['a missing key file', `${folder}/none.key`, own.certificate, /none\.key.*No such file/i],
            ['a missing certificate file', own.key, `${folder}/none.crt`, /none\.crt.*No such file/i],
            ['a key file that is a certificate', own.certificate, own.certificate, /key/i],
            ['a certificate file that is a key', own.key, own.key, /certificate/i],
            ['an empty certificate file', own.key, write('empty.crt', ''), /certificate/i],
            ['a certificate file with noise', own.key, write('noise.crt', 'not PEM\0at all'), /certificate/i],
            ['a folder for a key', folder, own.certificate, /directory/i],
        ];
        for (const [name, key, certificate, why] of servers) {
            t.test(`a server refuses ${name}`, async () => {
                // Nobody may be asked for a password: standard input is empty and there is no terminal to ask on.
                const end = await t.startProgram('native', 'echo_server',
                    ['--port', '0', '--tls-key', key, '--tls-cert', certificate]).wait();
                assert.equal(end.code, 1);
                assert.equal(end.lines.length, 1, end.lines.join('\n'));
                assert.match(end.lines[0], /^failed WSP_ERR_INVALID_PARAMETER \S/);
                assert.match(end.lines[0], why);
                assert.deepEqual(end.errorLines, []);
            });
        }
        const clients = [
            ['a missing file', `${folder}/none.crt`, /none\.crt.*No such file/i],
            ['an empty file', write('empty_ca.crt', ''), /certificate/i],
            ['a key', own.key, /certificate/i],
        ];
        for (const [name, ca, why] of clients) {
            t.test(`a client refuses ${name} as authorities`, async () => {
                for (const more of [[], ['--insecure']]) {
                    const end = await t.startProgram('native', 'echo_client',
                        ['wss://localhost:1', '--ca', ca, ...more]).wait();
                    assert.equal(end.code, 1);
                    assert.match(end.lines.join('\n'), /^failed WSP_ERR_INVALID_PARAMETER \S/);
                    assert.match(end.lines[0], why);
                }
            });
        }
    }
}
