/* SPDX-License-Identifier: MIT */
// The chat's page (examples/chat) in Chromium, with a native client at a console and a native server.

import assert from 'node:assert/strict';
import path from 'node:path';
import {closeBrowser, hasBrowser, openPage} from '../harness/browser.mjs';
import {start} from '../harness/process.mjs';
import {inState} from '../harness/test_page.mjs';

export default async function (t) {
    t.onEnd(closeBrowser);

    t.test('a chat server says on the web that it cannot listen', async () => {
        const end = await t.startProgram('node', 'chat', ['server', '--port', '0']).wait();
        assert.equal(end.code, 1);
        assert.match(end.lines.join('\n'), /^failed WSP_ERR_UNSUPPORTED \S/);
    });

    if (!hasBrowser()) {
        t.skip('the chat in Chromium', 'chromium is not installed');
        return;
    }
    const served = start(process.execPath, [path.join(t.root, 'examples/test_page/serve.mjs'), '--port', '0',
        '--native', path.join(t.buildDir('asan'), 'examples'), '--web', path.join(t.buildDir('web'), 'examples')]);
    const [, url] = await served.line(/^chat server on (\S+)$/, {timeout: 30});
    const [, address] = await served.line(/^chat page on (\S+)$/, {timeout: 30});

    const open = async (nick, options) => {
        const page = await openPage(address, options);
        await inState(page, 'CLOSED');
        await page.waitForFunction((wanted) => document.getElementById('url').value === wanted, url);
        await page.fill('#nick', nick);
        await page.keyboard.press('Enter');
        await inState(page, 'OPEN');
        await has(page, `* connected with subprotocol chat`);
        return page;
    };
    const has = (page, line) => page.waitForFunction((wanted) => [...document.querySelectorAll('#log li')]
        .some((item) => item.textContent === wanted), line, {timeout: 20000, polling: 50});
    const say = async (page, line) => {
        await page.fill('#text', line);
        await page.keyboard.press('Enter');
    };

    t.test('two pages and a console chat with each other', async () => {
        const ann = await open('Ann', {viewport: {width: 360, height: 740}});
        const bob = await open('Bob');
        const cid = t.startProgram('native', 'chat', ['client', url, '--nick', 'Cid'], {typing: true});
        await cid.line(/ is now Cid$/);
        await has(ann, '* guest-3 is now Cid');
        await say(ann, 'Gr\u00fc\u00dfe <b>\u{1f3ae}</b>');
        await Promise.all([has(bob, 'Ann: Gr\u00fc\u00dfe <b>\u{1f3ae}</b>'), cid.line('Ann: Gr\u00fc\u00dfe <b>\u{1f3ae}</b>')]);
        cid.type('/to Bob only you');
        await has(bob, 'Cid to you: only you');
        await say(bob, '/all everybody');
        const toAll = 'Bob to all: everybody';
        await Promise.all([has(ann, toAll), has(bob, toAll), cid.line(toAll)]);
        assert.ok(!(await ann.textContent('#log')).includes('only you'));
        assert.ok(await ann.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'fits a phone');
        assert.equal(await ann.evaluate(() => document.activeElement.id), 'text', 'the focus waits for the next line');
        await ann.click('#leave');
        await inState(ann, 'CLOSED');
        await has(ann, 'closed with code 1000, reason bye. Clean: true');
        await has(bob, '* Ann left');
        await ann.click('#connect');
        await has(ann, '* guest-4 is now Ann');
        await bob.close();
        await cid.line('* Bob left');
    }, {timeout: 90});

    t.test('a chat page shows the close code and reason of a server that ends', async () => {
        const page = await open('Dora');
        await page.evaluate(() => { document.getElementById('text').removeAttribute('maxlength'); });
        await say(page, '\u20ac'.repeat(400));
        await has(page, '* that is too long');
        served.signal('SIGTERM');
        await has(page, 'closed with code 1001, reason . Clean: true');
        const end = await served.wait();
        assert.deepEqual([end.code, end.errorLines], [0, []]);
    });
}
