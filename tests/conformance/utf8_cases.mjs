/* SPDX-License-Identifier: MIT */
// Section 10 of bad-inputs.md and category 6 of Autobahn's fuzzing client as cases (conversation.mjs). Where a text stops
// being UTF-8 is asked of the platform's TextDecoder; a case sends nothing behind that piece, so an answer that waits for
// the end of the message, the frame or the character never comes.

import {BINARY, CLOSE, TEXT, closePayload, hex} from './wire.mjs';

const refused = [
    '80',
    'BF',
    'C0 80',
    'C1 BF',
    'E0 80 80',
    'E0 9F BF',
    'ED A0 80',
    'ED BF BF',
    'F0 80 80 80',
    'F0 8F BF BF',
    'F4 90 80 80',
    'F5',
    'F6',
    'F7',
    'F8',
    'F9',
    'FA',
    'FB',
    'FC',
    'FD',
    'FE',
    'FF',
];
const truncated = [
    'C2',
    'DF',
    'E0',
    'E1',
    'EF',
    'F0',
    'F4',
    'E0 A0',
    'ED 9F',
    'EF BF',
    'F0 90',
    'F4 8F',
    'F0 90 80',
    'F4 8F BF',
];
const accepted = [
    '00',
    '7F',
    'C2 80',
    'DF BF',
    'E0 A0 80',
    'ED 9F BF',
    'EE 80 80',
    'EF BF BE',
    'EF BF BF',
    'F0 90 80 80',
    'F4 8F BF BF',
    'EF BB BF',
];

/** The index of the first byte after which the text cannot become valid any more; -1 when there is none. */
function badAt(bytes) {
    const decoder = new TextDecoder('utf-8', {fatal: true});
    for (let i = 0; i < bytes.length; i++) {
        try {
            decoder.decode(bytes.subarray(i, i + 1), {stream: true});
        } catch {
            return i;
        }
    }
    return -1;
}

function isComplete(bytes) {
    try {
        new TextDecoder('utf-8', {fatal: true}).decode(bytes);
        return true;
    } catch {
        return false;
    }
}

/** Every way to cut bytes into pieces that are not empty. */
function* compositions(bytes) {
    for (let cuts = 0; cuts < 1 << (bytes.length - 1); cuts++) {
        const pieces = [];
        let start = 0;
        for (let i = 1; i <= bytes.length; i++) {
            if (i === bytes.length || cuts & (1 << (i - 1))) {
                pieces.push(bytes.subarray(start, i));
                start = i;
            }
        }
        yield pieces;
    }
}

const shape = (pieces) => pieces.map((piece) => piece.length).join('+');

/** The pieces up to the one in which the text stops being UTF-8. */
function upToTheFault(pieces) {
    const bad = badAt(Buffer.concat(pieces));
    let end = 0;
    return pieces.slice(0, pieces.findIndex((piece) => (end += piece.length) > bad) + 1);
}

/** Pieces of text as fragments of a message; the last one is not its end when `isOpen`. */
const asFragments = (f, pieces, isOpen = false) =>
    pieces.map((piece, i) => f.frame(i === 0 ? TEXT : 0, piece, {fin: !isOpen && i === pieces.length - 1}));

/** Pieces of one frame's payload, behind its head, of which `left` more bytes are announced. */
function asSegments(f, pieces, left = 0) {
    const payload = Buffer.concat(pieces);
    const frame = f.text(payload, {length: payload.length + left});
    const cuts = [frame.subarray(0, frame.length - payload.length)];
    let at = frame.length - payload.length;
    for (const piece of pieces) cuts.push(frame.subarray(at, (at += piece.length)));
    return cuts;
}

const fails = (name, steps) => ({name, steps, end: {fail: 1007}});
const echoes = (name, text, steps) => ({name, steps, frames: [[TEXT, text]]});

function sequenceCases(f) {
    const cases = [];
    for (const sequence of refused) {
        const bytes = hex(sequence);
        for (const pieces of compositions(bytes)) {
            const sent = upToTheFault(pieces);
            cases.push(
                fails(`10 ${sequence} in fragments of ${shape(pieces)}`, asFragments(f, sent, true)),
                fails(`10 ${sequence} in segments of ${shape(pieces)}`, [{apart: asSegments(f, sent, 100)}]),
            );
        }
        cases.push(
            fails(`10 ${sequence} inside a text`, [
                f.text(Buffer.concat([Buffer.from('before '), bytes, Buffer.from(' after')])),
            ]),
            fails(`10 ${sequence} as a close reason`, [f.close(1000, bytes)]),
            {name: `10 ${sequence} as binary`, steps: [f.binary(bytes)], frames: [[BINARY, bytes]]},
        );
    }
    for (const sequence of truncated) {
        const bytes = hex(sequence);
        for (const pieces of compositions(bytes)) {
            cases.push(
                fails(`10 ${sequence} at the end in fragments of ${shape(pieces)}`, asFragments(f, pieces)),
                fails(`10 ${sequence} at the end in segments of ${shape(pieces)}`, [{apart: asSegments(f, pieces)}]),
            );
        }
        cases.push(
            fails(`10 ${sequence} at the end of a text`, [f.text(Buffer.concat([Buffer.from('text'), bytes]))]),
            fails(`10 ${sequence} and an empty last fragment`, [...asFragments(f, [bytes], true), f.more('')]),
            fails(`10 ${sequence} and then ASCII`, [...asFragments(f, [bytes, Buffer.from('a')], true)]),
            fails(`10 ${sequence} at the end of a close reason`, [f.close(1000, bytes)]),
        );
    }
    for (const sequence of accepted) {
        const bytes = hex(sequence);
        for (const pieces of compositions(bytes)) {
            cases.push(
                echoes(`10 ${sequence} in fragments of ${shape(pieces)}`, bytes, asFragments(f, pieces)),
                echoes(`10 ${sequence} in segments of ${shape(pieces)}`, bytes, [{apart: asSegments(f, pieces)}]),
            );
        }
        const text = Buffer.concat([Buffer.from('before '), bytes, Buffer.from(' after')]);
        cases.push(echoes(`10 ${sequence} inside a text`, text, [f.text(text)]), {
            name: `10 ${sequence} as a close reason`,
            steps: [f.close(1000, bytes)],
            end: {echo: [1000, bytes]},
        });
    }
    return cases;
}

const from = (...points) => Buffer.from(String.fromCodePoint(...points)).toString('hex');
const range = (first, last) => Array.from({length: last - first + 1}, (_, i) => first + i);
const lonely = (first, last) =>
    range(first, last)
        .map((byte) => `${byte.toString(16)}20`)
        .join('');
const incomplete = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'];
const kosme = 'cebae1bdb9cf83cebcceb5';

/** By Autobahn's sections, which follow Markus Kuhn's stress test. */
const stress = {
    '6.5': [kosme, 'c3a4c3b6c3bc', 'e4bda0e5a5bd', 'f09f8eae', '7f00'],
    '6.6': range(1, 11).map((size) => kosme.slice(0, 2 * size)),
    '6.7': ['00', 'c280', 'e0a080', 'f0908080'],
    '6.8': ['f888808080', 'fc8480808080'],
    '6.9': ['7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
    '6.10': ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'],
    '6.11': ['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf', 'f4908080'],
    '6.12': [
        '80',
        'bf',
        '80bf',
        '80bf80',
        '80bf80bf',
        '80bf80bf80',
        '80bf80bf80bf',
        Buffer.from(range(0x80, 0xbf)).toString('hex'),
    ],
    '6.13': [lonely(0xc0, 0xdf), lonely(0xe0, 0xef), lonely(0xf0, 0xf7), lonely(0xf8, 0xfb), lonely(0xfc, 0xfd)],
    '6.14': incomplete,
    '6.15': [incomplete.join('')],
    '6.16': ['fe', 'ff', 'fefeffff'],
    '6.17': ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
    '6.18': ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'],
    '6.19': ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'],
    '6.20': ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'],
    '6.21': [
        'eda080edb080',
        'eda080edbfbf',
        'edadbfedb080',
        'edadbfedbfbf',
        'edae80edb080',
        'edae80edbfbf',
        'edafbfedb080',
        'edafbfedbfbf',
    ],
    '6.22': range(0, 16).flatMap((plane) => [from(plane * 0x10000 + 0xfffe), from(plane * 0x10000 + 0xffff)]),
    '6.23': range(0xfff9, 0xffff).map((point) => from(point)),
};

function stressCases(f) {
    return Object.entries(stress).flatMap(([section, list]) =>
        list.map((sequence, i) => {
            const bytes = hex(sequence);
            const name = `Autobahn ${section}.${i + 1}`;
            return isComplete(bytes) ? echoes(name, bytes, [f.text(bytes)]) : fails(name, [f.text(bytes)]);
        }),
    );
}

function fragmentCases(f) {
    const hello = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');
    const single = (bytes) => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    const surrogate = hex(`${kosme}eda080656469746564`);
    const beyond = hex(`${kosme}f4908080656469746564`);
    const parts = (bytes, ...cuts) =>
        cuts.map((at, i) => bytes.subarray(i ? cuts[i - 1] : 0, at)).concat([bytes.subarray(cuts.at(-1))]);
    return [
        echoes('Autobahn 6.1.1 an empty text', '', [f.text('')]),
        echoes('Autobahn 6.1.2 three empty fragments', '', f.fragments(TEXT, ['', '', ''])),
        echoes(
            'Autobahn 6.1.3 empty fragments around a text',
            'middle frame payload',
            f.fragments(TEXT, ['', 'middle frame payload', '']),
        ),
        echoes('Autobahn 6.2.1 a text in one frame', hello, [f.text(hello)]),
        echoes('Autobahn 6.2.2 a text in two fragments', hello, f.fragments(TEXT, parts(hello, 12))),
        echoes('Autobahn 6.2.3 a text in fragments of one byte', hello, f.fragments(TEXT, single(hello))),
        echoes('Autobahn 6.2.4 Greek in fragments of one byte', hex(kosme), f.fragments(TEXT, single(hex(kosme)))),
        fails('Autobahn 6.3.1 a surrogate in one frame', [f.text(surrogate)]),
        fails('Autobahn 6.3.2 a surrogate in fragments of one byte', f.fragments(TEXT, single(surrogate))),
        fails(
            'Autobahn 6.4.1 fail fast, the fault in the second fragment',
            asFragments(
                f,
                parts(beyond, 11).map((part, i) => (i ? part.subarray(0, 4) : part)),
                true,
            ),
        ),
        fails(
            'Autobahn 6.4.2 fail fast, the fault in the middle of a character',
            asFragments(
                f,
                parts(beyond, 12).map((part, i) => (i ? part.subarray(0, 1) : part)),
                true,
            ),
        ),
        fails('Autobahn 6.4.3 fail fast, the fault in the second segment', [
            {apart: asSegments(f, [beyond.subarray(0, 11), beyond.subarray(11, 15)], 8)},
        ]),
        fails('Autobahn 6.4.4 fail fast, one byte of the fault', [
            {apart: asSegments(f, [beyond.subarray(0, 12), beyond.subarray(12, 13)], 10)},
        ]),
        {
            name: '10 a close reason is checked although text is fine',
            steps: [f.text('fine'), f.frame(CLOSE, closePayload(1000, hex('ff')))],
            frames: [[TEXT, 'fine']],
            end: {fail: 1007},
        },
        {
            name: '10 binary that is no text, and then text',
            steps: [f.binary(hex('e2 82')), f.text('ok')],
            frames: [
                [BINARY, hex('e2 82')],
                [TEXT, 'ok'],
            ],
        },
    ];
}

export function utf8Cases(f) {
    return [...sequenceCases(f), ...stressCases(f), ...fragmentCases(f)];
}
