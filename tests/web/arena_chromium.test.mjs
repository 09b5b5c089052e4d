/* SPDX-License-Identifier: MIT */
// The game arena in Chromium: it plays, shows its connection, follows the size of its page, and a tab that was hidden
// for 20 s, and one that the browser even froze, go on playing.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {chromiumPath, closeBrowser, openPage} from '../harness/browser.mjs';
import {listeningLine} from '../harness/examples.mjs';
import {servePages} from '../harness/page_server.mjs';
import {run} from '../harness/process.mjs';

const require = createRequire(import.meta.url);
const hiddenSeconds = 20;

/**
 * Chromium whose hidden tabs are hidden: playwright makes every page believe that it is seen, and its command line keeps
 * the timers of hidden tabs running.
 */
function launchWithHiddenTabs() {
    const background = ['--disable-background-timer-throttling', '--disable-renderer-backgrounding',
        '--disable-backgrounding-occluded-windows'];
    return require('puppeteer-core').launch({
        executablePath: chromiumPath, headless: true, ignoreDefaultArgs: background,
        args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    });
}

/** Where a ship is according to a line of the server: {x, y}. */
function place(line) {
    const [, x, y] = line.match(/ at (\S+) (\S+), score/);
    return {x: Number(x), y: Number(y)};
}

export default async function (t) {
    t.onEnd(closeBrowser);
    const startServer = async () => {
        const server = t.startProgram('native', 'arena_server', ['--port', '0', '--seed', '7']);
        return {server, url: (await server.line(listeningLine))[1]};
    };
    const serveGame = () => servePages({'/': path.join(t.buildDir('web'), 'examples')});
    const address = (pages, url, name) =>
        `${pages.url}/arena.html?${['--name', name, url].map((arg) => `arg=${encodeURIComponent(arg)}`).join('&')}`;
    const untilPlaying = (page) => page.waitForFunction(
        () => globalThis.Module?.lines?.some((line) => line.startsWith('playing as ship')), {timeout: 30000});

    t.test('bots in wasm predict what the native server decides', async () => {
        const {server, url} = await startServer();
        const crowd = t.startProgram('node', 'arena_bots', [4, url, '--seconds', '5']);
        const end = await crowd.wait({timeout: 50});
        assert.equal(end.code, 0, [...end.lines, ...end.errorLines].join('\n'));
        assert.match(end.lines.at(-1), /^bots 4, joins 4, lost connections 0, .* positions agree$/);
        for (let left = 0; left < 4; left++) await server.line(/^- ship/);
    });

    t.test('arena plays in a page and follows its size', async () => {
        const {server, url} = await startServer();
        const pages = await serveGame();
        const page = await openPage(address(pages, url, 'Tab'), {viewport: {width: 700, height: 400}});
        await untilPlaying(page);
        await server.line(/^\+ ship 0, Tab, /);
        const size = () => page.evaluate(() => [document.getElementById('canvas').width, document.getElementById('canvas').height]);
        assert.deepEqual(await size(), [700, 400]);
        await page.setViewportSize({width: 500, height: 300});
        await page.waitForFunction(() => document.getElementById('canvas').width === 500, null, {timeout: 20000});
        assert.deepEqual(await size(), [500, 300]);
        await page.close();
        await server.line(/^- ship 0, Tab, /);
        await pages.close();
    });

    const window = path.join(t.buildDir('release'), 'examples/arena');
    const demoName = 'the demo saves a picture of both worlds when there is no terminal';
    if (!t.has(window) || !t.has('/usr/bin/xvfb-run')) {
        t.skip(demoName, 'arena is not in the release build, or xvfb-run is not installed');
    } else {
        t.test(demoName, async () => {
            const out = t.tempDir();
            const end = await run(process.execPath, [path.join(t.root, 'examples/arena/demo.mjs'), '--out', out,
                '--native', path.dirname(window), '--web', path.join(t.buildDir('web'), 'examples'), '--after', '1'],
            {timeout: 150});
            assert.equal(end.code, 0, [...end.lines, ...end.errorLines].join('\n'));
            for (const name of ['arena_native.png', 'arena_web.png']) {
                const picture = fs.readFileSync(path.join(out, name));
                assert.equal(picture.toString('latin1', 1, 4), 'PNG');
                assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [1280, 720]);
                assert.ok(picture.length > 50000, `${name} has ${picture.length} bytes: is anything on it?`);
            }
        }, {timeout: 180});
    }

    t.test('arena says on the screen and in its lines that the server is gone, and finds the next one', async () => {
        const {server, url} = await startServer();
        const pages = await serveGame();
        const page = await openPage(address(pages, url, 'Tab'), {viewport: {width: 400, height: 300}});
        await untilPlaying(page);
        await server.stop();
        await page.waitForFunction(() => Module.lines.some((line) => line.startsWith('reconnecting: ')), null, {timeout: 20000});
        const next = t.startProgram('native', 'arena_server', ['--port', new URL(url).port]);
        await next.line(/^\+ ship 0, Tab, /, {timeout: 40});
        await page.waitForFunction(() => Module.lines.includes('playing as ship 0, join 2'), null, {timeout: 20000});
        await page.close();
        await pages.close();
    }, {timeout: 120});

    t.test(`a tab that was hidden or frozen for ${hiddenSeconds} s goes on playing`, async () => {
        const {server, url} = await startServer();
        const pages = await serveGame();
        const browser = await launchWithHiddenTabs();
        try {
            const story = (name) => server.lines.filter((line) => line.includes(`, ${name}, at `));
            const tabs = [];
            for (const name of ['Hidden', 'Frozen']) {
                const page = await browser.newPage();
                await page.setViewport({width: 480, height: 320});
                await page.goto(address(pages, url, name));
                await untilPlaying(page);
                await server.line(new RegExp(`^\\+ ship \\d, ${name}, `));
                tabs.push({name, page});
            }
            await (await browser.newPage()).bringToFront();
            const frozen = await tabs[1].page.createCDPSession();
            await frozen.send('Page.setWebLifecycleState', {state: 'frozen'});
            await tabs[0].page.waitForFunction(() => document.visibilityState === 'hidden', {polling: 100});
            await pause(hiddenSeconds * 1000);
            await frozen.send('Page.setWebLifecycleState', {state: 'active'});
            for (const {name, page} of tabs) {
                await page.bringToFront();
                await page.waitForFunction(() => Module.lines.at(-1).startsWith('playing as ship'), {timeout: 30000});
                // It obeys its player again, and the server obeys it.
                const from = place(story(name).at(-1));
                await page.keyboard.down(from.x < 1024 ? 'd' : 'a');
                await pause(1500);
                const lines = await page.evaluate(() => Module.lines);
                await page.close();
                while (!story(name).at(-1).startsWith('-')) await server.line(/^- ship/);
                const to = place(story(name).at(-1));
                console.log(`note: arena, ${name.toLowerCase()} tab: ${lines.join('; ')}; moved from ${from.x} to ${to.x}`);
                assert.ok(Math.abs(to.x - from.x) > 30, `${name} was at ${from.x} and then at ${to.x}`);
            }
        } finally {
            await browser.close();
            await pages.close();
        }
    }, {timeout: hiddenSeconds + 100});
}
