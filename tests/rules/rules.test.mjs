/* SPDX-License-Identifier: MIT */
// The rules of the house that a script can hold.

import path from 'node:path';
import {run} from '../harness/process.mjs';
import {isC, listFiles} from './files.mjs';
import * as library from './library_rules.mjs';
import * as source from './source_rules.mjs';

const maxText = 120000;

const sourceRules = [
    ['every public declaration has a docstring with its errors', source.publicDocstrings],
    ['no function over 70 lines, no file over 600', source.lengths],
    ['include arrows of design.md hold', source.includeArrows],
    ['shared code has no platform conditions', source.noPlatformConditions],
    ['no banned call in the library', source.bannedCalls],
    ['the library takes memory through memory.h only', source.memoryDoor],
    ['every file has its SPDX line', source.licenceLines],
    ['every source of the library says its job', source.fileComments],
    ['every source of the library is named by a test', source.everySourceHasATest],
    ['no file over 512 KB', source.repositorySize],
    ['lock files hold no download address', source.lockFiles],
];

function fail(violations) {
    if (violations.length > 0) throw new Error([`${violations.length} violations`, ...violations].join('\n'));
}

/** clang-format's output differs between versions; 14 is Debian 12's and the one the sources are formatted with. */
async function checkFormat(t, names) {
    const args = ['--dry-run', '-Werror', ...names.filter(isC)];
    const {code, errorLines} = await run('clang-format', args, {cwd: t.root});
    if (code !== 0) fail(errorLines.filter((line) => line.includes('error:')).map((line) => line.replace(/ code should.*/, '')));
}

export default async function (t) {
    const names = listFiles(t.root);
    for (const [title, rule] of sourceRules) t.test(title, () => fail(rule(t.root, names)));

    const version = (await run('clang-format', ['--version'])).lines.join(' ').match(/version (\d+)/)?.[1];
    const formatted = 'every C file is formatted';
    if (version === '14') t.test(formatted, () => checkFormat(t, names));
    else t.skip(formatted, `clang-format is version ${version}, the sources are formatted with 14`);

    const archive = path.join(t.buildDir('release'), 'libwspeer.a');
    t.test('global symbols start with wsp_ or wspi_', async () => fail(await library.globalNames(archive)));
    t.test('writable data is what design.md lists', async () => fail(await library.writableGlobals(archive)));
    t.test(`libwspeer.a has under ${maxText} bytes of text`, async () => {
        const size = await library.textSize(archive);
        console.log(`note: size -t libwspeer.a: ${size} bytes of text`);
        if (!(size < maxText)) throw new Error(`${size} bytes`);
    });
}
