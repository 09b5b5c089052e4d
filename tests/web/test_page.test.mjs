/* SPDX-License-Identifier: MIT */
// The test page (examples/test_page) used as a person would use it, in Chromium and in part in Firefox: by hand against
// our echo server and the npm package ws, and its second tab, where all scenarios have to pass.
// WSPEER_SCREENSHOTS names a folder for pictures of it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {closeBrowser, hasBrowser, openPage} from '../harness/browser.mjs';
import {echoServer} from '../harness/echo_ws.mjs';
import {closedPort} from '../harness/examples.mjs';
import {closeFirefox, hasFirefox, openInFirefox} from '../harness/firefox.mjs';
import {start, withTimeout} from '../harness/process.mjs';
import {inState, logHas, shows} from '../harness/test_page.mjs';

const phone = {viewport: {width: 360, height: 740}};

const screenshot = (page, name) => process.env.WSPEER_SCREENSHOTS &&
    page.screenshot({path: path.join(process.env.WSPEER_SCREENSHOTS, name)});

function byHandSuite(t, open) {
    t.test('the test page connects, sends, shows the echo and closes, with the keyboard alone', async () => {
        const {page, echo} = await open();
        assert.equal(await page.inputValue('#url'), echo);
        await page.focus('#url');
        await page.keyboard.press('Enter');
        await inState(page, 'OPEN');
        assert.equal(await page.evaluate(() => document.activeElement.id), 'url', 'the focus stays where it was');
        await page.fill('#text', 'Gr\u00fc\u00dfe <b>\u{1f3ae}</b>');
        await page.keyboard.press('Enter');
        await logHas(page, 'sent text, 19 B', 'Gr\u00fc\u00dfe <b>\u{1f3ae}</b>');
        await logHas(page, 'received text, 19 B', 'Gr\u00fc\u00dfe <b>\u{1f3ae}</b>');
        await page.fill('#close-code', '4001');
        await page.fill('#close-reason', 'that is all');
        await page.keyboard.press('Enter');
        await inState(page, 'CLOSED');
        await logHas(page, 'closed with code 4001, reason that is all');
        await shows(page, 'code', '4001');
        await shows(page, 'reason', 'that is all');
        await shows(page, 'error', 'none');
        assert.deepEqual(page.consoleLines, []);
    });

    t.test('a button of the test page that the state disables hands the focus on', async () => {
        const {page} = await open();
        await page.focus('#connect');
        await page.keyboard.press('Space');
        await inState(page, 'OPEN');
        await page.waitForFunction(() => document.activeElement.id === 'text', null, {timeout: 20000});
        await page.focus('#close');
        await page.keyboard.press('Space');
        await inState(page, 'CLOSED');
        await page.waitForFunction(() => document.activeElement.id === 'connect', null, {timeout: 20000});
    });

    t.test('the test page sends binary as text\'s bytes, as hex digits and from a file', async () => {
        const {page} = await open();
        await page.click('#connect');
        await inState(page, 'OPEN');
        await page.check('input[value=bytes]');
        await page.fill('#text', 'abc');
        await page.click('#send');
        await logHas(page, 'received binary, 3 B', '61 62 63');
        await page.check('input[value=hex]');
        await page.fill('#text', '00 FF80');
        await page.click('#send');
        await logHas(page, 'received binary, 3 B', '00 ff 80');
        await page.fill('#text', '00 f');
        await page.click('#send');
        await logHas(page, 'not sent: hex digits come in pairs, such as 00 ff 80');
        const file = path.join(t.tempDir(), 'file');
        fs.writeFileSync(file, Buffer.alloc(5 << 20, 7));
        await page.setInputFiles('#file', file);
        await page.click('#send-file');
        await logHas(page, 'received binary, 5,242,880 B', `${Array(16).fill('07').join(' ')} \u2026`);
        await shows(page, 'sent', '3');
        await shows(page, 'bytes-received', '5,242,886');
    });

    t.test('the test page offers subprotocols and shows the one chosen', async () => {
        const {page} = await open();
        await page.click('#servers button:nth-of-type(2)');
        assert.equal(await page.inputValue('#protocols'), 'chat, superchat');
        await page.fill('#protocols', 'other superchat,chat');
        await page.click('#connect');
        await inState(page, 'OPEN');
        await logHas(page, 'open with subprotocol superchat');
        await page.click('#close');
        await inState(page, 'CLOSED');
        await page.fill('#protocols', 'a,a');
        await page.click('#connect');
        await page.waitForFunction(() => document.getElementById('log').textContent.includes('WSP_ERR_INVALID_PARAMETER'),
            null, {timeout: 20000, polling: 50});
    });

    t.test('generated messages make the buffered amount of the test page rise and fall', async () => {
        const {page} = await open(phone);
        await page.click('#connect');
        await inState(page, 'OPEN');
        await page.fill('#size', '18');
        await shows(page, 'size-text', '256 KiB');
        await page.fill('#count', '16');
        await page.click('#generate');
        await logHas(page, 'received binary, 262,144 B');
        await shows(page, 'received', '16');
        await shows(page, 'bytes-received', '4,194,304');
        assert.notEqual(await page.textContent('#peak'), '0');
        await shows(page, 'buffered', '0');
        await page.check('#generated-text');
        await page.fill('#size', '4');
        await page.click('#generate');
        await logHas(page, 'received text, 16 B', 'x'.repeat(16));
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'fits a phone');
        await screenshot(page, 'phone.png');
    });

    t.test('packets that are not taken wait in the queue that the test page shows', async () => {
        const {page} = await open();
        await page.click('#connect');
        await inState(page, 'OPEN');
        await page.uncheck('#read');
        await page.fill('#count', '5');
        await page.click('#generate');
        await shows(page, 'queued', '5');
        await shows(page, 'queued-bytes', '5,120');
        assert.ok(!(await page.textContent('#log')).includes('received'));
        await page.check('#read');
        await shows(page, 'queued', '0');
        await logHas(page, 'received binary, 1,024 B');
    });

    t.test('a stream fills the plot of the test page until it is switched off', async () => {
        const {page} = await open({viewport: {width: 1100, height: 1400}, colorScheme: 'dark'});
        const paintedPixels = () => page.evaluate(() => {
            const canvas = document.getElementById('plot');
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((value, at) => at % 4 === 3 && value > 0).length;
        });
        await page.click('#connect');
        await inState(page, 'OPEN');
        await page.click('#stream');
        await page.waitForFunction(() => plot.rates.filter((rate) => rate.in > 1024).length >= 8, null, {timeout: 30000});
        assert.match(await page.textContent('#rate-in'), /^[\d.,]+ [KMG]iB\/s$/);
        assert.ok(await paintedPixels() > 100);
        await screenshot(page, 'dark.png');
        await page.click('#stream');
        assert.equal(await page.getAttribute('#stream', 'aria-pressed'), 'false');
        await page.waitForFunction(() => document.getElementById('sent').textContent ===
            document.getElementById('received').textContent, null, {timeout: 30000});
        await shows(page, 'rate-out', '0 B/s');
        assert.ok((await page.$$('#log li')).length <= 500, 'the log is bounded');
    });

    t.test('the test page shows the code and reason with which a server closes', async () => {
        const server = await echoServer();
        const {page} = await open({}, server.url);
        assert.equal(await page.inputValue('#url'), server.url);
        await page.click('#connect');
        await inState(page, 'OPEN');
        (await server.connected).close(3999, 'closed \u202e by the server');
        await inState(page, 'CLOSED');
        await shows(page, 'code', '3999');
        await shows(page, 'reason', 'closed \u202e by the server');
        await server.close();
    });

    t.test('the test page says why it cannot connect, and can be used again', async () => {
        const {page, echo} = await open({}, 'http://127.0.0.1/');
        await page.click('#connect');
        await page.waitForFunction(() => document.getElementById('log').textContent.includes('WSP_ERR_INVALID_PARAMETER'),
            null, {timeout: 20000, polling: 50});
        assert.notEqual(await page.textContent('#error'), 'none');
        await page.fill('#url', `ws://127.0.0.1:${await closedPort()}`);
        await page.click('#connect');
        await page.waitForFunction(() => document.getElementById('log').textContent.includes('WSP_ERR_CANT_CONNECT'),
            null, {timeout: 20000, polling: 50});
        assert.notEqual(await page.textContent('#error'), 'none');
        await page.fill('#url', echo);
        await page.click('#connect');
        await inState(page, 'OPEN');
        await shows(page, 'error', 'none');
    });

    t.test('every control of the test page has a name, and the tabs move with the arrow keys', async () => {
        const {page} = await open();
        const unnamed = await page.$$eval('input, button', (controls) => controls.filter((control) =>
            !(control.labels?.length > 0) && !control.textContent.trim()).map((control) => control.id));
        assert.deepEqual(unnamed, []);
        assert.equal(await page.getAttribute('#log', 'aria-live'), 'polite');
        await page.focus('#connection-tab');
        await page.keyboard.press('ArrowRight');
        assert.equal(await page.evaluate(() => document.activeElement.id), 'scenarios-tab');
        assert.deepEqual([await page.isVisible('#scenarios-panel'), await page.isVisible('#connection-panel')], [true, false]);
        assert.equal(await page.getAttribute('#scenarios-tab', 'aria-selected'), 'true');
        await page.keyboard.press('ArrowRight');
        assert.equal(await page.isVisible('#connection-panel'), true);
    });
}

function scenariosSuite(t, open) {
    const run = async (page, part) => {
        await page.click('#scenarios-tab');
        await page.fill('#part', part);
        await page.click('#run');
        await shows(page, 'summary', /^(Done|Failed)/, 150000);
        const failed = await page.$$eval('#results li:not(.passed)', (items) => items.map((item) => item.textContent));
        return {summary: await page.textContent('#summary'), failed};
    };

    t.test('every scenario passes in the second tab of the test page', async () => {
        const {page} = await open();
        const {summary, failed} = await run(page, '');
        assert.deepEqual(failed.filter((text) => !text.startsWith('skipped')), []);
        const [, passed, skipped, all] = summary.match(/^Done: (\d+) passed, 0 failed, (\d+) skipped of (\d+)$/);
        assert.equal(Number(passed) + Number(skipped), Number(all));
        assert.ok(Number(passed) > 100, summary);
        await screenshot(page, 'scenarios.png');
    }, {timeout: 180});

    t.test('the second tab runs one topic, and again on the same stage', async () => {
        const {page} = await open();
        const first = await run(page, 'closing');
        assert.match(first.summary, /^Done: \d+ passed, 0 failed/, first.failed.join('\n'));
        await shows(page, 'summary', first.summary);
        const second = await run(page, 'closing');
        assert.equal(second.summary, first.summary);
    }, {timeout: 120});

    t.test('the second tab says which scenario failed, and why', async () => {
        const {page} = await open({}, null, async (fresh) => {
            await fresh.route('**/texts/closing.txt', async (route) => {
                const text = await (await route.fetch()).text();
                await route.fulfill({body: text.replace(/^close 1000.*$/m, 'close 1000 "something else": WSP_OK')});
            });
        });
        const {summary, failed} = await run(page, 'closing');
        assert.match(summary, /^Failed: \d+ passed, 1 failed/);
        assert.match(failed.join('\n'), /line \d+ of the trace is .*, expected "close 1000 \\"something else\\": WSP_OK"/);
    }, {timeout: 120});

    t.test('the second tab counts scenarios that could not run as failed', async () => {
        const {page} = await open({}, null, (fresh) =>
            fresh.route('**/scenarios/scenarios.wasm', (route) => route.fulfill({body: 'no program'})));
        const {summary, failed} = await run(page, 'closing');
        assert.match(summary, /^Failed: 0 passed, (\d+) failed, 0 skipped of \1$/);
        assert.match(failed[0], /it did not run to its end: aborted/);
    }, {timeout: 60});
}

function firefoxSuite(t, address) {
    t.test('the test page works in Firefox, and every scenario passes there', async () => {
        const page = await openInFirefox(address);
        const until = (what, ...args) => withTimeout(page.waitForFunction(what, {timeout: 0, polling: 100}, ...args), 150,
            () => `${what} did not come true in Firefox`);
        await until(() => document.body.dataset.state === 'CLOSED');
        await page.click('#connect');
        await until(() => document.body.dataset.state === 'OPEN');
        await page.click('#send');
        await until(() => document.getElementById('log').textContent.includes('received text, 22 B'));
        await page.click('#close');
        await until(() => document.getElementById('code').textContent === '1000');
        await page.click('#scenarios-tab');
        await page.click('#run');
        await until(() => /^(Done|Failed)/.test(document.getElementById('summary').textContent));
        const failed = await page.$$eval('#results li.failed', (items) => items.map((item) => item.textContent));
        assert.deepEqual(failed, []);
        assert.match(await page.$eval('#summary', (summary) => summary.textContent), /^Done: \d{3} passed, 0 failed/);
        await page.close();
    }, {timeout: 200});
}

export default async function (t) {
    t.onEnd(closeBrowser);
    t.onEnd(closeFirefox);
    const served = start(process.execPath, [path.join(t.root, 'examples/test_page/serve.mjs'), '--port', '0',
        '--native', path.join(t.buildDir('asan'), 'examples'), '--web', path.join(t.buildDir('web'), 'examples')]);
    const [, echo] = await served.line(/^echo server on (\S+)$/, {timeout: 30});
    const [, address] = await served.line(/^test page on (\S+) /, {timeout: 30});

    const pages = new Set();
    /** A fresh page in a context of its own, when its client runs; it is closed at the end of the suite. */
    const open = async (options = {}, url = null, prepare = async () => {}) => {
        const page = await openPage(undefined, options);
        pages.add(page);
        await prepare(page);
        await page.goto(url ? `${address}?url=${encodeURIComponent(url)}` : address);
        await inState(page, 'CLOSED');
        if (!url) await page.waitForFunction((wanted) => document.getElementById('url').value === wanted, echo);
        return {page, echo};
    };

    if (hasBrowser()) {
        byHandSuite(t, open);
        scenariosSuite(t, open);
    } else {
        t.skip('the test page in Chromium', 'chromium is not installed');
    }
    if (hasFirefox()) firefoxSuite(t, address);
    else t.skip('the test page in Firefox', 'firefox-esr is not installed');

    t.test('serving the test page ends with its servers when it is told to', async () => {
        await Promise.all([...pages].map((page) => page.close()));
        served.signal('SIGINT');
        const end = await served.wait({timeout: 20});
        assert.deepEqual([end.code, end.errorLines], [0, []]);
    });
}
