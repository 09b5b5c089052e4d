/* SPDX-License-Identifier: MIT */
// Whom a client trusts: certificates good and bad from servers of three makes (ours, openssl s_server, nginx), each with
// the error and the parts of its text that a player's log needs. Rows T1 to T6 of bad-inputs.md.

import assert from 'node:assert/strict';
import {concatenate, makeAuthority, makeSelfSigned} from '../harness/certificates.mjs';
import {assertCleanEnds, assertGood, assertRefused, nginxPath, probe, startEcho, startNginx, startOpenssl, startOurs} from './servers.mjs';

const secret = 'token=4f1d-secret';
const untrusted = 'WSP_ERR_TLS_CERTIFICATE';

/** Each: the server's material, what the client is told besides --ca, and what must come of it. */
function makeCases(folder) {
    const authority = makeAuthority(folder, 'authority');
    const stranger = makeAuthority(folder, 'stranger');
    const middle = makeAuthority(folder, 'intermediate', {issuer: authority});
    const below = middle.issue('below', {names: ['DNS:localhost']});
    const wild = authority.issue('wild', {names: ['DNS:*.wild.test']});
    const partial = authority.issue('partial', {names: ['DNS:f*o.wild.test', 'DNS:*']});
    const local = authority.issue('local', {names: ['DNS:localhost']});
    const address = authority.issue('address', {names: ['IP:127.0.0.1']});
    const self = makeSelfSigned(folder, 'self', {names: ['DNS:localhost', 'IP:127.0.0.1']});
    const whole = {...below, certificate: concatenate(`${folder}/whole.crt`, below.certificate, middle.certificate)};
    const mismatch = [untrusted, /hostname mismatch/i];
    const named = (name, material, override, want) => ({name, material, args: ['--override', override], want});
    const cases = [
        {name: 'a good certificate', material: local},
        {name: 'a good chain with an intermediate authority', material: whole},
        {name: 'an IP literal that is in the certificate', material: address, host: '127.0.0.1'},
        named('a wildcard stands for one level', wild, 'a.wild.test', null),
        named('an override replaces the name', authority.issue('elsewhere', {names: ['DNS:game.test']}), 'game.test', null),
        named('an override that is an IP literal', address, '127.0.0.1', null),
        {
            name: 'an expired certificate', want: [untrusted, 'certificate has expired', 'localhost'],
            material: authority.issue('expired', {names: ['DNS:localhost'], from: -30, until: -1}),
        },
        {
            name: 'a certificate that is not yet valid', want: [untrusted, 'certificate is not yet valid', 'localhost'],
            material: authority.issue('early', {names: ['DNS:localhost'], from: 1, until: 30}),
        },
        {
            name: 'a certificate for another host', want: [...mismatch, 'localhost'],
            material: authority.issue('other', {names: ['DNS:other.test']}),
        },
        {
            name: 'a certificate for another host from an unknown authority', want: [untrusted],
            material: stranger.issue('strange_other', {names: ['DNS:other.test']}),
        },
        named('a wildcard does not stand for two levels', wild, 'a.b.wild.test', [...mismatch, 'a.b.wild.test']),
        named('a wildcard does not stand for the bare domain', wild, 'wild.test', [...mismatch, 'wild.test']),
        named('a wildcard inside a label stands for nothing', partial, 'foo.wild.test', [...mismatch, 'foo.wild.test']),
        {name: 'a wildcard alone stands for nothing', material: partial, want: [...mismatch, 'localhost']},
        named('an override that the certificate does not have', local, 'game.test', [...mismatch, 'game.test']),
        {
            name: 'the common name does not count', want: [...mismatch, 'localhost'],
            material: authority.issue('common', {subject: 'localhost'}),
        },
        {
            name: 'an IP literal that is not in the certificate', host: '127.0.0.1',
            want: [untrusted, /IP address mismatch/i, '127.0.0.1'], material: local,
        },
        {
            name: 'an IP literal as a DNS name', host: '127.0.0.1', want: [untrusted, /IP address mismatch/i, '127.0.0.1'],
            material: authority.issue('dressed', {names: ['DNS:127.0.0.1']}),
        },
        {name: 'a self-signed certificate', material: self, want: [untrusted, /self-signed certificate/i, 'localhost']},
        {
            name: 'an unknown authority', material: stranger.issue('strange', {names: ['DNS:localhost']}),
            want: [untrusted, 'unable to get local issuer certificate', 'localhost', 'wspeer test stranger'],
        },
        {
            name: 'a missing intermediate authority', material: below,
            want: [untrusted, 'unable to get local issuer certificate', 'localhost', 'wspeer test intermediate'],
        },
        {
            name: 'a certificate for clients', want: [untrusted, /unsuitable certificate purpose/i, 'localhost'],
            material: authority.issue('client', {names: ['DNS:localhost'], usage: 'client'}),
        },
        {name: '--insecure takes a self-signed certificate for another host', material: self, args: ['--insecure'], ca: null},
        {
            name: '--insecure with authorities does not look at the name', args: ['--insecure'],
            material: authority.issue('nobody', {names: ['DNS:other.test']}),
        },
        {
            name: '--insecure with authorities looks at the authority', args: ['--insecure'],
            material: stranger.issue('nobody_strange', {names: ['DNS:localhost']}),
            want: [untrusted, 'unable to get local issuer certificate', 'wspeer test stranger'],
        },
    ];
    return {authority, local, cases};
}

async function play(t, port, authority, {host = 'localhost', args = [], ca = authority.certificate, want}) {
    const trusted = ca ? ['--ca', ca] : [];
    const end = await probe(t, `wss://${host}:${port}/play?${secret}`,
        [...trusted, ...args, '--send', 'hello', '--close-after', '1']);
    if (want) assertRefused(end, ...want);
    else assertGood(end, 1);
    assert.ok(!JSON.stringify(end).includes(secret), 'the query of a URL may hold a secret');
    const warnings = end.errorLines.filter((line) => /verif|certificate/i.test(line));
    const isUnsafe = args.includes('--insecure');
    if (!want) assert.equal(warnings.length, isUnsafe ? 1 : 0, end.errorLines.join('\n'));
    if (!want && isUnsafe) assert.match(warnings[0], ca ? /but the name of the server is not/ : /neither the certificate nor the name/);
    if (!want && !isUnsafe) assert.deepEqual(end.errorLines, []);
}

export default async function (t) {
    const {authority, cases} = makeCases(t.tempDir());
    const plain = await startEcho(t);
    for (const one of cases) {
        t.test(`ours, ${one.name}`, async () => play(t, await startOurs(t, one.material), authority, one));
        t.test(`openssl, ${one.name}`, async () => play(t, await startOpenssl(t, one.material), authority, one));
        if (nginxPath) {
            t.test(`nginx, ${one.name}`, async () =>
                play(t, await startNginx(t, one.material, plain.port), authority, one));
        } else {
            t.skip(`nginx, ${one.name}`, 'nginx is not installed; ./dev setup installs it');
        }
    }
    t.test('our programs ended cleanly and no sanitizer has spoken', assertCleanEnds);
}
