/* SPDX-License-Identifier: MIT */
// js/wspeer.js and the C of the web backend (backend_web.c, event_counter.c, platform_web.c, unsupported.c,
// unsupported_server.c), linked in many ways: glue_inbound.c and glue_calls.c against a WebSocket that does what the test says, glue_network.c against
// glue_server.mjs, in Node and in headless Chromium. Each case here is one program, whose own cases are its lines.
//
// Link modes with --closure 1, and the size of the glue, need the Closure that Emscripten 3.1.6 works with: an optional
// npm package of the tests (x86-64 only), or what EM_CLOSURE_COMPILER names for another Emscripten.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {closeBrowser, hasBrowser, openPage} from '../harness/browser.mjs';
import {servePages} from '../harness/page_server.mjs';
import {runOk, start, withTimeout} from '../harness/process.mjs';
import {nodePreload, root} from '../harness/suite.mjs';
import {glueServer} from './glue_server.mjs';

const seconds = 240;
const packaged = path.join(root, 'tests/node_modules/google-closure-compiler-linux/compiler');
const closure = process.env.EM_CLOSURE_COMPILER ?? (fs.existsSync(packaged) ? packaged : null);
if (closure) process.env.EM_CLOSURE_COMPILER = closure; /* for emcc */

const sources = ['src_shared', 'src_web'].flatMap((folder) => fs.readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.c')).map((name) => path.join(root, folder, name)));
const includes = ['include', 'src_shared', 'src_web', 'tests/harness'].map((name) => `-I${path.join(root, name)}`);
const inTests = (name) => path.join(root, 'tests', name);

/** The link modes. `page`: how a page starts it, `node`: whether Node can, `defines`: which cases it adds. */
const grows = ['GLUE_GROWS'];
const blocks = ['GLUE_BLOCKING'];
const blocking = ['-O1', '-pthread', '-sPROXY_TO_PTHREAD'];
const modes = [
    {flags: ['-O1']},
    {flags: ['-O3', '-flto']},
    {flags: ['-O2', '-sALLOW_MEMORY_GROWTH'], defines: grows},
    {flags: ['-O1', '-pthread']},
    {flags: ['-O2', '-pthread', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth'], defines: grows},
    {flags: blocking, defines: blocks},
    {flags: ['-O3', '-pthread', '-sPROXY_TO_PTHREAD', '-sALLOW_MEMORY_GROWTH', '-Wno-pthreads-mem-growth'],
        defines: [...blocks, ...grows]},
    {flags: ['-O0', '-g', '-sASSERTIONS=2', '-sSAFE_HEAP=1']},
    {flags: ['-O1', '-fsanitize=address,undefined', '-sALLOW_MEMORY_GROWTH'], defines: grows},
    {flags: ['-O1', '-sALLOW_MEMORY_GROWTH', '-sINITIAL_MEMORY=64MB', '-sMAXIMUM_MEMORY=4GB'], defines: ['GLUE_HIGH']},
    {flags: ['-O1', '-sWASM=0']},
    {flags: ['-O1', '-sSTRICT']},
    {flags: ['-O1', '-sSINGLE_FILE']},
    {flags: ['-O1', '-sMAIN_MODULE=2'], node: false},
    {flags: ['-O1', '-sASYNCIFY']},
    {flags: ['-O2', '-sMODULARIZE'], page: 'factory', node: 'factory'},
    {flags: ['-O2', '-sMODULARIZE', '-sEXPORT_ES6'], page: 'module', node: false, extension: 'mjs'},
    {flags: [...blocking, '-sMODULARIZE', '-sEXPORT_ES6'], page: 'module', node: false, extension: 'mjs', defines: blocks},
    {flags: ['-O1', '-sENVIRONMENT=worker'], page: 'worker', node: false},
    {flags: ['-O1', '-sMINIMAL_RUNTIME', '-sMINIFY_HTML=0'], page: 'own', node: false, extension: 'html'},
    {flags: ['-O1', '-sMINIMAL_RUNTIME', '-sMINIFY_HTML=0', '-pthread'], page: 'own', node: false, extension: 'html'},
    {flags: ['-O3', '--closure', '1']},
    {flags: ['-O3', '--closure', '1', '-sSTRICT'], node: false},
    {flags: ['-O3', '--closure', '1', '-pthread', '-sPROXY_TO_PTHREAD'], defines: blocks, node: false},
    {flags: ['-O3', '--closure', '1', '-sMODULARIZE', '-sEXPORT_ES6'], page: 'module', node: false, extension: 'mjs'},
    {flags: ['-O3', '--closure', '1', '-sMINIMAL_RUNTIME', '-sMINIFY_HTML=0'], page: 'own', node: false, extension: 'html'},
];

const fakeModes = [
    ['-O1'], ['-O1', '-pthread'], ['-O1', '-fsanitize=address,undefined', '-sALLOW_MEMORY_GROWTH'],
    ['-O0', '-g', '-sASSERTIONS=2', '-sSAFE_HEAP=1'], ['-O3', '--closure', '1'],
];

/** The cases that a program should report: those of its table, without those that a missing define leaves out. */
function expectedCases(source, defines = []) {
    const table = fs.readFileSync(inTests(`web/${source}`), 'utf8').split('cases[] = {')[1];
    const names = [];
    let included = true;
    for (const line of table.split('\n')) {
        const condition = line.match(/^#ifdef (\w+)/)?.[1];
        if (condition) included = defines.includes(condition);
        else if (line.startsWith('#endif')) included = true;
        else if (line.startsWith('}')) break;
        else if (included) names.push(...(line.match(/(?<=\{"|TEST_CASE\()\w+/g) ?? []));
    }
    return names;
}

async function compile(output, source, flags, more = []) {
    const args = ['-std=c11', '-Wall', '-Wextra', ...includes, ...flags, ...more, ...sources, inTests(`web/${source}`),
        `--js-library=${path.join(root, 'js/wspeer.js')}`, '-o', output];
    // The optimizer's acorn lies where only Debian's own Node looks.
    await runOk('emcc', args, {timeout: seconds, env: {NODE_PATH: process.env.NODE_PATH || '/usr/share/nodejs'}});
}

/** Compares the lines of a program with the cases that it has. */
function checkLines(lines, expected) {
    const failed = lines.filter((line) => line.startsWith('not ok '));
    assert.deepEqual(failed, []);
    assert.deepEqual(lines.filter((line) => line.startsWith('ok ')), expected.map((name) => `ok ${name}`));
}

async function runInNode(script, kind, last) {
    const args = kind === 'factory' ? ['-r', nodePreload, '-e', `require(${JSON.stringify(script)})()`]
        : ['-r', nodePreload, script];
    const program = start(process.execPath, args);
    await program.line(last, {timeout: seconds});
    await program.stop('SIGKILL'); // A pthread keeps Node alive.
    return program.lines;
}

const page = (name) => ({
    script: `<script src="/build/${name}"></script>`,
    factory: `<script src="/build/${name}"></script><script>Module()</script>`,
    module: `<script type="module">import start from '/build/${name}'; start()</script>`,
    worker: `<script>new Worker('/build/${name}')</script>`,
});

async function runInPage(file, kind, last) {
    const name = path.basename(file);
    const pages = await servePages({
        '/build/': path.dirname(file),
        '/index.html': {html: `<!doctype html><meta charset="utf-8"><title>glue</title>${page(name)[kind]}`},
    });
    let tab;
    try {
        tab = await openPage(undefined);
        const ended = new Promise((resolve) => tab.on('console', (message) => last.test(message.text()) && resolve()));
        await tab.goto(kind === 'own' ? `${pages.url}/build/${name}` : `${pages.url}/index.html`);
        await withTimeout(ended, seconds, () => `no end after ${seconds} s; the page said:\n${tab.consoleLines.join('\n')}`);
        return tab.consoleLines;
    } finally {
        await tab?.close().catch(() => {});
        await pages.close();
    }
}

export default async function (t) {
    const timeout = {timeout: seconds};
    const directory = t.tempDir();
    const server = await glueServer();
    const compressing = await glueServer({deflate: true});
    t.onEnd(closeBrowser);
    t.onEnd(() => server.close());
    t.onEnd(() => compressing.close());
    let programs = 0;

    /** Registers a program's two cases; it is compiled by the first that runs. */
    function testProgram(title, source, {flags, node = 'script', page: kind = 'script', extension = 'js'}, more, cases, last) {
        if (flags.includes('--closure') && !closure) return t.skip(title, 'there is no Closure compiler for this machine');
        const file = path.join(directory, `program${programs++}`, `glue.${extension}`);
        let built = null;
        const build = () => built ??= (fs.mkdirSync(path.dirname(file)), compile(file, source, flags, more));
        if (node) {
            t.test(`${title} in Node`, async () => {
                await build();
                checkLines(await runInNode(file, node, last), cases);
            }, timeout);
        }
        if (!hasBrowser()) return t.skip(`${title} in Chromium`, 'there is no Chromium');
        return t.test(`${title} in Chromium`, async () => {
            await build();
            checkLines(await runInPage(file, kind, last), cases);
        }, timeout);
    }

    const probes = [inTests('harness/test.c'), inTests('web/glue_fake.c'), `--js-library=${inTests('web/glue_probe.js')}`,
        '-sEXIT_RUNTIME=1', '-Wl,--wrap=wspi_js_pull,--wrap=wspi_js_send,--wrap=wspi_js_close'];
    for (const flags of fakeModes) {
        for (const name of ['inbound', 'calls']) {
            testProgram(`${name} of a fake socket, ${flags.join(' ')}`, `glue_${name}.c`, {flags}, probes,
                expectedCases(`glue_${name}.c`), /ok nothing_leaks/);
        }
    }

    const network = (mode) => [`-DGLUE_URL="${mode.server.url}"`, ...(mode.defines ?? []).map((name) => `-D${name}`)];
    const compressed = {flags: ['-O1'], server: compressing, title: 'a server that compresses'};
    for (const mode of [compressed, ...modes.map((m) => ({...m, server}))]) {
        testProgram(mode.title ?? `sockets, ${[...mode.flags].join(' ')}`, 'glue_network.c', mode, network(mode),
            expectedCases('glue_network.c', mode.defines), /^done$/);
    }

    const sizes = 'the JavaScript that wspeer adds is at most 2200 bytes';
    if (!closure) t.skip(sizes, 'there is no Closure compiler for this machine');
    else {
        t.test(sizes, async () => {
            const flags = ['-Oz', '--closure', '1', '-sENVIRONMENT=web', '-sMALLOC=emmalloc', '-DNDEBUG'];
            const sizeOf = (file) => fs.statSync(path.join(directory, file)).size;
            await compile(path.join(directory, 'empty.js'), 'glue_size.c', flags, ['-DGLUE_SIZE_EMPTY']);
            await compile(path.join(directory, 'size.js'), 'glue_size.c', flags);
            const [js, wasm] = ['js', 'wasm'].map((kind) => sizeOf(`size.${kind}`) - sizeOf(`empty.${kind}`));
            console.log(`note: wspeer adds ${js} bytes of .js and ${wasm} bytes of .wasm to a program`);
            assert.ok(js <= 2200, `${js} bytes`);
        }, timeout);
    }
}
