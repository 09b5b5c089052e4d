/* SPDX-License-Identifier: MIT */
// A game gets wspeer natively in each of the ways that the README offers, builds, and talks to minimal_server.

import assert from 'node:assert/strict';
import path from 'node:path';
import {run, runOk} from '../harness/process.mjs';
import {buildConsumer, checkGame, checkGoodGuest, filesOf, installTree, publicHeaders, seconds} from './consumer.mjs';

export default async function (t) {
    const timeout = {timeout: seconds};
    let tree;

    t.test('the install tree holds what a program needs', async () => {
        tree = await installTree(t, 'release');
        assert.deepEqual(filesOf(tree), [
            ...publicHeaders(t),
            'lib/cmake/wspeer/wspeerConfig.cmake',
            'lib/cmake/wspeer/wspeerConfigVersion.cmake',
            'lib/cmake/wspeer/wspeerTargets-release.cmake',
            'lib/cmake/wspeer/wspeerTargets.cmake',
            'lib/libwspeer.a',
            'lib/pkgconfig/wspeer.pc',
            'share/wspeer/LICENSE',
        ].sort());
    }, timeout);

    t.test('find_package with CMAKE_PREFIX_PATH', async () => {
        const build = await buildConsumer(t, 'find_package', [`-DCMAKE_PREFIX_PATH=${tree}`]);
        await checkGame(t, path.join(build, 'game'), []);
    }, timeout);

    t.test('add_subdirectory', async () => {
        const build = await buildConsumer(t, 'add_subdirectory', []);
        checkGoodGuest(build);
        await checkGame(t, path.join(build, 'game'), []);
    }, timeout);

    t.test('FetchContent', async () => {
        const build = await buildConsumer(t, 'fetch_content', []);
        await checkGame(t, path.join(build, 'game'), []);
    }, timeout);

    t.test('pkg-config without --static', async () => {
        const env = {PKG_CONFIG_PATH: path.join(tree, 'lib/pkgconfig')};
        const {lines} = await runOk('pkg-config', ['--cflags', '--libs', 'wspeer'], {env});
        const flags = lines.join(' ').trim().split(/\s+/);
        const examples = path.join(t.root, 'examples');
        const game = path.join(t.tempDir(), 'game');
        const sources = ['minimal_client.c', 'minimal_lines.c', 'console.c', 'run_loop_native.c'].map((name) => path.join(examples, name));
        await runOk('gcc', ['-std=c11', '-I', examples, ...sources, ...flags, '-o', game], timeout);
        await checkGame(t, game, []);
    }, timeout);

    t.test('find_package refuses a web build of wspeer', async () => {
        const web = await installTree(t, 'web');
        const source = path.join(t.root, 'tests/packaging/find_package');
        const args = ['-S', source, '-B', path.join(t.tempDir(), 'build'), `-DCMAKE_PREFIX_PATH=${web}`];
        const {code, errorLines} = await run('cmake', args, timeout);
        assert.notEqual(code, 0);
        assert.match(errorLines.join(' '), /not accepted:.*wspeerConfig\.cmake, version: [\d.]+ \(32bit\)/);
    }, timeout);
}
