/* SPDX-License-Identifier: MIT */
// haproxy terminating TLS in front of a wsp_server, with the configuration that docs/deploy.md shows: it is read out of
// that file, and only names, ports, times and the limit of connections are replaced.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {concatenate, makeLocalCertificates} from '../harness/certificates.mjs';
import {blocksOf, fill, readDocument} from '../harness/documents.mjs';
import {connectTo, sampleMessages} from '../harness/echo_ws.mjs';
import {closedPort, minimalTranscript, startDeployServer} from '../harness/examples.mjs';
import {start} from '../harness/process.mjs';

/** Debian keeps it where only root's PATH leads. */
const haproxyPath = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'].find((file) => fs.existsSync(file));

async function untilListening(port, program) {
    for (const until = performance.now() + 10000; performance.now() < until && !program.result; ) {
        const isOpen = await new Promise((resolve) => {
            const socket = net.connect({host: '127.0.0.1', port}, () => resolve(true));
            socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
        });
        if (isOpen) return;
    }
    throw new Error(`haproxy does not listen${program.tail()}`);
}

export default async function (t) {
    if (!haproxyPath) return t.skip('haproxy in front of our server', 'haproxy is not installed; ./dev setup installs it');
    const {authority, server: own} = makeLocalCertificates(t.tempDir());
    const ca = fs.readFileSync(authority.certificate);
    const pem = concatenate(path.join(t.tempDir(), 'own.pem'), own.certificate, own.key);
    const document = readDocument(t, 'docs/deploy.md');
    const shown = blocksOf(document, 'haproxy');

    /** Runs haproxy in front of a port. It cannot choose a port by itself. */
    const front = async (upstream, changes = {}) => {
        const port = await closedPort();
        const file = path.join(t.tempDir(), 'haproxy.cfg');
        const text = fill(shown[0], {
            'bind :443 ssl crt /etc/ssl/game.example.org.pem': `bind 127.0.0.1:${port} ssl crt ${pem}`,
            '127.0.0.1:9080 check inter 2s': `127.0.0.1:${upstream} check inter 100ms`,
            'maxconn 20000': 'maxconn 100', // what the test may open
            ...changes,
        });
        fs.writeFileSync(file, text);
        const program = start(haproxyPath, ['-db', '-f', file], {merge: true});
        await untilListening(port, program);
        return {program, url: `wss://localhost:${port}/`};
    };
    const statusOf = (url) => connectTo(url, {ca}).then(
        () => 101,
        (error) => Number(error.message.match(/server response: (\d+)/)?.[1] ?? assert.fail(error.message)),
    );

    t.test('the document shows one configuration, and the code of the server that is tested', () => {
        assert.equal(shown.length, 1);
        const source = readDocument(t, 'tests/native/deploy_server.c');
        assert.equal(blocksOf(document, 'c').filter((block) => source.includes(block)).length, 1);
    });
    t.test('haproxy finds no fault with it', async () => {
        const {program} = await front((await startDeployServer(t)).port);
        assert.deepEqual(program.lines.filter((line) => /warning|alert/i.test(line)), []);
    });
    t.test('a client of the npm package ws gets every kind of message back', async () => {
        const {url} = await front((await startDeployServer(t)).port);
        const client = await connectTo(url, {ca});
        await client.checkEchoes(sampleMessages());
        assert.deepEqual(await client.close(3003, 'so long'), {code: 3003, reason: 'so long'});
    });
    t.test('minimal_client talks through it', async () => {
        const {url} = await front((await startDeployServer(t)).port);
        const client = t.startProgram('native', 'minimal_client', [url], {env: {SSL_CERT_FILE: authority.certificate}});
        const end = await client.wait({timeout: 30});
        assert.deepEqual([end.code, end.lines, end.errorLines], [0, minimalTranscript(url), []]);
    });
    t.test('the server reads the address of the client, which a client cannot forge', async () => {
        const server = await startDeployServer(t);
        const {url} = await front(server.port);
        const client = await connectTo(url, {ca, headers: {'X-Forwarded-For': '192.0.2.1'}});
        await server.program.line('client from 127.0.0.1 through 127.0.0.1');
        assert.equal((await client.close(1000, '')).code, 1000);
    });
    t.test('a server that says it is not well gets no client', async () => {
        const {program, url} = await front((await startDeployServer(t, ['--unwell'])).port);
        await program.line(/game1 is DOWN.*503/);
        assert.equal(await statusOf(url), 503);
    });
    t.test('a server that is down gets no client, and gets them again when it is back', async () => {
        const port = await closedPort();
        const {program, url} = await front(port);
        await program.line(/game1 is DOWN/);
        assert.equal(await statusOf(url), 503);
        await startDeployServer(t, ['--port', port]);
        await program.line(/game1 is UP/);
        assert.equal(await statusOf(url), 101);
    });
    t.test('an idle connection is lost after timeout tunnel', async () => {
        const {url} = await front((await startDeployServer(t)).port, {'timeout tunnel 60s': 'timeout tunnel 1s'});
        const began = performance.now();
        const client = await connectTo(url, {ca});
        assert.equal((await client.closed).code, 1006);
        const seconds = (performance.now() - began) / 1000;
        assert.ok(seconds > 0.8 && seconds < 5, `${seconds} s`);
    });
    t.test('a heartbeat of the server keeps an idle connection open', async () => {
        const server = await startDeployServer(t, ['--heartbeat', '0.3']);
        const {url} = await front(server.port, {'timeout tunnel 60s': 'timeout tunnel 1s'});
        const client = await connectTo(url, {ca});
        let pings = 0;
        await new Promise((resolve) => client.socket.on('ping', () => ++pings === 10 && resolve()));
        await client.checkEchoes(sampleMessages({biggest: 1000}));
        assert.equal((await client.close(1000, '')).code, 1000);
    });
}
