/* SPDX-License-Identifier: MIT */
// What the packaging suites share: install trees, consumer projects, and the check that the game in them talks.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {runOk, start} from '../harness/process.mjs';

export const seconds = 400;

/** Installs a build somewhere, then moves the tree: nothing in it may know where it was made. */
export async function installTree(t, preset) {
    const temp = t.tempDir();
    const first = path.join(temp, 'first');
    await runOk('cmake', ['--install', t.buildDir(preset), '--prefix', first], {timeout: seconds});
    const moved = path.join(temp, 'moved');
    fs.renameSync(first, moved);
    return moved;
}

/** All files of a tree, relative, sorted. */
export function filesOf(tree) {
    return fs.readdirSync(tree, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile())
        .map((entry) => path.relative(tree, path.join(entry.parentPath ?? entry.path, entry.name))).sort();
}

export const publicHeaders = (t) => filesOf(path.join(t.root, 'include')).map((name) => `include/${name}`);

/** Configures and builds one of the consumer projects; the folder of the build. */
export async function buildConsumer(t, project, settings) {
    const build = path.join(t.tempDir(), 'build');
    const source = path.join(t.root, 'tests/packaging', project);
    await runOk('cmake', ['-S', source, '-B', build, '-DCMAKE_EXPORT_COMPILE_COMMANDS=ON', ...settings], {timeout: seconds});
    await runOk('cmake', ['--build', build], {timeout: seconds});
    return build;
}

/** The game connects to minimal_server, gets its echo and closes; checks what it prints, line by line. */
export async function checkGame(t, command, args) {
    const server = t.startProgram('release', 'minimal_server', ['--port', '0']);
    const [, url] = await server.line(/^listening on (ws:\/\/\S+)$/);
    const end = await start(command, [...args, url]).wait({timeout: 30});
    assert.deepEqual(end.lines, [
        `Connecting to ${url}...`,
        '> Sending test packet.',
        '< Got text data from server: Test packet',
        'WebSocket closed with code: 1000. Clean: true',
    ], end.errorLines.join('\n'));
    assert.equal(end.code, 0);
    await server.line(/^- Peer 1 closed with code: 1000, reason .*Clean: true$/);
}

/** As a subproject wspeer adds no build type, flag, test, example or install rule to the game. */
export function checkGoodGuest(build) {
    const cache = fs.readFileSync(path.join(build, 'CMakeCache.txt'), 'utf8');
    assert.doesNotMatch(cache, /^CMAKE_BUILD_TYPE:\w+=.+$/m, 'a build type was set');
    assert.match(cache, /^WSPEER_BUILD_TESTS:BOOL=OFF$/m);
    assert.match(cache, /^WSPEER_BUILD_EXAMPLES:BOOL=OFF$/m);
    const commands = JSON.parse(fs.readFileSync(path.join(build, 'compile_commands.json'), 'utf8'));
    const game = commands.filter(({file}) => file.endsWith('minimal_client.c'));
    assert.equal(game.length, 1);
    assert.doesNotMatch(game[0].command, / -(W|O|f|std)/, 'the game gets flags');
    assert.ok(commands.every(({command}) => !/ -W(error|all|extra)/.test(command)), 'warnings are wspeer\'s own affair');
    assert.ok(commands.every(({file}) => !/\/tests\/(?!packaging\/)/.test(file)), 'tests are built');
    assert.ok(!fs.existsSync(path.join(build, 'wspeer/wspeerConfig.cmake')), 'wspeer installs itself with the game');
}
