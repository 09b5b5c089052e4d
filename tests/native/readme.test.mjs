/* SPDX-License-Identifier: MIT */
// README.md keeps its word: its program is short, compiles with the very commands it gives, natively and for the web, and
// runs in both; what it links to exists.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {blocksOf, readDocument} from '../harness/documents.mjs';
import {echoServer} from '../harness/echo_ws.mjs';
import {closeBrowser, runProgramInPage} from '../harness/browser.mjs';
import {run, runOk} from '../harness/process.mjs';
import {buildDir, nodePreload} from '../harness/suite.mjs';

export default async function (t) {
    t.onEnd(closeBrowser);
    const readme = readDocument(t, 'README.md');
    const program = blocksOf(readme, 'c')[0] ?? '';
    const commands = blocksOf(readme, 'sh').flatMap((text) => text.split('\n')).filter((line) => /^(cc|emcc) /.test(line));

    // The folder that the README's commands are run in: this repository as they see it, and the program.
    const folder = t.tempDir();
    fs.symlinkSync(path.join(t.root, 'include'), path.join(folder, 'include'));
    fs.symlinkSync(path.join(t.root, 'js'), path.join(folder, 'js'));
    fs.symlinkSync(path.dirname(buildDir('release')), path.join(folder, 'build'));
    fs.writeFileSync(path.join(folder, 'game.c'), program);

    const expected = ['received hello', 'closed with 1000 '];
    const game = path.join(folder, 'game');

    t.test('the program of the README is complete and has fewer than 40 lines', async () => {
        assert.match(program, /int main\(/);
        assert.ok(program.trimEnd().split('\n').length < 40, `${program.trimEnd().split('\n').length} lines`);
        assert.equal(commands.length, 2);
    });

    t.test('the program of the README compiles and runs natively', async () => {
        const [compiler, ...args] = commands.find((line) => line.startsWith('cc ')).split(' ');
        const built = await runOk(compiler, [...args, '-Wall', '-Wextra', '-Wpedantic'], {cwd: folder, timeout: 60});
        assert.deepEqual(built.errorLines, []);
        const server = await echoServer();
        const end = await run(game, [server.url]);
        await server.close();
        assert.deepEqual([end.code, end.lines], [0, expected]);
    });

    t.test('the program of the README compiles for the web and runs under Node and in Chromium', async () => {
        const [compiler, ...args] = commands.find((line) => line.startsWith('emcc ')).split(' ');
        await runOk(compiler, args, {cwd: folder, timeout: 100});
        const server = await echoServer();
        const node = await run(process.execPath, ['-r', nodePreload, `${game}.js`, server.url]);
        assert.deepEqual([node.code, node.lines], [0, expected]);
        // Linked as the README says, a program in a page has no end that could be waited for; its last line has to do.
        const page = await runProgramInPage({script: `${game}.js`, args: [server.url], untilLine: /^closed/});
        assert.deepEqual(page.lines, expected);
        await server.close();
    }, {timeout: 150});

    t.test('the lines of CMake in the README build the program', async () => {
        const [lines] = blocksOf(readme, 'cmake');
        const [prefix, source, build] = [t.tempDir(), t.tempDir(), t.tempDir()];
        fs.writeFileSync(path.join(source, 'game.c'), program);
        fs.writeFileSync(path.join(source, 'CMakeLists.txt'),
            `cmake_minimum_required(VERSION 3.25)\nproject(game C)\nadd_executable(game game.c)\n${lines}`);
        await runOk('cmake', ['--install', buildDir('release'), '--prefix', prefix], {timeout: 60});
        await runOk('cmake', ['-S', source, '-B', build, `-DCMAKE_PREFIX_PATH=${prefix}`], {timeout: 60});
        await runOk('cmake', ['--build', build], {timeout: 60});
        const server = await echoServer();
        const end = await run(path.join(build, 'game'), [server.url]);
        await server.close();
        assert.deepEqual([end.code, end.lines], [0, expected]);
    }, {timeout: 150});
}
