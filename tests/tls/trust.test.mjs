/* SPDX-License-Identifier: MIT */
// Without options a client trusts the system's authorities: SSL_CERT_FILE and SSL_CERT_DIR decide which those are, and
// where there are none nobody is trusted. Rows T4 and T5 of bad-inputs.md.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {concatenate, makeAuthority, makeLocalCertificates} from '../harness/certificates.mjs';
import {minimalTranscript} from '../harness/examples.mjs';
import {runOk, start} from '../harness/process.mjs';
import {assertCleanEnds, assertGood, assertRefused, probe, startEcho} from './servers.mjs';

const untrusted = 'WSP_ERR_TLS_CERTIFICATE';

export default async function (t) {
    const folder = t.tempDir();
    const nothing = path.join(folder, 'nothing');
    const {authority, server} = makeLocalCertificates(folder);
    const stranger = makeAuthority(folder, 'stranger');
    const {port, server: program} = await startEcho(t, ['--tls-key', server.key, '--tls-cert', server.certificate]);
    const talk = (env, args = []) => probe(t, `wss://localhost:${port}/`, [...args, '--send', 'x', '--close-after', '1'], {env});

    /** A folder as `openssl rehash` leaves it. */
    async function hashed(name, ...files) {
        const place = path.join(folder, name);
        fs.mkdirSync(place);
        for (const file of files) fs.copyFileSync(file, path.join(place, `${path.basename(file, '.crt')}.pem`));
        await runOk('openssl', ['rehash', place]);
        return place;
    }

    t.test('SSL_CERT_FILE names the authorities', async () => {
        assertGood(await talk({SSL_CERT_FILE: authority.certificate, SSL_CERT_DIR: nothing}), 1);
    });
    t.test('SSL_CERT_FILE may hold many authorities', async () => {
        const file = concatenate(path.join(folder, 'two.crt'), stranger.certificate, authority.certificate);
        assertGood(await talk({SSL_CERT_FILE: file, SSL_CERT_DIR: nothing}), 1);
    });
    t.test('SSL_CERT_DIR names a folder of authorities', async () => {
        const place = await hashed('hashed', stranger.certificate, authority.certificate);
        assertGood(await talk({SSL_CERT_FILE: nothing, SSL_CERT_DIR: place}), 1);
    });
    t.test('SSL_CERT_DIR may name several folders', async () => {
        const places = [await hashed('first', stranger.certificate), await hashed('second', authority.certificate)];
        assertGood(await talk({SSL_CERT_FILE: nothing, SSL_CERT_DIR: places.join(':')}), 1);
    });
    t.test('an authority that is not the system\'s is refused', async () => {
        assertRefused(await talk({SSL_CERT_FILE: stranger.certificate, SSL_CERT_DIR: nothing}), untrusted,
            'unable to get local issuer certificate', 'wspeer local authority');
    });
    if (t.has('/etc/ssl/certs/ca-certificates.crt')) {
        t.test('the system\'s own authorities do not vouch for ours', async () => {
            const end = await talk({SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt', SSL_CERT_DIR: nothing});
            assertRefused(end, untrusted, 'unable to get local issuer certificate');
        });
    } else {
        t.skip('the system\'s own authorities do not vouch for ours', 'ca-certificates is not installed');
    }
    t.test('where no authority is found nobody is trusted', async () => {
        assertRefused(await talk({SSL_CERT_FILE: nothing, SSL_CERT_DIR: nothing}), untrusted,
            'no trusted CA certificates found');
    });
    t.test('an empty file and an empty folder are no authorities', async () => {
        const [file, place] = [path.join(folder, 'empty.crt'), path.join(folder, 'empty')];
        fs.writeFileSync(file, '');
        fs.mkdirSync(place);
        assertRefused(await talk({SSL_CERT_FILE: file, SSL_CERT_DIR: place}), untrusted,
            'no trusted CA certificates found');
    });
    t.test('polls go on while the authorities are read', async () => {
        // Opening a pipe without a writer waits: whoever reads it on the polling thread waits with it.
        const pipe = path.join(folder, 'pipe');
        await runOk('mkfifo', [pipe]);
        const ended = probe(t, `wss://localhost:${port}/`, ['--send', 'x', '--close-after', '1'],
            {env: {SSL_CERT_FILE: pipe, SSL_CERT_DIR: nothing}});
        ended.catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 1500));
        await fs.promises.writeFile(pipe, fs.readFileSync(authority.certificate));
        const end = await ended;
        assertGood(end, 1);
        assert.ok(end.seconds > 1, `the client did not wait for the pipe: ${end.seconds} s`);
        assert.ok(end.longest_poll < 0.9, `a poll took ${end.longest_poll} s`);
    });
    t.test('a deadline holds while the authorities are read', async () => {
        const pipe = path.join(folder, 'silent_pipe');
        await runOk('mkfifo', [pipe]);
        const program = start(path.join(t.buildDir('asan'), 'tests/tls/probe'),
            ['--url', `wss://localhost:${port}/`, '--timeout', '10'], {env: {SSL_CERT_FILE: pipe, SSL_CERT_DIR: nothing}});
        const [line] = await program.line(/^\{.*\}$/, {timeout: 30});
        await fs.promises.writeFile(pipe, '');
        const {code, errorLines} = await program.wait();
        assert.deepEqual([code, errorLines], [0, []]);
        const end = JSON.parse(line);
        assertRefused(end, 'WSP_ERR_TIMEOUT', 'TLS');
        assert.ok(end.longest_poll < 0.9, line);
    });
    t.test('an override alone keeps the system\'s authorities', async () => {
        const env = {SSL_CERT_FILE: authority.certificate, SSL_CERT_DIR: nothing};
        assertGood(await talk(env, ['--override', '127.0.0.1']), 1);
        assertRefused(await talk(env, ['--override', 'game.test']), untrusted, /hostname mismatch/i, 'game.test');
    });
    t.test('authorities of the program\'s own replace the system\'s', async () => {
        const env = {SSL_CERT_FILE: authority.certificate, SSL_CERT_DIR: nothing};
        assertRefused(await talk(env, ['--ca', stranger.certificate]), untrusted, 'unable to get local issuer certificate');
        assertGood(await talk({SSL_CERT_FILE: nothing, SSL_CERT_DIR: nothing}, ['--ca', authority.certificate]), 1);
    });
    t.test('minimal_client speaks wss with the system\'s authorities', async () => {
        const url = `wss://localhost:${port}`;
        const end = await t.startProgram('native', 'minimal_client', [url], {env: {SSL_CERT_FILE: authority.certificate}})
            .wait({timeout: 30});
        assert.deepEqual([end.code, end.lines, end.errorLines], [0, minimalTranscript(url), []]);
    });
    t.test('our programs ended cleanly and no sanitizer has spoken', async () => {
        await program.stop();
        assertCleanEnds();
    });
}
