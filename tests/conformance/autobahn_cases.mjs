/* SPDX-License-Identifier: MIT */
// The cases of Autobahn's fuzzing client and server without category 6 (utf8_cases.mjs) and without compression, by its
// numbers, as cases (conversation.mjs). Of the behaviours that Autobahn passes the strictest is wanted.

import {BINARY, CLOSE, PING, PONG, TEXT, closePayload} from './wire.mjs';
import {allowedCodes, refusedCodes} from './frame_cases.mjs';

const octets = (...frames) => [{apart: Array.from(Buffer.concat(frames), (byte) => Buffer.from([byte]))}];
const one = (...frames) => [Buffer.concat(frames)];
const chopped = (bytes, size) =>
    Array.from({length: Math.ceil(bytes.length / size)}, (_, i) => bytes.subarray(i * size, (i + 1) * size));
const fails = (name, steps, frames = []) => ({name, steps, frames, end: {fail: 1002}});
const opens = (name, steps, frames = []) => ({name, steps, frames});
const hello = [TEXT, 'Hello, world!'];

function framingCases(f) {
    return [
        [TEXT, '1.1', () => '*'],
        [BINARY, '1.2', () => '\xfe'],
    ].flatMap(([opcode, section, fill]) => {
        const payload = (size) => Buffer.from(fill().repeat(size), 'latin1');
        const sizes = [0, 125, 126, 127, 128, 65535, 65536];
        return [
            ...sizes.map((size, i) =>
                opens(`Autobahn ${section}.${i + 1}`, [f.frame(opcode, payload(size))], [[opcode, payload(size)]]),
            ),
            opens(`Autobahn ${section}.8`, chopped(f.frame(opcode, payload(65536)), 997), [[opcode, payload(65536)]]),
        ];
    });
}

function pingCases(f) {
    const noise = Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]);
    const full = Buffer.alloc(125, 0xfe);
    const ten = Array.from({length: 10}, (_, i) => `payload-${i}`);
    return [
        opens('Autobahn 2.1', [f.ping('')], [[PONG, '']]),
        opens('Autobahn 2.2', [f.ping('Hello, world!')], [[PONG, 'Hello, world!']]),
        opens('Autobahn 2.3', [f.ping(noise)], [[PONG, noise]]),
        opens('Autobahn 2.4', [f.ping(full)], [[PONG, full]]),
        fails('Autobahn 2.5', [f.ping(Buffer.alloc(126, 0xfe))]),
        opens('Autobahn 2.6', octets(f.ping(full)), [[PONG, full]]),
        opens('Autobahn 2.7', [f.pong('')]),
        opens('Autobahn 2.8', [f.pong('unsolicited pong payload')]),
        opens('Autobahn 2.9', one(f.pong('unsolicited pong payload'), f.ping('ping payload')), [
            [PONG, 'ping payload'],
        ]),
        opens(
            'Autobahn 2.10',
            one(...ten.map((payload) => f.ping(payload))),
            ten.map((payload) => [PONG, payload]),
        ),
        opens(
            'Autobahn 2.11',
            octets(...ten.map((payload) => f.ping(payload))),
            ten.map((payload) => [PONG, payload]),
        ),
    ];
}

function reservedCases(f) {
    const good = f.text(hello[1]);
    const after = [f.text(hello[1], {rsv: 2}), f.ping('')];
    const bad = (rsv) => f.text(hello[1], {rsv});
    const cases = [
        fails('Autobahn 3.1', [bad(1)]),
        fails('Autobahn 3.2', [good, ...after], [hello]),
        fails('Autobahn 3.3', one(good, bad(3), f.ping('')), [hello]),
        fails('Autobahn 3.4', octets(good, bad(4), f.ping('')), [hello]),
        fails('Autobahn 3.5', [f.binary(Buffer.alloc(8, 0xff), {rsv: 5})]),
        fails('Autobahn 3.6', [f.ping(hello[1], {rsv: 6})]),
        fails('Autobahn 3.7', [f.close(undefined, '', {rsv: 7})]),
    ];
    for (const [section, opcodes] of [
        ['4.1', [3, 4, 5, 6, 7]],
        ['4.2', [11, 12, 13, 14, 15]],
    ]) {
        cases.push(
            fails(`Autobahn ${section}.1`, [f.frame(opcodes[0], '')]),
            fails(`Autobahn ${section}.2`, [f.frame(opcodes[1], 'reserved opcode payload')]),
            fails(`Autobahn ${section}.3`, [good, f.frame(opcodes[2], ''), f.ping('')], [hello]),
            fails(`Autobahn ${section}.4`, one(good, f.frame(opcodes[3], hello[1]), f.ping('')), [hello]),
            fails(`Autobahn ${section}.5`, octets(good, f.frame(opcodes[4], hello[1]), f.ping('')), [hello]),
        );
    }
    return cases;
}

function fragmentCases(f) {
    const parts = ['fragment1', 'fragment2'];
    const [first, last] = f.fragments(TEXT, parts);
    const ping = f.ping('ping payload');
    const joined = [TEXT, parts.join('')];
    const nothing = (fin) => f.more('non-continuation payload', {fin});
    const five = f.fragments(TEXT, ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5']);
    const all = [TEXT, 'fragment1fragment2fragment3fragment4fragment5'];
    const pongs = [
        [PONG, 'pongme 1!'],
        [PONG, 'pongme 2!'],
    ];
    const [ping1, ping2] = pongs.map(([, payload]) => f.ping(payload));
    const ways = [
        ['separate frames', (...frames) => frames],
        ['one segment', one],
        ['octets', octets],
    ];
    const cases = [
        ...[
            [PING, '5.1'],
            [PONG, '5.2'],
        ].map(([opcode, number]) => fails(`Autobahn ${number}`, f.fragments(opcode, parts))),
        ...ways.map(([, way], i) => opens(`Autobahn 5.${3 + i}`, way(first, last), [joined])),
        ...ways.map(([, way], i) =>
            opens(`Autobahn 5.${6 + i}`, way(first, ping, last), [[PONG, 'ping payload'], joined]),
        ),
    ];
    for (const [fin, start] of [
        [true, 9],
        [false, 12],
    ]) {
        cases.push(...ways.map(([, way], i) => fails(`Autobahn 5.${start + i}`, way(nothing(fin), f.text(hello[1])))));
    }
    return cases.concat([
        fails('Autobahn 5.15', [first, last, nothing(false), f.text(hello[1])], [joined]),
        fails('Autobahn 5.16', [nothing(false), first, last, nothing(false), first, last]),
        fails('Autobahn 5.17', [nothing(true), first, last, nothing(true), first, last]),
        fails('Autobahn 5.18', [first, f.text('fragment2')]),
        opens(
            'Autobahn 5.19',
            [five[0], five[1], ping1, {after: 1}, five[2], five[3], ping2, {after: 2}, five[4]],
            [...pongs, all],
        ),
        opens(
            'Autobahn 5.20',
            [
                ...octets(five[0], five[1], ping1),
                {after: 1},
                ...octets(five[2], five[3], ping2),
                {after: 2},
                ...octets(five[4]),
            ],
            [...pongs, all],
        ),
    ]);
}

function closeCases(f) {
    const closed = (name, steps, echo, frames = []) => ({name, steps, frames, end: {echo}});
    const big = Buffer.alloc(256 * 1024, '*');
    const plain = f.close(1000);
    return [
        closed('Autobahn 7.1.1', [f.text(hello[1]), plain], [1000], [hello]),
        closed('Autobahn 7.1.2', [plain, f.close(1000)], [1000]),
        closed('Autobahn 7.1.3', [plain, f.ping('')], [1000]),
        closed('Autobahn 7.1.4', [plain, f.text(hello[1])], [1000]),
        closed('Autobahn 7.1.5', [f.text('fragment1', {fin: false}), plain, f.more('fragment2')], [1000]),
        // The echo programs answer no more messages than fit in front of the close frame.
        {...closed('Autobahn 7.1.6', [f.text(big), f.text(hello[1]), plain, f.ping('')], [1000]), loose: 'all'},
        closed('Autobahn 7.3.1', [f.close()], []),
        fails('Autobahn 7.3.2', [f.frame(CLOSE, 'a')]),
        closed('Autobahn 7.3.3', [plain], [1000]),
        closed('Autobahn 7.3.4', [f.close(1000, 'Hello World!')], [1000, 'Hello World!']),
        closed('Autobahn 7.3.5', [f.close(1000, '*'.repeat(123))], [1000, '*'.repeat(123)]),
        fails('Autobahn 7.3.6', [f.frame(CLOSE, closePayload(1000, '*'.repeat(124)))]),
        {
            name: 'Autobahn 7.5.1',
            steps: [f.close(1000, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))],
            end: {fail: 1007},
        },
        ...allowedCodes.map((code, i) => closed(`Autobahn 7.7.${i + 1} code ${code}`, [f.close(code)], [code])),
        ...refusedCodes.map((code, i) => fails(`Autobahn 7.9.${i + 1} code ${code}`, [f.close(code)])),
    ];
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** Made when their turn comes: together they are hundreds of megabytes. */
function limitCases(f) {
    const filled = (opcode, size) => Buffer.alloc(size, opcode === TEXT ? '*' : 0xfe);
    const cases = [];
    const whole = (name, opcode, size, cut) =>
        cases.push({
            name,
            make: () => {
                const payload = filled(opcode, size);
                return {steps: cut(f, opcode, payload), frames: [[opcode, payload]]};
            },
        });
    const fragmented = (size) => (_, opcode, payload) => [Buffer.concat(f.fragments(opcode, chopped(payload, size)))];
    for (const [opcode, sections] of [
        [TEXT, ['9.1', '9.3', '9.5', '9.7']],
        [BINARY, ['9.2', '9.4', '9.6', '9.8']],
    ]) {
        [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB].forEach((size, i) =>
            whole(`Autobahn ${sections[0]}.${i + 1}`, opcode, size, (_, __, payload) => [f.frame(opcode, payload)]),
        );
        [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB].forEach((size, i) =>
            whole(`Autobahn ${sections[1]}.${i + 1}`, opcode, 4 * MiB, fragmented(size)),
        );
        [64, 128, 256, 512, KiB, 2 * KiB].forEach((size, i) =>
            whole(`Autobahn ${sections[2]}.${i + 1}`, opcode, MiB, (_, __, payload) =>
                chopped(f.frame(opcode, payload), size),
            ),
        );
        [0, 16, 64, 256, KiB, 4 * KiB].forEach((size, i) =>
            cases.push({
                name: `Autobahn ${sections[3]}.${i + 1}`,
                make: () => {
                    const payload = filled(opcode, size);
                    const turns = Array.from({length: 1000}, (_, turn) => turn + 1);
                    return {
                        steps: turns.flatMap((turn) => [f.frame(opcode, payload), {after: turn}]),
                        frames: turns.map(() => [opcode, payload]),
                    };
                },
            }),
        );
    }
    whole('Autobahn 10.1.1', TEXT, 65536, fragmented(1300));
    return cases;
}

export function autobahnCases(f) {
    return [
        ...framingCases(f),
        ...pingCases(f),
        ...reservedCases(f),
        ...fragmentCases(f),
        ...closeCases(f),
        ...limitCases(f),
    ];
}
