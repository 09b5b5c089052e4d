/* SPDX-License-Identifier: MIT */
// Rows F, G, P and C of bad-inputs.md as cases (conversation.mjs), the same against a server and against a client.

import {BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, closePayload, hex} from './wire.mjs';

const bytes = (size, seed = 1) => Buffer.from({length: size}, (_, i) => (i * 7 + seed * 31) & 0xff);
const fails = (name, code, ...steps) => ({name, steps, end: {fail: code}});
const opcodeNames = {
    [TEXT]: 'text',
    [BINARY]: 'binary',
    [CONTINUATION]: 'continuation',
    [CLOSE]: 'close',
    [PING]: 'ping',
    [PONG]: 'pong',
};
const bytewise = (all) => Array.from(all, (byte) => Buffer.from([byte]));
const cut = (all, at) => [all.subarray(0, at), all.subarray(at)];

function lengthCases(f) {
    const start = f.text('x', {fin: false});
    const cases = [];
    // The head alone: whatever it announces never comes.
    for (const [label, length] of [
        ['2^63', 1n << 63n],
        ['2^64 - 1', (1n << 64n) - 1n],
        ['2^64 - 4', (1n << 64n) - 4n],
        ['2^63 + 5', (1n << 63n) + 5n],
    ]) {
        cases.push(
            fails(`F1 a text of ${label} bytes`, 1002, f.head(TEXT, length)),
            fails(`F1 a binary of ${label} bytes`, 1002, f.head(BINARY, length)),
            fails(`F1 a continuation of ${label} bytes`, 1002, start, f.head(CONTINUATION, length)),
            fails(`F1 a text of ${label} bytes, no byte behind the length`, 1002, f.head(TEXT, length).subarray(0, 10)),
        );
    }
    const sizes = [
        ['2^63 - 1', (1n << 63n) - 1n],
        ['2^62', 1n << 62n],
        ['2^40', 1n << 40n],
        ['2^32 + 5', (1n << 32n) + 5n],
        ['2^32', 1n << 32n],
        ['2^31', 1n << 31n],
        ['the limit + 1', (64n << 20n) + 1n],
    ];
    for (const [label, length] of sizes) {
        cases.push(
            fails(`F2 F3 a text of ${label} bytes and then silence`, 1009, f.head(TEXT, length)),
            fails(`F2 F3 a binary of ${label} bytes and then silence`, 1009, f.head(BINARY, length)),
            fails(
                `F2 F3 a first fragment of ${label} bytes and then silence`,
                1009,
                f.head(BINARY, length, {fin: false}),
            ),
            fails(`F2 F3 a continuation of ${label} bytes and then silence`, 1009, start, f.head(CONTINUATION, length)),
        );
    }
    for (const [form, lengths] of [
        [16, [0, 1, 5, 125]],
        [64, [0, 5, 125, 126, 127, 65535]],
    ]) {
        for (const length of lengths) {
            const payload = bytes(length);
            cases.push(
                fails(`F4 ${length} bytes of binary as a ${form}-bit length`, 1002, f.binary(payload, {form})),
                fails(`F4 ${length} bytes of text as a ${form}-bit length`, 1002, f.text('a'.repeat(length), {form})),
                fails(
                    `F4 ${length} bytes of continuation as a ${form}-bit length`,
                    1002,
                    start,
                    f.more(payload, {form}),
                ),
            );
        }
        for (const opcode of [CLOSE, PING, PONG]) {
            const payload = opcode === CLOSE ? closePayload(1000) : bytes(2);
            cases.push(
                fails(`F4 a ${opcodeNames[opcode]} with a ${form}-bit length`, 1002, f.frame(opcode, payload, {form})),
            );
        }
    }
    for (const size of [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, 131072]) {
        cases.push(
            {name: `F5 a binary of ${size} bytes`, steps: [f.binary(bytes(size))], frames: [[BINARY, bytes(size)]]},
            {name: `F5 a text of ${size} bytes`, steps: [f.text('t'.repeat(size))], frames: [[TEXT, 't'.repeat(size)]]},
        );
    }
    return cases;
}

function splitCases(f) {
    const cases = [];
    for (const size of [5, 200, 70000]) {
        const frame = f.binary(bytes(size));
        const headSize = frame.length - size;
        for (let at = 1; at <= headSize; at++) {
            cases.push({
                name: `F6 the head of ${size} bytes cut at byte ${at}`,
                steps: [{apart: cut(frame, at)}],
                frames: [[BINARY, bytes(size)]],
            });
        }
        cases.push({
            name: `F6 the head of ${size} bytes, a byte at a time`,
            frames: [[BINARY, bytes(size)]],
            steps: [{apart: [...bytewise(frame.subarray(0, headSize)), frame.subarray(headSize)]}],
        });
    }
    for (let size = 1; size <= 9; size++) {
        const frame = f.binary(bytes(size));
        cases.push({
            name: `F13 ${size} bytes of payload, a byte at a time`,
            frames: [[BINARY, bytes(size)]],
            steps: [
                {apart: [frame.subarray(0, frame.length - size), ...bytewise(frame.subarray(frame.length - size))]},
            ],
        });
    }
    for (const at of [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 4095, 4096, 4097]) {
        const frame = f.binary(bytes(9000));
        cases.push({
            name: `F13 a payload of 9000 bytes cut at ${at}`,
            steps: [{apart: cut(frame, frame.length - 9000 + at)}],
            frames: [[BINARY, bytes(9000)]],
        });
    }
    const close = f.close(1001, 'bye');
    for (let at = 1; at < close.length; at++) {
        cases.push({
            name: `F6 a close frame cut at byte ${at}`,
            steps: [{apart: cut(close, at)}],
            end: {echo: [1001, 'bye']},
        });
    }
    const ping = f.ping('pong?');
    for (let at = 1; at < ping.length; at++) {
        cases.push({name: `F6 a ping cut at byte ${at}`, steps: [{apart: cut(ping, at)}], frames: [[PONG, 'pong?']]});
    }
    return cases;
}

function headCases(f) {
    const start = f.text('x', {fin: false});
    const wrong = {masks: !f.masks};
    const cases = [TEXT, BINARY, PING, PONG, CLOSE].map((opcode) =>
        fails(
            `F7 F8 a ${opcodeNames[opcode]} with the masking of the other role`,
            1002,
            f.frame(opcode, opcode === CLOSE ? closePayload(1000) : 'hi', wrong),
        ),
    );
    cases.push(
        fails('F7 F8 an empty text with the masking of the other role', 1002, f.text('', wrong)),
        fails('F7 F8 a continuation with the masking of the other role', 1002, start, f.more('y', wrong)),
        fails('F7 F8 a large binary with the masking of the other role', 1002, f.binary(bytes(70000), wrong)),
        fails('F7 F8 two bytes of a head with the masking of the other role', 1002, f.text('hi', wrong).subarray(0, 2)),
    );
    for (let rsv = 1; rsv <= 7; rsv++) {
        for (const opcode of [TEXT, BINARY, PING, PONG, CLOSE]) {
            const payload = opcode === CLOSE ? closePayload(1000) : 'hi';
            cases.push(fails(`F9 RSV ${rsv} on a ${opcodeNames[opcode]}`, 1002, f.frame(opcode, payload, {rsv})));
        }
        cases.push(
            fails(`F9 RSV ${rsv} on a continuation`, 1002, start, f.more('y', {rsv})),
            fails(`F9 RSV ${rsv} on a first fragment`, 1002, f.text('hi', {rsv, fin: false})),
        );
    }
    for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
        cases.push(
            fails(`F10 opcode ${opcode}, empty`, 1002, f.frame(opcode, '')),
            fails(`F10 opcode ${opcode} with a payload`, 1002, f.frame(opcode, 'hello')),
            fails(`F10 opcode ${opcode} without FIN`, 1002, f.frame(opcode, 'hello', {fin: false})),
            fails(`F10 opcode ${opcode} inside a message`, 1002, start, f.frame(opcode, 'hello')),
            fails(`F10 opcode ${opcode}, two bytes of it`, 1002, f.frame(opcode, bytes(300)).subarray(0, 2)),
            {
                ...fails(`F10 opcode ${opcode} behind a message`, 1002, f.text('first'), f.frame(opcode, '')),
                frames: [[TEXT, 'first']],
            },
        );
    }
    for (const count of [2, 3, 10, 100]) {
        const sizes = Array.from({length: count}, (_, i) => (i * 37) % 300);
        cases.push({
            name: `F11 ${count} frames in one segment`,
            steps: [Buffer.concat(sizes.map((size, i) => f.binary(bytes(size, i))))],
            frames: sizes.map((size, i) => [BINARY, bytes(size, i)]),
        });
    }
    cases.push(
        fails('F14 a frame of the hixie drafts', 1002, hex('00 68656c6c6f ff')),
        fails('F14 the closing handshake of the hixie drafts', 1002, hex('ff 00')),
        fails('F14 a length of the hixie drafts', 1002, hex('80 ff ff ff ff 7f')),
    );
    if (f.masks) {
        for (const key of ['00000000', 'ffffffff', '00ff00ff', '01020304']) {
            cases.push({
                name: `F13 the masking key ${key}`,
                steps: [f.text('masked', {key: hex(key)})],
                frames: [[TEXT, 'masked']],
            });
        }
    }
    return cases;
}

function fragmentCases(f) {
    const open = f.text('one', {fin: false});
    const many = (count, part) => Buffer.concat(f.fragments(BINARY, Array.from({length: count}, part)));
    const cases = [];
    for (const fin of [true, false]) {
        const how = fin ? 'a last' : 'a middle';
        for (const payload of ['', 'x', 'x'.repeat(126)]) {
            cases.push(
                fails(
                    `G1 ${how} continuation of ${payload.length} bytes with nothing started`,
                    1002,
                    f.more(payload, {fin}),
                ),
            );
        }
        cases.push({
            ...fails(`G1 ${how} continuation behind a whole message`, 1002, f.text('all'), f.more('x', {fin})),
            frames: [[TEXT, 'all']],
        });
        cases.push({
            ...fails(
                `G1 ${how} continuation behind a fragmented message`,
                1002,
                ...f.fragments(TEXT, ['a', 'b']),
                f.more('x', {fin}),
            ),
            frames: [[TEXT, 'ab']],
        });
        for (const opcode of [TEXT, BINARY]) {
            cases.push(
                fails(
                    `G2 ${fin ? 'a whole' : 'a first'} ${opcodeNames[opcode]} inside a message`,
                    1002,
                    open,
                    f.frame(opcode, 'two', {fin}),
                ),
                fails(
                    `G2 ${fin ? 'a whole' : 'a first'} ${opcodeNames[opcode]} behind a continuation`,
                    1002,
                    open,
                    f.more('two', {fin: false}),
                    f.frame(opcode, 'three', {fin}),
                ),
                fails(
                    `G2 ${fin ? 'a whole' : 'a first'} empty ${opcodeNames[opcode]} inside a message`,
                    1002,
                    open,
                    f.frame(opcode, '', {fin}),
                ),
            );
        }
    }
    for (const count of [2, 3, 10, 100, 1000]) {
        cases.push({
            name: `G4 a message of ${count} one-byte fragments`,
            steps: [many(count, () => 'b')],
            frames: [[BINARY, 'b'.repeat(count)]],
        });
    }
    for (const [label, parts] of [
        ['first', ['', 'x']],
        ['middle', ['x', '', 'y']],
        ['last', ['x', '']],
        ['only', ['', '']],
        ['every', ['', '', '']],
    ]) {
        cases.push({
            name: `G5 an empty ${label} fragment`,
            steps: f.fragments(TEXT, parts),
            frames: [[TEXT, parts.join('')]],
        });
    }
    cases.push({name: 'G5 1000 empty fragments', steps: [many(1000, () => '')], frames: [[BINARY, '']]});
    for (const size of [0, 4, 125]) {
        const payload = bytes(size);
        cases.push(
            {
                name: `G6 a ping of ${size} bytes between fragments`,
                steps: [open, f.ping(payload), f.more('two')],
                frames: [
                    [PONG, payload],
                    [TEXT, 'onetwo'],
                ],
            },
            {
                name: `G6 a pong of ${size} bytes between fragments`,
                steps: [open, f.pong(payload), f.more('two')],
                frames: [[TEXT, 'onetwo']],
            },
            {
                name: `G6 a ping of ${size} bytes between fragments, one segment`,
                steps: [Buffer.concat([open, f.ping(payload), f.more('two')])],
                frames: [
                    [PONG, payload],
                    [TEXT, 'onetwo'],
                ],
            },
        );
    }
    cases.push(
        {
            name: 'G6 pings between all fragments',
            frames: [
                [PONG, '1'],
                [PONG, '2'],
                [PONG, '3'],
                [TEXT, 'abcd'],
            ],
            steps: [
                f.text('a', {fin: false}),
                f.ping('1'),
                {after: 1},
                f.more('b', {fin: false}),
                f.ping('2'),
                {after: 2},
                f.more('c', {fin: false}),
                f.ping('3'),
                {after: 3},
                f.more('d'),
            ],
        },
        {
            name: 'G6 a close between fragments',
            steps: [open, f.close(1000, 'enough'), f.more('two')],
            end: {echo: [1000, 'enough']},
        },
        {name: 'G6 an empty close between fragments', steps: [open, f.close()], end: {echo: []}},
        {
            name: 'G6 a character cut by a ping',
            steps: [f.text(hex('e2 82'), {fin: false}), f.ping(hex('ff fe')), f.more(hex('ac'))],
            frames: [
                [PONG, hex('ff fe')],
                [TEXT, '€'],
            ],
        },
        {name: 'G9 the stream ends inside a fragmented message', steps: [open, 'end'], end: 'lost'},
        {name: 'G9 the stream ends inside a payload', steps: [f.text('half of it').subarray(0, 8), 'end'], end: 'lost'},
        {name: 'G9 the stream ends inside a head', steps: [f.binary(bytes(300)).subarray(0, 3), 'end'], end: 'lost'},
    );
    return cases;
}

function pingCases(f) {
    const cases = [];
    for (const opcode of [PING, PONG, CLOSE]) {
        const payload = (size) => (opcode === CLOSE ? closePayload(1000, 'r'.repeat(size - 2)) : bytes(size));
        const name = opcodeNames[opcode];
        for (const size of [126, 127, 200, 65535, 65536]) {
            cases.push(
                fails(`P1 a ${name} of ${size} bytes`, 1002, f.frame(opcode, payload(size))),
                fails(`P1 the head of a ${name} of ${size} bytes`, 1002, f.head(opcode, size).subarray(0, 2)),
            );
        }
        cases.push(
            fails(`P1 a fragmented ${name}`, 1002, f.frame(opcode, payload(4), {fin: false})),
            fails(
                `P1 a fragmented ${name} and its continuation`,
                1002,
                f.frame(opcode, payload(4), {fin: false}),
                f.more(''),
            ),
            fails(
                `P1 a fragmented ${name} inside a message`,
                1002,
                f.text('x', {fin: false}),
                f.frame(opcode, payload(4), {fin: false}),
            ),
        );
    }
    for (const size of [0, 1, 2, 3, 4, 5, 50, 124, 125]) {
        cases.push(
            {name: `P3 a ping of ${size} bytes`, steps: [f.ping(bytes(size))], frames: [[PONG, bytes(size)]]},
            {
                name: `P4 an unsolicited pong of ${size} bytes`,
                steps: [f.pong(bytes(size)), f.text('still here')],
                frames: [[TEXT, 'still here']],
            },
        );
    }
    cases.push(
        {
            name: 'P3 a ping that is not UTF-8',
            steps: [f.ping(hex('00 ff fe fd fc fb 00'))],
            frames: [[PONG, hex('00 ff fe fd fc fb 00')]],
        },
        {
            name: 'P3 100 pings, each answered before the next',
            frames: Array.from({length: 100}, (_, i) => [PONG, `ping ${i}`]),
            steps: Array.from({length: 100}, (_, i) => [f.ping(`ping ${i}`), {after: i + 1}]).flat(),
        },
        {name: 'P4 100 unsolicited pongs', steps: [Buffer.concat(Array.from({length: 100}, () => f.pong('no')))]},
    );
    return cases;
}

export const refusedCodes = [
    0, 1, 2, 100, 500, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1099, 1100, 1999, 2000, 2500, 2999, 5000, 5001, 9999,
    32768, 65535,
];
export const allowedCodes = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3500, 3999, 4000, 4001, 4009,
    4999,
];

function closeCases(f) {
    const cases = [{name: 'C1 an empty close', steps: [f.close()], end: {echo: []}}];
    for (const byte of [0x00, 0x03, 0xe8, 0xff]) {
        cases.push(fails(`C2 a close of one byte ${byte}`, 1002, f.frame(CLOSE, Buffer.from([byte]))));
    }
    for (const code of refusedCodes) {
        cases.push(
            fails(`C3 close code ${code}`, 1002, f.close(code)),
            fails(`C3 close code ${code} with a reason`, 1002, f.close(code, 'a reason')),
        );
    }
    for (const code of allowedCodes) {
        cases.push(
            {name: `C3 close code ${code} is answered`, steps: [f.close(code)], end: {echo: [code]}},
            {
                name: `C3 close code ${code} with a reason is answered`,
                steps: [f.close(code, `because ${code}`)],
                end: {echo: [code, `because ${code}`]},
            },
        );
    }
    for (const bad of [
        '80',
        'ff',
        'c3',
        'c0 af',
        'ed a0 80',
        'f4 90 80 80',
        '61 62 e2 82',
        'ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65',
    ]) {
        cases.push(fails(`C4 the close reason ${bad}`, 1007, f.close(1000, hex(bad))));
    }
    for (const reason of [
        'r'.repeat(122),
        'r'.repeat(123),
        '€'.repeat(41),
        '😀'.repeat(30) + 'abc',
        'ä'.repeat(61),
        '\ufeffbom',
        'tab\tand\nline',
        'nul\0inside',
    ]) {
        cases.push({
            name: `C4 a reason of ${Buffer.byteLength(reason)} bytes, ${JSON.stringify(reason.slice(0, 5)).replaceAll(':', '')}`,
            steps: [f.close(4000, reason)],
            end: {echo: [4000, reason]},
        });
    }
    const behind = {
        'a text': f.text('late'),
        'a ping': f.ping('late'),
        'a second close': f.close(1001),
        'an empty close': f.close(),
        'an unknown opcode': f.frame(3, 'x'),
        'a frame of the other role': f.text('x', {masks: !f.masks}),
        'text that is not UTF-8': f.text(hex('ff')),
        'noise': bytes(5000, 9),
        'a huge head': f.head(BINARY, 1n << 40n),
        'half a frame': f.text('half').subarray(0, 4),
    };
    for (const [what, late] of Object.entries(behind)) {
        cases.push(
            {
                name: `C5 ${what} behind a close, one segment`,
                steps: [Buffer.concat([f.close(1000, 'x'), late])],
                end: {echo: [1000, 'x']},
            },
            {name: `C5 ${what} behind a close`, steps: [{apart: [f.close(1000, 'x'), late]}], end: {echo: [1000, 'x']}},
        );
    }
    cases.push(
        {...fails('C5 a close behind a protocol error', 1002, f.frame(3, ''), f.close(1000))},
        {
            ...fails(
                'C5 a close behind a protocol error, one segment',
                1002,
                Buffer.concat([f.frame(3, ''), f.close(1000)]),
            ),
        },
    );
    const three = [f.text('a'), f.binary('b'), f.text('c')];
    const echoes = [
        [TEXT, 'a'],
        [BINARY, 'b'],
        [TEXT, 'c'],
    ];
    cases.push(
        {
            name: 'C6 three messages and a close in one segment',
            steps: [Buffer.concat([...three, f.close(1000, 'done')])],
            frames: echoes,
            end: {echo: [1000, 'done']},
        },
        {
            name: 'C6 three messages and a close',
            steps: [...three, f.close(1000, 'done')],
            frames: echoes,
            end: {echo: [1000, 'done']},
        },
        {
            name: 'C6 a ping and a close in one segment',
            steps: [{apart: [f.ping('p')]}, {after: 1}, f.close(1000)],
            frames: [[PONG, 'p']],
            end: {echo: [1000]},
        },
        {
            name: 'C6 a protocol error behind messages in one segment',
            steps: [Buffer.concat([...three, f.frame(3, '')])],
            frames: echoes,
            end: {fail: 1002},
        },
        {
            name: 'C6 256 KiB and a close in one segment',
            steps: [Buffer.concat([f.binary(bytes(1 << 18)), f.close(1000)])],
            frames: [[BINARY, bytes(1 << 18)]],
            end: {echo: [1000]},
        },
        {
            name: 'C6 a close and the end of the stream',
            steps: [f.close(1000, 'bye'), 'end'],
            end: {echo: [1000, 'bye']},
        },
        {
            name: 'C6 a message, a close and the end of the stream',
            steps: [Buffer.concat([f.text('last'), f.close(1000)]), 'end'],
            frames: [[TEXT, 'last']],
            end: {echo: [1000]},
        },
        {name: 'C10 the stream ends without a close', steps: ['end'], end: 'lost'},
        {
            name: 'C10 the stream ends behind a message',
            steps: [f.text('last'), {after: 1}, 'end'],
            frames: [[TEXT, 'last']],
            end: 'lost',
        },
        {
            name: 'C10 a message and the end of the stream at once',
            steps: [f.text('last'), 'end'],
            loose: 'all',
            end: 'lost',
        },
    );
    return cases;
}

export function frameCases(f) {
    return [
        ...lengthCases(f),
        ...splitCases(f),
        ...headCases(f),
        ...fragmentCases(f),
        ...pingCases(f),
        ...closeCases(f),
    ];
}
