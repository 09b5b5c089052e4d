/* SPDX-License-Identifier: MIT */
// What a test suite in JavaScript is, and the process that runs one.
//
// A suite is a file tests/<folder>/<name>.test.mjs with one default export:
//
//   import assert from 'node:assert/strict';
//   import {start, run} from '../harness/process.mjs';
//
//   export default async function (t) {
//       t.test('minimal_client talks to minimal_server', async () => {
//           const server = t.startProgram('native', 'minimal_server', ['--port', '0']);
//           const [, url] = await server.line(/^listening on (\S+)$/);
//           const client = t.startProgram('node', 'minimal_client', [url]);
//           const end = await client.wait();
//           assert.equal(end.code, 0);
//           assert.deepEqual(end.lines, [...]);
//       });
//       if (!t.has('/usr/bin/valgrind')) t.skip('echo under valgrind', 'valgrind is not installed');
//   }
//
// The context t:
//   t.test(name, fn, {timeout = 60})  Registers a case. Cases of one suite run one after the other, in order; a case
//                                     passes when fn resolves. Await the call only to know the case has run: it
//                                     resolves to true or false and never rejects. Names are unique in a suite.
//   t.skip(name, reason)              Counts a case as skipped.
//   t.root                            The repository, an absolute path; also the working directory.
//   t.buildDir(preset)                build/<preset>, absolute; './dev test' has built asan, release and web.
//   t.has(path)                       Whether a file exists.
//   t.tempDir()                       A new empty directory, removed when the suite is over.
//   t.programCommand(runtime, name, args) and t.startProgram(runtime, name, args, options)
//                                     The command line of, or a started, example program: runtime 'native' (asan
//                                     build), 'release' (native) or 'node' (wasm under Node with the WebSocket of
//                                     npm ws). The options and the result are those of start() in process.mjs.
//   t.startPython(script, args, options)  A Python program, with the Python that has Debian's websockets package.
//   t.onEnd(fn)                       Runs fn when the suite is over.
// Programs started in a case end with it; those started in the suite's body end with the suite. Browser pages:
// browser.mjs; files for them: page_server.mjs.
//
// Suites run at the same time as others and as C test programs: use port 0, t.tempDir(), and wait for lines or events,
// never for time. Run one alone with `node tests/run.mjs PART-OF-ITS-PATH`.
//
// As a program, `node suite.mjs FILE` runs one suite and prints what C test programs print, a line per case: `ok NAME`,
// `not ok NAME: why`, `skip NAME: why`; lines starting with `# ` belong to the failure above them.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {endScope, scopes, start, withTimeout} from './process.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const nodePreload = path.join(root, 'tests/harness/node_websocket.cjs');

export function buildDir(preset) {
    return path.join(process.env.WSPEER_BUILD_ROOT ?? path.join(root, 'build'), preset);
}

/** [command, arguments] of an example program on one of the runtimes 'native', 'release' and 'node'. */
export function programCommand(runtime, name, args = []) {
    const presets = {native: 'asan', release: 'release', node: 'web'};
    if (!(runtime in presets)) throw new Error(`no such runtime: ${runtime}`);
    const file = path.join(buildDir(presets[runtime]), 'examples', name);
    return runtime === 'node' ? [process.execPath, ['-r', nodePreload, `${file}.js`, ...args]] : [file, args];
}

function report(kind, name, reason = '') {
    const [first, ...more] = reason.split('\n');
    const lines = [`${kind} ${name}${reason ? `: ${first}` : ''}`, ...more.map((line) => `# ${line}`)];
    process.stdout.write(`${lines.join('\n')}\n`);
}

/** One line that says what failed, then where: assert's diff and the stack's lines inside the suites. */
function explain(error) {
    if (!(error instanceof Error)) return String(error);
    const where = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line) &&
        line.includes(`${root}/tests/`) && !/node_modules|tests\/harness\/(suite|process)\.mjs/.test(line));
    return [error.message || error.name, ...where.slice(0, 4)].join('\n');
}

class Context {
    constructor() {
        this.root = root;
        this.failed = 0;
        this.names = new Set();
        this.queue = Promise.resolve();
        this.endings = [];
    }

    #claim(name) {
        if (this.names.has(name)) throw new Error(`two cases are named "${name}"`);
        if (name.includes(':') || name.includes('\n')) throw new Error(`a case's name holds a colon or newline: ${name}`);
        this.names.add(name);
    }

    test(name, fn, {timeout = 60} = {}) {
        this.#claim(name);
        const turn = this.queue.then(() => this.#runCase(name, fn, timeout));
        this.queue = turn;
        return turn;
    }

    async #runCase(name, fn, timeout) {
        const scope = new Set();
        try {
            await scopes.run(scope, () => withTimeout((async () => fn())(), timeout, () => `not done after ${timeout} s`));
            report('ok', name);
            return true;
        } catch (error) {
            this.failed++;
            report('not ok', name, explain(error));
            return false;
        } finally {
            await endScope(scope);
        }
    }

    skip(name, reason) {
        this.#claim(name);
        this.queue = this.queue.then(() => report('skip', name, reason));
    }

    buildDir(preset) {
        return buildDir(preset);
    }

    has(file) {
        return fs.existsSync(file);
    }

    tempDir() {
        const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'wspeer-test-'));
        this.onEnd(() => fs.rmSync(dir, {recursive: true, force: true, maxRetries: 3}));
        return dir;
    }

    programCommand(runtime, name, args = []) {
        return programCommand(runtime, name, args);
    }

    startProgram(runtime, name, args = [], options = {}) {
        return start(...programCommand(runtime, name, args), options);
    }

    startPython(script, args = [], options = {}) {
        return start('/usr/bin/python3', ['-u', script, ...args], options);
    }

    onEnd(fn) {
        this.endings.push(fn);
    }
}

async function runSuite(file) {
    const t = new Context();
    const scope = new Set();
    let ok = true;
    await scopes.run(scope, async () => {
        try {
            const suite = (await import(pathToFileURL(path.resolve(file)))).default;
            if (typeof suite !== 'function') throw new Error('the suite has no default export that is a function');
            await suite(t);
        } catch (error) {
            ok = false;
            report('not ok', 'the body of the suite', explain(error));
        }
        await t.queue;
    });
    await endScope(scope);
    for (const ending of t.endings.reverse()) await ending();
    process.exit(ok && t.failed === 0 ? 0 : 1);
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
    process.chdir(root);
    // Not awaited: a suite that imports this module waits until the module is through.
    runSuite(process.argv[2]);
}
