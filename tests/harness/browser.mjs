/* SPDX-License-Identifier: MIT */
// Headless Chromium for the tests: one browser per suite, started when the first page is wanted.
//
//   import {openPage, runProgramInPage, closeBrowser, trustKey} from '../harness/browser.mjs';
//
//   const page = await openPage(url);            // a playwright Page in a context of its own; page.close() when done
//   page.consoleLines                            // what the page logged so far, and its uncaught errors
//
//   // A wasm program as a page: what it prints, and the exit status of its main().
//   const end = await runProgramInPage({script: path.join(t.buildDir('web'), 'examples/minimal_client.js'),
//                                       args: [wsUrl], timeout: 30});
//   end.code, end.lines, end.errorLines, end.consoleLines
//
//   trustKey(publicKeyHash(server));             // before the first page: servers with this key need no authority
//
// In a suite's body call `t.onEnd(closeBrowser)`. The browser's own process ends when ours does, whatever happens.
// CHROMIUM in the environment names another binary.

import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';
import {servePages} from './page_server.mjs';
import {withTimeout} from './process.mjs';

const require = createRequire(import.meta.url);
export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

let launched = null;
const trustedKeys = [];

function launch() {
    const {chromium} = require('playwright-core');
    return chromium.launch({
        executablePath: chromiumPath,
        headless: true,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync',
            ...(trustedKeys.length > 0 ? [`--ignore-certificate-errors-spki-list=${trustedKeys.join(',')}`] : [])],
    });
}

/** `hash` is publicKeyHash() of certificates.mjs. It counts for browsers that start from now on. */
export function trustKey(hash) {
    trustedKeys.push(hash);
}

export function hasBrowser() {
    return fs.existsSync(chromiumPath);
}

export async function closeBrowser() {
    const browser = launched;
    launched = null;
    await (await browser?.catch(() => null))?.close().catch(() => {});
}

/** A loaded machine sometimes fails to open a tab or to start the browser: one more try with a fresh browser. */
async function newPage(options) {
    const attempt = async () => {
        launched ??= launch();
        const context = await (await launched).newContext(options);
        return context.newPage();
    };
    try {
        return await attempt();
    } catch {
        await closeBrowser();
        return attempt();
    }
}

/** Opens a page in a new context. `url` may be undefined: the page is then blank and the caller navigates. */
export async function openPage(url, contextOptions = {}) {
    const page = await newPage(contextOptions);
    page.consoleLines = [];
    page.on('console', (message) => page.consoleLines.push(message.text()));
    page.on('pageerror', (error) => page.consoleLines.push(`uncaught: ${error.message}`));
    page.on('close', () => page.context().close().catch(() => {}));
    if (url) await page.goto(url);
    return page;
}

export const programPage = (script) => `<!doctype html><meta charset="utf-8"><title>program</title>
<script>
var ended = {lines: [], errorLines: [], code: null, failure: null};
addEventListener('error', function (event) { ended.failure = event.message || 'a file did not load'; }, true);
var Module = {
    arguments: new URLSearchParams(location.search).getAll('arg'),
    print: function (line) { ended.lines.push(line); },
    printErr: function (line) { ended.errorLines.push(line); },
    onAbort: function (why) { ended.failure = 'aborted: ' + why; },
    onExit: function (code) { ended.code = code; }
};
</script>
<script src="/program/${script}"></script>
`;

/**
 * Runs an Emscripten program (its .js file) in a page of its own and waits until main's exit status is known. Rejects when
 * that takes too long, the program aborts, or the page has an uncaught error. With `untilLine`, a RegExp, it waits for a line
 * of output instead: a program linked without EXIT_RUNTIME has no end in a page.
 */
export async function runProgramInPage({script, args = [], timeout = 30, untilLine = null}) {
    if (!fs.existsSync(script)) throw new Error(`${script} was not built`);
    const pages = await servePages({
        '/program/': path.dirname(script),
        '/index.html': {html: programPage(path.basename(script))},
    });
    const query = args.map((arg) => `arg=${encodeURIComponent(arg)}`).join('&');
    let page;
    try {
        page = await openPage(`${pages.url}/index.html?${query}`);
        const done = page.waitForFunction((line) => globalThis.ended.code !== null || globalThis.ended.failure ||
            (line && globalThis.ended.lines.some((text) => text.match(line))), untilLine?.source,
        {timeout: 0, polling: 50});
        done.catch(() => {}); // Closing the page below ends a wait that ran out of time.
        await withTimeout(done, timeout, () => `${path.basename(script)} did not end in its page within ${timeout} s`);
        const ended = await page.evaluate(() => globalThis.ended);
        if (ended.code === null && (ended.failure || !untilLine)) {
            throw new Error(`${path.basename(script)} failed in its page: ${ended.failure}`);
        }
        return {...ended, consoleLines: page.consoleLines};
    } catch (error) {
        const said = page ? await page.evaluate(() => globalThis.ended).catch(() => null) : null;
        error.message += `\nprinted: ${JSON.stringify(said)}\nconsole: ${JSON.stringify(page?.consoleLines)}`;
        throw error;
    } finally {
        await page?.close().catch(() => {});
        await pages.close();
    }
}
