/* SPDX-License-Identifier: MIT */
// What documents show, taken out of them for the tests that run it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

export const readDocument = (t, name) => fs.readFileSync(path.join(t.root, name), 'utf8');

/** The blocks of one language, in order. */
export function blocksOf(text, language) {
    return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block]) => block);
}

/** Replaces each of the keys, which must be there exactly once, by its value. */
export function fill(text, changes) {
    return Object.entries(changes).reduce((whole, [from, to]) => {
        assert.equal(whole.split(from).length, 2, `docs/deploy.md should say "${from}" once`);
        return whole.replace(from, () => to);
    }, text);
}
