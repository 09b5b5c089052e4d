/* SPDX-License-Identifier: MIT */
// The demo: one client source on three runtimes against native servers, over ws:// and over wss://, a session, and the test
// page to try it by hand.
//
//   node examples/demo/demo.mjs --native DIR --web DIR [--serve]       (./dev demo builds the two folders and calls it)
//
// DIR holds the example programs of a native and of a web build. The exit status is 1 when the transcripts of an address
// differ or a client failed. The page is served only at a terminal or with --serve, until Ctrl-C.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {closeBrowser, runProgramInPage, trustKey} from '../../tests/harness/browser.mjs';
import {makeLocalCertificates, publicKeyHash} from '../../tests/harness/certificates.mjs';
import {describe, run, runTidily, start} from '../../tests/harness/process.mjs';
import {nodePreload} from '../../tests/harness/suite.mjs';
import {gamePage, serveTestPage, startServer} from '../test_page/pages.mjs';

function parseArguments(args) {
    const options = {serve: Boolean(process.stdout.isTTY)};
    for (let i = 0; i < args.length; i++) {
        if (args[i] === '--native' || args[i] === '--web') options[args[i].slice(2)] = args[++i];
        else if (args[i] === '--serve') options.serve = true;
        else throw new Error(`unknown option ${args[i]}`);
    }
    if (!options.native || !options.web) throw new Error('usage: demo.mjs --native DIR --web DIR [--serve]');
    return options;
}

function printBlock(title, lines) {
    console.log(`\n--- ${title}`);
    lines.forEach((line) => console.log(`    ${line}`));
}

/**
 * Runs the client on the three runtimes, one after the other, and prints what each of them printed. `env` tells the
 * native one and Node whom to trust; the browser knows already.
 */
async function runClients({native, web}, title, url, env = {}) {
    const script = path.join(web, 'minimal_client.js');
    const runtimes = {
        'native': () => run(path.join(native, 'minimal_client'), [url], {env, timeout: 30}),
        'wasm under Node': () => run(process.execPath, ['-r', nodePreload, script, url], {env, timeout: 30}),
        'wasm in headless Chromium': () => runProgramInPage({script, args: [url], timeout: 60}),
    };
    const ends = [];
    for (const [name, runClient] of Object.entries(runtimes)) {
        const end = await runClient();
        printBlock(`${title}, ${name}`, end.lines);
        if (end.code !== 0) printBlock(`it failed (${describe(end)})`, end.errorLines);
        ends.push(end);
    }
    return ends;
}

function areAlike(ends) {
    return ends.every(({code, lines}) => code === 0 && lines.join('\n') === ends[0].lines.join('\n'));
}

/** The same over TLS, against an echo_server. */
async function runSecureClients(options, {authority, server: own}) {
    const server = start(path.join(options.native, 'echo_server'),
        ['--port', '0', '--tls-key', own.key, '--tls-cert', own.certificate]);
    try {
        const [, url] = await server.line(/^listening on (\S+)$/);
        const trust = {SSL_CERT_FILE: authority.certificate, NODE_EXTRA_CA_CERTS: authority.certificate};
        return await runClients(options, 'minimal_client over TLS', url, trust);
    } finally {
        await server.stop();
    }
}

/** A session of two: multiplayer_client natively and in the browser joins a native multiplayer_server. */
async function runSession({native, web}) {
    const server = start(path.join(native, 'multiplayer_server'), ['--port', '0']);
    try {
        const [, url] = await server.line(/^listening on (\S+)$/);
        const script = path.join(web, 'multiplayer_client.js');
        const ends = [await run(path.join(native, 'multiplayer_client'), [url], {timeout: 30}),
            await runProgramInPage({script, args: [url], timeout: 60})];
        printBlock('multiplayer_client, native', ends[0].lines);
        printBlock('multiplayer_client, wasm in headless Chromium', ends[1].lines);
        return ends;
    } finally {
        await server.stop();
    }
}

async function servePage(folders, url, gameUrl) {
    const pages = await serveTestPage({...folders, echo: [{name: 'minimal_server', url, protocols: []}]});
    console.log(`\nA game for several tabs: ${gamePage(pages, gameUrl)}`);
    console.log(`Try it by hand: ${pages.url}/\nCtrl-C ends the demo.\n`);
    return pages;
}

/** Resolves when the person, or whoever started us, wants the demo to end; Ctrl-C reaches the server as well. */
function untilEnd(server) {
    return Promise.race([
        new Promise((resolve) => ['SIGINT', 'SIGTERM'].forEach((name) => process.once(name, resolve))),
        server.exited.then((end) => {
            if (end.code !== 0) throw new Error(`minimal_server ended: ${describe(end)}`);
        }),
    ]);
}

async function main(tidy) {
    const options = parseArguments(process.argv.slice(2));
    const server = start(path.join(options.native, 'minimal_server'), ['--port', '0']);
    tidy.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wspeer-demo-'));
    let alike = false;
    let game = null;
    try {
        const [, url] = await server.line(/^listening on (\S+)$/);
        const certificates = makeLocalCertificates(tidy.folder);
        trustKey(publicKeyHash(certificates.server)); // Before the browser starts.
        alike = areAlike(await runClients(options, 'minimal_client', url));
        // The clients have seen the end of their connections, the server perhaps not quite.
        for (let peer = 1; alike && peer <= 3; peer++) await server.line(new RegExp(`^- Peer ${peer} closed`));
        printBlock('minimal_server, native', server.lines);
        console.log(alike ? '\nThe three transcripts are identical.' : '\nThe three transcripts DIFFER.');
        const alikeOverTls = areAlike(await runSecureClients(options, certificates));
        console.log(`\nThe three transcripts over TLS ${alikeOverTls ? 'are identical' : 'DIFFER'}.`);
        const alikeInSession = areAlike(await runSession(options));
        console.log(`\nThe two transcripts of a session ${alikeInSession ? 'are identical' : 'DIFFER'}.`);
        alike = alike && alikeOverTls && alikeInSession;
        await closeBrowser();
        if (options.serve) {
            game = await startServer(path.join(options.native, 'multiplayer'), ['server']);
            const pages = await servePage(options, url, game.url);
            server.child.stdout.on('data', (text) => process.stdout.write(text));
            tidy.leaveSignals();
            await untilEnd(server);
            await pages.close();
        }
    } finally {
        await closeBrowser();
        await game?.server.stop();
        await server.stop();
    }
    process.exitCode = alike ? 0 : 1;
}

runTidily(main).catch((error) => {
    console.error(`demo: ${error.message}`);
    process.exitCode = 1;
});
