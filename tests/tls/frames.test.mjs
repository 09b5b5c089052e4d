/* SPDX-License-Identifier: MIT */
// The conformance cases about frames once more, over TLS and in both roles: what is right over TCP must not depend on
// how TLS cuts the bytes into records.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import {autobahnCases} from '../conformance/autobahn_cases.mjs';
import {accept, withClient} from '../conformance/clients.mjs';
import {assertEnded, clientLine, converse} from '../conformance/conversation.mjs';
import {engines} from '../conformance/engines.mjs';
import {frameCases} from '../conformance/frame_cases.mjs';
import {socketCount, untilSockets} from '../conformance/process_state.mjs';
import {upgrade} from '../conformance/upgrade.mjs';
import {connect, Frames, playAll} from '../conformance/wire.mjs';
import {makeLocalCertificates} from '../harness/certificates.mjs';
import {startEcho} from './servers.mjs';

/** Marks the names, which are those of the plain suites, with the role. */
const named = (role, cases) => cases.map((one) => ({...one, name: `${role}, ${one.name}`}));

/** For a client, which needs a process for each case, and the second engine; the plain suites play them all. */
const everyThird = (cases) => cases.filter((_, index) => index % 3 === 0);

export default async function (t) {
    const {authority, server: own} = makeLocalCertificates(t.tempDir());
    const ca = fs.readFileSync(authority.certificate);
    const secure = {key: fs.readFileSync(own.key), cert: fs.readFileSync(own.certificate)};

    const servers = [];
    const ofClient = new Frames(true);
    for (const engine of engines) {
        const {server, url} = await startEcho(t, ['--tls-key', own.key, '--tls-cert', own.certificate], engine);
        servers.push({server, idle: socketCount(server.pid)});
        const cases = [...frameCases(ofClient), ...autobahnCases(ofClient)];
        // Below the engines the connection is the same, and the plain suites play all cases against both.
        const some = engine === 'server' ? cases : everyThird(cases);
        playAll(t, named(`${engine} engine`, some), 8, async (one) => {
            const wire = await connect(url, {ca});
            try {
                await upgrade(wire, url);
                await converse(wire, 'server', one);
            } finally {
                wire.destroy();
            }
        });
    }

    const ofServer = new Frames(false);
    const clientCases = everyThird([...frameCases(ofServer), ...autobahnCases(ofServer)]);
    playAll(t, named('client', clientCases), 8, async (one) => {
        const result = await withClient(t, async (wire, request) => {
            await accept(wire, request);
            await converse(wire, 'client', one);
        }, {secure, args: ['--ca', authority.certificate]});
        assertEnded(result, clientLine(one));
    });

    t.test('the servers have closed every connection and no sanitizer has spoken', async () => {
        for (const {server, idle} of servers) {
            assert.equal(await untilSockets(server.pid, idle), idle);
            const end = await server.stop();
            assert.deepEqual({code: end.code, errorLines: end.errorLines}, {code: 0, errorLines: []});
        }
    });
}
