/* SPDX-License-Identifier: MIT */
// wss:// from wasm: the browser, or Node's ws, does TLS and decides whom it trusts; our native server is the other side.

import assert from 'node:assert/strict';
import path from 'node:path';
import {closeBrowser, runProgramInPage, trustKey} from '../harness/browser.mjs';
import {makeLocalCertificates, makeSelfSigned, publicKeyHash} from '../harness/certificates.mjs';
import {minimalTranscript} from '../harness/examples.mjs';
import {startOurs} from './servers.mjs';

export default async function (t) {
    const folder = t.tempDir();
    const {authority, server: own} = makeLocalCertificates(folder);
    const strange = makeSelfSigned(folder, 'strange', {names: ['DNS:localhost']});
    const trust = {env: {NODE_EXTRA_CA_CERTS: authority.certificate}};
    trustKey(publicKeyHash(own));
    t.onEnd(closeBrowser);
    const url = `wss://localhost:${await startOurs(t, own)}`;
    const strangeUrl = `wss://localhost:${await startOurs(t, strange)}`;
    const inPage = (name, args) =>
        runProgramInPage({script: path.join(t.buildDir('web'), 'examples', `${name}.js`), args, timeout: 50});
    const underNode = (name, args, options = trust) => t.startProgram('node', name, args, options).wait({timeout: 40});

    for (const [where, runClient] of [['Chromium', inPage], ['Node', underNode]]) {
        t.test(`minimal_client speaks wss in ${where}`, async () => {
            const end = await runClient('minimal_client', [url]);
            assert.deepEqual([end.code, end.lines], [0, minimalTranscript(url)]);
        });
        // Options for a client have no effect there: the platform verifies all the same, and the log says it once.
        for (const options of [['--insecure'], ['--ca', 'no/such/file']]) {
            t.test(`echo_client ${options[0]} in ${where} changes nothing and says so`, async () => {
                const end = await runClient('echo_client', [strangeUrl, ...options]);
                assert.equal(end.code, 1);
                assert.match(end.lines.join('\n'), /^failed WSP_ERR_CANT_CONNECT /);
                const logged = [...end.errorLines, ...end.consoleLines ?? []];
                assert.equal(logged.filter((line) => /TLS options/.test(line)).length, 1, logged.join('\n'));
            });
        }
    }
    t.test('a page refuses a server that the browser does not trust', async () => {
        const end = await inPage('minimal_client', [strangeUrl]);
        assert.equal(end.code, 1);
        assert.match(end.errorLines.join('\n'), /WSP_ERR_CANT_CONNECT/);
    });
}
