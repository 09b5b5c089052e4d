/* SPDX-License-Identifier: MIT */
// Headless Firefox for the tests, through WebDriver BiDi: one browser per suite, because starting it takes seconds.
//
//   import {closeFirefox, hasFirefox, openInFirefox, runProgramInFirefox} from '../harness/firefox.mjs';
//
//   const page = await openInFirefox(url);      // a puppeteer Page; page.close() when done
//   const end = await runProgramInFirefox({script, args: [wsUrl], timeout: 60});   // as runProgramInPage of browser.mjs
//
// In a suite's body call `t.onEnd(closeFirefox)`. FIREFOX in the environment names another binary.

import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';
import {programPage} from './browser.mjs';
import {servePages} from './page_server.mjs';
import {withTimeout} from './process.mjs';

const require = createRequire(import.meta.url);
export const firefoxPath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

let launched = null;

function launch() {
    return require('puppeteer-core').launch({
        browser: 'firefox', executablePath: firefoxPath, headless: true, timeout: 60000,
        extraPrefsFirefox: {
            // After a failure Firefox makes further connections to that server wait, longer each time; here many fail.
            'network.websocket.delay-failed-reconnects': false,
            // A WebSocket that is closed while CONNECTING keeps its TCP connection until the server ends it, and 6 of
            // them would block the server for good.
            'network.http.max-persistent-connections-per-server': 200,
        },
    });
}

export function hasFirefox() {
    return fs.existsSync(firefoxPath);
}

export async function closeFirefox() {
    const browser = launched;
    launched = null;
    await (await browser?.catch(() => null))?.close().catch(() => {});
}

export async function openInFirefox(url) {
    launched ??= launch();
    const page = await (await launched).newPage();
    if (url) await page.goto(url);
    return page;
}

/** Runs an Emscripten program in a page of its own until main's exit status is known; see runProgramInPage. */
export async function runProgramInFirefox({script, args = [], timeout = 60}) {
    if (!fs.existsSync(script)) throw new Error(`${script} was not built`);
    const pages = await servePages({
        '/program/': path.dirname(script),
        '/index.html': {html: programPage(path.basename(script))},
    });
    const page = await openInFirefox();
    const ended = () => page.evaluate(() => globalThis.ended);
    try {
        await page.goto(`${pages.url}/index.html?${args.map((arg) => `arg=${encodeURIComponent(arg)}`).join('&')}`);
        const done = page.waitForFunction(() => globalThis.ended.code !== null || globalThis.ended.failure,
            {timeout: 0, polling: 100});
        done.catch(() => {}); // Closing the page below ends a wait that ran out of time.
        await withTimeout(done, timeout, () => `${path.basename(script)} did not end in Firefox within ${timeout} s`);
        const end = await ended();
        if (end.code === null) throw new Error(`${path.basename(script)} failed in Firefox: ${end.failure}`);
        return end;
    } catch (error) {
        error.message += `\nprinted: ${JSON.stringify(await ended().catch(() => null))}`;
        throw error;
    } finally {
        await page.close().catch(() => {});
        await pages.close();
    }
}
