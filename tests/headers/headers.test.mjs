/* SPDX-License-Identifier: MIT */
// Each public header compiles alone, as the first thing of a file, in the languages that api.md promises: C99, C11 and
// C++11, with gcc, clang and emcc, and no warning of a strict list.

import fs from 'node:fs';
import path from 'node:path';
import {run} from '../harness/process.mjs';

const both = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Wsign-conversion', '-Wundef', '-Werror'];
const c = [...both, '-Wstrict-prototypes', '-Wmissing-prototypes'];
const cxx = [...both, '-Wold-style-cast', '-Wzero-as-null-pointer-constant'];

const compilers = [
    {title: 'gcc C99', command: 'gcc', flags: ['-std=c99', ...c], suffix: 'c'},
    {title: 'gcc C11', command: 'gcc', flags: ['-std=c11', ...c], suffix: 'c'},
    {title: 'clang C99', command: 'clang', flags: ['-std=c99', ...c], suffix: 'c'},
    {title: 'clang C11', command: 'clang', flags: ['-std=c11', ...c], suffix: 'c'},
    {title: 'g++ C++11', command: 'g++', flags: ['-std=c++11', ...cxx], suffix: 'cpp'},
    {title: 'clang++ C++11', command: 'clang++', flags: ['-std=c++11', ...cxx], suffix: 'cpp'},
    {title: 'emcc C11', command: 'emcc', flags: ['-std=c11', ...c], suffix: 'c'},
];

function publicHeaders(include) {
    const below = fs.readdirSync(path.join(include, 'wspeer')).filter((name) => name.endsWith('.h')).sort();
    return ['wspeer.h', ...below.map((name) => `wspeer/${name}`)];
}

export default async function (t) {
    const include = path.join(t.root, 'include');
    const temp = t.tempDir();
    for (const {title, command, flags, suffix} of compilers) {
        for (const header of publicHeaders(include)) {
            t.test(`${header} alone as ${title}`, async () => {
                const source = path.join(temp, `alone.${suffix}`);
                // Twice: the include guard is part of what is checked. The declaration: an empty file is not ISO C.
                fs.writeFileSync(source, `#include "${header}"\n#include "${header}"\nextern int not_empty;\n`);
                const args = [...flags, '-I', include, '-c', source, '-o', path.join(temp, 'alone.o')];
                const result = await run(command, args);
                if (result.code !== 0) throw new Error(['it does not compile', ...result.errorLines].join('\n'));
            });
        }
    }
}
