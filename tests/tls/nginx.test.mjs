/* SPDX-License-Identifier: MIT */
// nginx terminating TLS in front of our server, with the configuration that docs/deploy.md shows: it is read out of that
// file, and only its names and ports are replaced.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import https from 'node:https';
import {makeLocalCertificates} from '../harness/certificates.mjs';
import {blocksOf, fill, readDocument} from '../harness/documents.mjs';
import {assertSameMessage, connectTo, sampleMessages} from '../harness/echo_ws.mjs';
import {closedPort, minimalTranscript, startDeployServer} from '../harness/examples.mjs';
import {assertGood, assertRefused, nginxPath, probe, probeServer, runNginx, startEcho} from './servers.mjs';

const shown = ({port, own, upstream}) => ({
    'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;`,
    '/etc/ssl/game.example.org.crt': own.certificate,
    '/etc/ssl/game.example.org.key': own.key,
    'server_name game.example.org;': 'server_name localhost;',
    'http://127.0.0.1:9080': `http://127.0.0.1:${upstream}`,
});

function readConfiguration(t) {
    const blocks = blocksOf(readDocument(t, 'docs/deploy.md'), 'nginx');
    assert.equal(blocks.length, 1, 'docs/deploy.md should show one configuration of nginx');
    return blocks[0];
}

export default async function (t) {
    if (!nginxPath) return t.skip('nginx in front of our server', 'nginx is not installed; ./dev setup installs it');
    const {authority, server: own} = makeLocalCertificates(t.tempDir());
    const configuration = readConfiguration(t);
    const ca = fs.readFileSync(authority.certificate);
    const trusting = ['--ca', authority.certificate];
    const front = (upstream, changes = {}) =>
        runNginx(t, (port) => fill(configuration, {...shown({port, own, upstream}), ...changes}));
    const behind = await startEcho(t);
    const {port} = await front(behind.port);
    const url = `wss://localhost:${port}`;

    t.test('a client of the npm package ws gets every kind of message back', async () => {
        const client = await connectTo(url, {ca});
        await client.checkEchoes(sampleMessages());
        assert.deepEqual(await client.close(3003, 'so long'), {code: 3003, reason: 'so long'});
    });
    t.test('our client talks through it', async () => {
        assertGood(await probe(t, url, [...trusting, '--send', 'one', '--send', 'two', '--close-after', '2']), 2);
    });
    t.test('minimal_client talks through it', async () => {
        const end = await t.startProgram('native', 'minimal_client', [url], {env: {SSL_CERT_FILE: authority.certificate}})
            .wait({timeout: 30});
        assert.deepEqual([end.code, end.lines, end.errorLines], [0, minimalTranscript(url), []]);
    });
    t.test('a message with a close frame right behind it is echoed', async () => {
        const client = await connectTo(url, {ca});
        client.socket._socket.cork();
        client.send({data: Buffer.from('last words'), isBinary: false});
        const closed = client.close(1000);
        client.socket._socket.uncork();
        assertSameMessage(await client.next(), {data: Buffer.from('last words'), isBinary: false});
        assert.equal((await closed).code, 1000);
    });
    t.test('the end of the server reaches the client as 1001', async () => {
        const mortal = await startEcho(t);
        const {port: mortalFront} = await front(mortal.port);
        const client = await connectTo(`wss://localhost:${mortalFront}`, {ca});
        await client.checkEchoes([{data: Buffer.from('x'), isBinary: false}]);
        await mortal.server.stop();
        assert.equal((await client.closed).code, 1001);
    });
    t.test('a server that is down is told as 502', async () => {
        const {port: lonely} = await front(await closedPort());
        const end = await probe(t, `wss://localhost:${lonely}`, trusting);
        assertRefused(end, 'WSP_ERR_HANDSHAKE_REJECTED', '502');
        assert.equal(end.status, 502);
    });
    t.test('an authority that is not ours is refused', async () => {
        const stranger = makeLocalCertificates(t.tempDir()).authority;
        assertRefused(await probe(t, url, ['--ca', stranger.certificate]), 'WSP_ERR_TLS_CERTIFICATE',
            'unable to get local issuer certificate', 'localhost', 'wspeer local authority');
    });

    t.test('the server reads the address of the client', async () => {
        const server = await probeServer(t, {});
        const {port: told} = await front(server.port);
        assertGood(await probe(t, `wss://localhost:${told}`, [...trusting, '--send', 'x', '--close-after', '1']), 1);
        const report = await server.next();
        assert.deepEqual([report.forwarded, report.host], ['127.0.0.1', '127.0.0.1']);
    });
    t.test('the last address is the one that nginx wrote, whatever a client wrote itself', async () => {
        const server = await startDeployServer(t);
        const {port: told} = await front(server.port);
        const client = await connectTo(`wss://localhost:${told}`, {ca, headers: {'X-Forwarded-For': '192.0.2.1'}});
        await server.program.line('client from 192.0.2.1, 127.0.0.1 through 127.0.0.1');
        assert.equal((await client.close(1000, '')).code, 1000);
    });
    t.test('plain requests reach http_request, and it says whether the server is well', async () => {
        for (const [args, status] of [[[], 200], [['--unwell'], 503]]) {
            const {port: told} = await front((await startDeployServer(t, args)).port);
            const answer = await new Promise((resolve, reject) =>
                https.get(`https://localhost:${told}/health`, {ca, agent: false}, resolve).on('error', reject));
            answer.resume();
            assert.equal(answer.statusCode, status);
        }
    });

    const impatient = (port = behind.port) => front(port, {'proxy_read_timeout 60s;': 'proxy_read_timeout 2s;'});
    t.test('an idle connection is lost after proxy_read_timeout', async () => {
        const {port: short} = await impatient();
        const end = await probe(t, `wss://localhost:${short}`, trusting);
        assert.deepEqual([end.error, end.code, end.opened], ['WSP_ERR_CONNECTION_LOST', -1, true]);
        assert.ok(end.seconds > 1.8 && end.seconds < 15, `${end.seconds} s`);
    });
    t.test('a heartbeat of the server keeps an idle connection open', async () => {
        const server = await probeServer(t, {}, ['--heartbeat', '10']);
        const {port: short} = await impatient(server.port);
        const end = await probe(t, `wss://localhost:${short}`, [...trusting, '--stay', '60']);
        assertGood(end);
        assert.ok(end.seconds >= 6, `${end.seconds} s`);
    });
    t.test('a heartbeat of the client keeps an idle connection open', async () => {
        const {port: short} = await impatient();
        const end = await probe(t, `wss://localhost:${short}`, [...trusting, '--heartbeat', '10', '--stay', '60']);
        assertGood(end);
        assert.ok(end.seconds >= 6, `${end.seconds} s`);
    });
}
