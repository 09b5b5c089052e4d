/* SPDX-License-Identifier: MIT */
// The client of a session as wasm, under Node and in Chromium, against native servers; the servers, which compile for the
// web and say there that they cannot listen; and the game's page, used as a person would.

import assert from 'node:assert/strict';
import path from 'node:path';
import {closeBrowser, openPage, runProgramInPage} from '../harness/browser.mjs';
import {closedPort, listeningLine} from '../harness/examples.mjs';
import {servePages} from '../harness/page_server.mjs';

const transcript = ['peer_connected 1', 'packet from 1: hello', 'peer_disconnected 1'];

async function startServer(t, name, args) {
    const server = t.startProgram('native', name, args);
    const [, url] = await server.line(listeningLine);
    return {server, url};
}

function clientSuite(t) {
    const runInPage = (name, args) => runProgramInPage({
        script: path.join(t.buildDir('web'), 'examples', `${name}.js`), args, timeout: 50,
    });

    for (const dialect of ['godot4', 'godot3']) {
        t.test(`multiplayer_client prints on every runtime what it prints natively, ${dialect}`, async () => {
            const {server, url} = await startServer(t, 'multiplayer_server', ['--port', '0', '--dialect', dialect]);
            const args = [url, '--dialect', dialect];
            const native = await t.startProgram('native', 'multiplayer_client', args).wait();
            const node = await t.startProgram('node', 'multiplayer_client', args).wait({timeout: 40});
            const page = await runInPage('multiplayer_client', args);
            for (const end of [native, node, page]) assert.deepEqual([end.code, end.lines], [0, transcript]);
            await server.line('peer_disconnected 4');
        });
    }

    t.test('a server of the other dialect, and none at all, fail the client as natively', async () => {
        const {url} = await startServer(t, 'multiplayer_server', ['--port', '0']);
        const other = await t.startProgram('node', 'multiplayer_client', [url, '--dialect', 'godot3']).wait({timeout: 40});
        assert.equal(other.code, 1);
        assert.match(other.lines.join('\n'), /^failed WSP_ERR_PROTOCOL .*Godot 4's dialect/);
        const none = await t.startProgram('node', 'multiplayer_client', [`ws://127.0.0.1:${await closedPort()}`])
            .wait({timeout: 40});
        assert.equal(none.code, 1);
        assert.match(none.lines.join('\n'), /^failed WSP_ERR_CANT_CONNECT \S/);
    });

    t.test('the servers compile for the web and fail with WSP_ERR_UNSUPPORTED', async () => {
        for (const [name, mode] of [['multiplayer_server', []], ['multiplayer', ['server']]]) {
            const end = await t.startProgram('node', name, [...mode, '--port', '0']).wait({timeout: 40});
            assert.equal(end.code, 1);
            assert.equal(end.lines.length, 1, end.lines.join('\n'));
            assert.match(end.lines[0], /^failed WSP_ERR_UNSUPPORTED \S/);
        }
    });

    t.test('a client that plays by itself under Node plays against a native one', async () => {
        const {server, url} = await startServer(t, 'multiplayer', ['server', '--port', '0']);
        const node = t.startProgram('node', 'multiplayer', ['client', url, '--name', 'wasm', '--auto', '2']);
        await server.line('player 2 is now wasm', {timeout: 40});
        const native = t.startProgram('native', 'multiplayer', ['client', url, '--name', 'native', '--auto', '2']);
        await server.line(/^(wasm|native) wins$/, {timeout: 40});
        await node.line(/^\[wasm\] .* wins$/);
        await native.line(/^\[native\] .* wins$/);
    });
}

function pageSuite(t) {
    t.test('the page joins, plays, is refused, leaves and joins again', async () => {
        const {server, url} = await startServer(t, 'multiplayer', ['server', '--port', '0']);
        const pages = await servePages({
            '/': path.join(t.root, 'examples/multiplayer'), '/program/': path.join(t.buildDir('web'), 'examples'),
        });
        const page = await openPage(`${pages.url}/?url=${encodeURIComponent(url)}`);
        const until = (text) => page.waitForFunction(
            (wanted) => document.querySelector('#lines').textContent.includes(wanted), text, {timeout: 30000, polling: 50});
        await page.fill('#name', 'ann');
        await page.click('#join button');
        await until('[ann] in the lobby');
        const bot = t.startProgram('native', 'multiplayer', ['client', url, '--name', 'bot', '--auto', '16']);
        await until('bot has a new name');
        await page.click('[name=start]');
        await until('ann (you) is to roll');
        await page.click('[name=cheat]');
        await until('[ann] refused the server has the dice');
        for (let rolls = 0; rolls < 25; rolls++) {
            if ((await page.textContent('#lines')).includes(' wins')) break;
            const before = (await page.textContent('#lines')).match(/\(you\) rolled/g)?.length ?? 0;
            await page.click('[name=roll]');
            await page.waitForFunction((count) => {
                const said = document.querySelector('#lines').textContent;
                return (said.match(/\(you\) rolled/g)?.length ?? 0) > count && /(is to roll|wins)\n[^]*(you\) is to roll|lobby)\n$/.test(said);
            }, before, {timeout: 30000, polling: 50});
        }
        await until(' wins');
        await server.line(/ wins$/);
        await page.click('[name=quit]');
        await until('the session is over: the connection was closed: 1000');
        await bot.line('[bot] ann left');
        await page.waitForFunction(() => !document.querySelector('#join button').disabled);
        await page.click('#join button');
        await bot.line('[bot] ann has a new name');
        await server.stop();
        await until('the connection was closed: 1001');
        assert.deepEqual(page.consoleLines.filter((line) => line.startsWith('uncaught')), []);
        if (process.env.WSPEER_SCREENSHOTS) {
            await page.screenshot({path: path.join(process.env.WSPEER_SCREENSHOTS, 'multiplayer.png'), fullPage: true});
        }
        await page.close();
        await pages.close();
    }, {timeout: 120});
}

export default async function (t) {
    t.onEnd(closeBrowser);
    clientSuite(t);
    pageSuite(t);
}
