/* SPDX-License-Identifier: MIT */
// A game gets wspeer under the Emscripten toolchain file in each of the ways that the README offers, builds, and talks to
// the native minimal_server from Node. The glue must come along by itself: no consumer names js/wspeer.js.

import assert from 'node:assert/strict';
import path from 'node:path';
import {nodePreload} from '../harness/suite.mjs';
import {run, runOk} from '../harness/process.mjs';
import {buildConsumer, checkGame, checkGoodGuest, filesOf, installTree, publicHeaders, seconds} from './consumer.mjs';

export default async function (t) {
    const timeout = {timeout: seconds};
    const toolchain = `-DCMAKE_TOOLCHAIN_FILE=${path.join(t.root, 'cmake/emscripten.cmake')}`;
    const checkInNode = (script) => checkGame(t, process.execPath, ['-r', nodePreload, script]);
    let tree;

    t.test('the install tree holds what a program needs', async () => {
        tree = await installTree(t, 'web');
        assert.deepEqual(filesOf(tree), [
            ...publicHeaders(t),
            'lib/cmake/wspeer/wspeerConfig.cmake',
            'lib/cmake/wspeer/wspeerConfigVersion.cmake',
            'lib/cmake/wspeer/wspeerTargets-release.cmake',
            'lib/cmake/wspeer/wspeerTargets.cmake',
            'lib/libwspeer.a',
            'lib/pkgconfig/wspeer.pc',
            'share/wspeer/LICENSE',
            'share/wspeer/wspeer.js',
        ].sort());
    }, timeout);

    t.test('find_package with wspeer_DIR, optimized', async () => {
        const settings = [toolchain, '-DCMAKE_BUILD_TYPE=Release', `-Dwspeer_DIR=${tree}/lib/cmake/wspeer`];
        const build = await buildConsumer(t, 'find_package', settings);
        await checkInNode(path.join(build, 'game.js'));
    }, timeout);

    t.test('find_package with CMAKE_FIND_ROOT_PATH', async () => {
        const build = await buildConsumer(t, 'find_package', [toolchain, `-DCMAKE_FIND_ROOT_PATH=${tree}`]);
        await checkInNode(path.join(build, 'game.js'));
    }, timeout);

    t.test('add_subdirectory', async () => {
        const build = await buildConsumer(t, 'add_subdirectory', [toolchain]);
        checkGoodGuest(build);
        await checkInNode(path.join(build, 'game.js'));
    }, timeout);

    t.test('pkg-config and a plain emcc command', async () => {
        const env = {PKG_CONFIG_LIBDIR: path.join(tree, 'lib/pkgconfig')};
        const {lines} = await runOk('pkg-config', ['--cflags', '--libs', 'wspeer'], {env});
        const flags = lines.join(' ').trim().split(/\s+/);
        const examples = path.join(t.root, 'examples');
        const game = path.join(t.tempDir(), 'game.js');
        const sources = ['minimal_client.c', 'minimal_lines.c', 'console.c', 'run_loop_web.c'].map((name) => path.join(examples, name));
        await runOk('emcc', ['-O2', '-I', examples, ...sources, ...flags, '-sEXIT_RUNTIME=1', '-o', game], timeout);
        await checkInNode(game);
    }, timeout);

    t.test('find_package refuses a native build of wspeer', async () => {
        const native = await installTree(t, 'release');
        const source = path.join(t.root, 'tests/packaging/find_package');
        const args = ['-S', source, '-B', path.join(t.tempDir(), 'build'), toolchain, `-Dwspeer_DIR=${native}/lib/cmake/wspeer`];
        const {code, errorLines} = await run('cmake', args, timeout);
        assert.notEqual(code, 0);
        assert.match(errorLines.join(' '), /not accepted:.*wspeerConfig\.cmake, version: [\d.]+ \(64bit\)/);
    }, timeout);
}
