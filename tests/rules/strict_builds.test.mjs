/* SPDX-License-Identifier: MIT */
// The library, the examples and the C tests compile without a warning of the house's list, optimized, with each of the
// compilers; the list itself is in cmake/own_target.cmake.

import path from 'node:path';
import {run, runOk} from '../harness/process.mjs';

const seconds = 600;

export default async function (t) {
    const builds = [
        ['gcc', ['-DCMAKE_C_COMPILER=gcc']],
        ['clang', ['-DCMAKE_C_COMPILER=clang']],
        ['emcc', [`-DCMAKE_TOOLCHAIN_FILE=${path.join(t.root, 'cmake/emscripten.cmake')}`]],
    ];
    for (const [compiler, settings] of builds) {
        t.test(`no warning with ${compiler}`, async () => {
            const build = t.tempDir();
            const options = {timeout: seconds};
            const configure = ['-G', 'Unix Makefiles', '-S', t.root, '-B', build, '-DWSPEER_WERROR=ON', ...settings];
            await runOk('cmake', configure, options);
            // -k: going on after an error shows what is wrong with every file.
            const {code, lines} = await run('cmake', ['--build', build, '--', '-k'], {...options, merge: true});
            if (code === 0) return;
            const errors = lines.filter((line) => /: (fatal )?error: |: warning: |undefined /.test(line) && !/^emcc: /.test(line));
            throw new Error(['the build failed', ...(errors.length > 0 ? errors : lines).slice(-40)].join('\n'));
        }, {timeout: seconds});
    }
}
