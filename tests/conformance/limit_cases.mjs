/* SPDX-License-Identifier: MIT */
// The message limit (rows G3, G5, G7, G8 of bad-inputs.md) as cases (conversation.mjs) for a program that was started
// with --max-message `limit`.

import {BINARY, CONTINUATION, TEXT} from './wire.mjs';

export const limit = 1000;

/** A message may have 65,536 fragments and one more for every 16 bytes of the limit (design.md 3 promises the former). */
const mostFragments = 65536 + Math.floor(limit / 16);

export function limitCases(f) {
    const full = Buffer.alloc(limit, 'm');
    const over = Buffer.alloc(limit + 1, 'm');
    const echoes = (name, steps, frames) => ({name, steps, frames});
    const tooBig = (name, ...steps) => ({name, steps, end: {fail: 1009}});
    const cases = [];
    for (const [opcode, kind] of [
        [TEXT, 'text'],
        [BINARY, 'binary'],
    ]) {
        const start = (payload) => f.frame(opcode, payload, {fin: false});
        cases.push(
            echoes(`G8 a ${kind} of the limit`, [f.frame(opcode, full)], [[opcode, full]]),
            echoes(
                `G8 ten ${kind} messages of the limit in one segment`,
                [Buffer.concat(Array.from({length: 10}, () => f.frame(opcode, full)))],
                Array(10).fill([opcode, full]),
            ),
            echoes(
                `G8 a ${kind} of the limit in two fragments`,
                [start(full.subarray(0, 600)), f.more(full.subarray(600))],
                [[opcode, full]],
            ),
            echoes(
                `G8 a ${kind} of the limit in one-byte fragments`,
                [
                    Buffer.concat(
                        f.fragments(
                            opcode,
                            Array.from({length: limit}, () => 'm'),
                        ),
                    ),
                ],
                [[opcode, full]],
            ),
            echoes(`G8 a ${kind} of the limit and an empty last fragment`, [start(full), f.more('')], [[opcode, full]]),
            tooBig(`G8 a ${kind} of the limit + 1`, f.frame(opcode, over)),
            tooBig(`G8 the head of a ${kind} of the limit + 1`, f.head(opcode, limit + 1)),
            tooBig(`G8 a ${kind} of the limit + 1, unfinished`, start(over)),
            tooBig(`G3 a ${kind} of the limit and a fragment of one byte`, start(full), f.more('x')),
            tooBig(
                `G3 a ${kind} of the limit and the head of a fragment of one byte`,
                start(full),
                f.head(CONTINUATION, 1),
            ),
            tooBig(
                `G3 a ${kind} of many small fragments that pass the limit`,
                ...f.fragments(
                    opcode,
                    Array.from({length: 11}, () => Buffer.alloc(100, 'm')),
                ),
            ),
            tooBig(
                `G3 a ${kind} of one byte and a fragment of 2^62 bytes`,
                start('x'),
                f.head(CONTINUATION, 1n << 62n),
            ),
            tooBig(
                `G3 a ${kind} of one byte and a fragment of 2^63 - 1 bytes`,
                start('x'),
                f.head(CONTINUATION, (1n << 63n) - 1n),
            ),
            tooBig(
                `G7 a ${kind} that passes the limit is not delivered in part`,
                start(full.subarray(0, 900)),
                f.more(full.subarray(0, 200)),
            ),
            {
                ...tooBig(
                    `G7 a ${kind} behind which another passes the limit`,
                    f.frame(opcode, full),
                    f.frame(opcode, over),
                ),
                frames: [[opcode, full]],
            },
        );
    }
    const empty = (count) =>
        Buffer.concat([f.binary('', {fin: false}), ...Array(count - 2).fill(f.more('', {fin: false})), f.more('')]);
    cases.push(
        echoes('G5 65,536 empty fragments', [empty(65536)], [[BINARY, '']]),
        echoes('G5 as many empty fragments as there may be', [empty(mostFragments)], [[BINARY, '']]),
        {name: 'G5 an empty fragment too many', steps: [empty(mostFragments + 1)], end: {fail: 1008}},
        {name: 'G5 empty fragments without end', steps: [empty(2 * mostFragments)], end: {fail: 1008}},
    );
    return cases;
}
