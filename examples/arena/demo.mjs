/* SPDX-License-Identifier: MIT */
// The demo of the game: a native server, bots, and the game in a window and in a page.
//
//   node examples/arena/demo.mjs --native DIR --web DIR [--out DIR] [--play] [--after SECONDS]
//   (./dev demo arena builds the programs and calls it)
//
// DIR of --native and --web holds the example programs of a build. Without a terminal it saves a screenshot of both
// worlds, arena_native.png and arena_web.png, in the folder of --out. At a terminal, or with --play, it opens the game:
// the window where there is a display, and a page to open by hand; Ctrl-C ends it.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {closeBrowser, openPage} from '../../tests/harness/browser.mjs';
import {servePages} from '../../tests/harness/page_server.mjs';
import {readPpm, toPng} from '../../tests/harness/png.mjs';
import {describe, runTidily, scopes, start} from '../../tests/harness/process.mjs';

const bots = 20;
const secondsBeforePicture = 8; // trails, shots and scores need a moment; --after sets another number
const preferredPagePort = 8060;

function parseArguments(args) {
    const options = {play: Boolean(process.stdout.isTTY), out: 'build', after: secondsBeforePicture};
    for (let i = 0; i < args.length; i++) {
        if (['--native', '--web', '--out', '--after'].includes(args[i])) options[args[i].slice(2)] = args[++i];
        else if (args[i] === '--play') options.play = true;
        else throw new Error(`unknown option ${args[i]}`);
    }
    if (!options.native || !options.web) {
        throw new Error('usage: demo.mjs --native DIR --web DIR [--out DIR] [--play] [--after SECONDS]');
    }
    return options;
}

const pageAddress = (pages, ...args) =>
    `${pages.url}/arena.html?${args.map((arg) => `arg=${encodeURIComponent(arg)}`).join('&')}`;

async function saveNativePicture({native, out, after}, url, tidy) {
    const folder = tidy.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wspeer-arena-'));
    const file = path.join(folder, 'arena.ppm');
    const program = [path.join(native, 'arena'), url, '--name', 'Native', '--autoplay', '--screenshot', file,
        '--after', after];
    // Not killed with us: xvfb-run takes its display away only when its program ends, and that ends with the server.
    const end = await scopes.exit(() => start('xvfb-run', ['-a', '-s', '-screen 0 1280x720x24', ...program]))
        .wait({timeout: 90});
    if (end.code !== 0) throw new Error(`arena: ${describe(end)}\n${[...end.lines, ...end.errorLines].join('\n')}`);
    const picture = path.join(out, 'arena_native.png');
    fs.writeFileSync(picture, toPng(readPpm(fs.readFileSync(file))));
    console.log(`saved ${picture}`);
}

async function saveWebPicture({out, after}, pages, url) {
    const page = await openPage(pageAddress(pages, url, '--name', 'Web', '--autoplay'),
        {viewport: {width: 1280, height: 720}});
    await page.waitForFunction(() => Module.lines.some((line) => line.startsWith('playing as ship')), null,
        {timeout: 60000, polling: 100});
    await pause(after * 1000);
    const picture = path.join(out, 'arena_web.png');
    await page.screenshot({path: picture});
    await page.close();
    console.log(`saved ${picture}`);
}

/** Resolves when the person wants the demo to end: Ctrl-C, or the window is closed. */
async function play({native}, pages, url, tidy) {
    const program = path.join(native, 'arena');
    const hasDisplay = Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
    console.log(`\nIn a browser: ${pageAddress(pages, url, '--name', 'Web')}`);
    console.log(`In a window:  ${program} ${url}\nCtrl-C ends the demo.\n`);
    tidy.leaveSignals();
    const told = new Promise((resolve) => ['SIGINT', 'SIGTERM'].forEach((name) => process.once(name, resolve)));
    if (!hasDisplay) {
        console.log('There is no display here, so no window is opened.');
        return told;
    }
    const game = start(program, [url]);
    await Promise.race([told, game.exited]);
    const end = await game.stop();
    if (end.code) throw new Error(`arena: ${describe(end)}\n${end.errorLines.join('\n')}`);
}

async function main(tidy) {
    const options = parseArguments(process.argv.slice(2));
    const server = start(path.join(options.native, 'arena_server'), ['--port', '0']);
    let crowd, pages;
    try {
        const [, url] = await server.line(/^listening on (\S+)$/);
        crowd = start(path.join(options.native, 'arena_bots'), [bots, url]);
        await crowd.line(/bots are playing$/);
        console.log(`arena_server at ${url}, ${bots} bots are playing`);
        const mounts = {'/': path.resolve(options.web)};
        pages = await servePages(mounts, {port: preferredPagePort}).catch(() => servePages(mounts));
        if (options.play) {
            await play(options, pages, url, tidy);
        } else {
            await saveNativePicture(options, url, tidy);
            await saveWebPicture(options, pages, url);
        }
    } finally {
        await closeBrowser();
        await pages?.close();
        await crowd?.stop();
        await server.stop();
    }
}

runTidily(main).catch((error) => {
    console.error(`demo: ${error.message}`);
    process.exitCode = 1;
});
