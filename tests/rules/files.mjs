/* SPDX-License-Identifier: MIT */
// The files that the rules look at: what git has or would add, or every file where there is no git.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const notOurs = new Set(['.git', 'build', 'node_modules']);

function walk(root, folder = '') {
    return fs.readdirSync(path.join(root, folder), {withFileTypes: true}).flatMap((entry) => {
        const name = path.posix.join(folder, entry.name);
        if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : walk(root, name);
        return entry.isFile() ? [name] : [];
    });
}

/** Paths relative to root, sorted. */
export function listFiles(root) {
    let names;
    try {
        const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
            {cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26});
        names = listed.split('\0').filter((name) => name && fs.existsSync(path.join(root, name)));
    } catch {
        names = walk(root);
    }
    return names.sort();
}

export function read(root, name) {
    return fs.readFileSync(path.join(root, name), 'utf8');
}

/** C text with comments, strings and characters blanked; line breaks and lengths stay. */
export function withoutComments(text) {
    return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
        (part) => part.replace(/[^\n]/g, ' '));
}

export const isC = (name) => /\.[ch]$/.test(name);
export const isLibrary = (name) => /^(include|src_shared|src_native|src_web)\//.test(name);
