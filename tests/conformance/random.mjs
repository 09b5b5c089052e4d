/* SPDX-License-Identifier: MIT */
// Random message sequences from a seed, the same bytes for the same seed, and what RFC 6455 says must come of any bytes.

import {BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT} from './wire.mjs';

/** The seed of a run: WSPEER_SEED repeats one. */
export function chooseSeed() {
    return Number(process.env.WSPEER_SEED ?? Math.floor(Math.random() * 2 ** 31)) >>> 0;
}

/** Mulberry32: small, and good enough to choose tests with. */
export class Random {
    constructor(seed) {
        this.state = seed >>> 0;
    }

    next() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let z = this.state;
        z = Math.imul(z ^ (z >>> 15), z | 1);
        z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
        return (z ^ (z >>> 14)) >>> 0;
    }

    below(limit) {
        return Math.floor((this.next() / 2 ** 32) * limit);
    }

    chance(percent) {
        return this.below(100) < percent;
    }

    pick(list) {
        return list[this.below(list.length)];
    }

    bytes(size) {
        return Buffer.from({length: size}, () => this.below(256));
    }

    text(size) {
        const alphabet = ['a', 'Z', '0', ' ', '\0', 'ä', '€', '\u{1f3ae}', '\ufeff', '\uffff', '\u{10ffff}'];
        return Array.from({length: size}, () => this.pick(alphabet)).join('');
    }

    size() {
        return this.pick([
            0,
            1,
            this.below(10),
            this.below(130),
            125,
            126,
            this.below(2000),
            this.below(2000),
            this.below(30000),
        ]);
    }
}

/** Bytes cut at random places into pieces that may be empty. */
function cutUp(random, bytes) {
    const cuts = Array.from({length: random.chance(50) ? 0 : random.below(6)}, () =>
        random.below(bytes.length + 1),
    ).sort((a, b) => a - b);
    return [0, ...cuts].map((start, i) => bytes.subarray(start, cuts[i] ?? bytes.length));
}

const controlFrame = (random, f) => {
    const payload = random.bytes(random.below(126));
    return random.chance(70) ? f.ping(payload, {key: random.bytes(4)}) : f.pong(payload, {key: random.bytes(4)});
};

/** Frames of `count` messages, in random fragments with control frames in between. */
export function randomFrames(random, f, count) {
    const frames = [];
    for (let i = 0; i < count; i++) {
        const opcode = random.pick([TEXT, BINARY]);
        const size = random.size();
        const parts = cutUp(random, opcode === TEXT ? Buffer.from(random.text(size >> 2)) : random.bytes(size));
        parts.forEach((part, at) => {
            if (random.chance(15)) frames.push(controlFrame(random, f));
            frames.push(
                f.frame(at === 0 ? opcode : CONTINUATION, part, {fin: at === parts.length - 1, key: random.bytes(4)}),
            );
        });
    }
    return frames;
}

/** A close frame with any code, most of them legal. */
export function randomClose(random, f) {
    const code = random.pick([1000, 1001, 1011, 3000 + random.below(2000), random.below(65536)]);
    return random.chance(20) ? f.close() : f.close(code, random.text(random.below(20)), {key: random.bytes(4)});
}

/** The bytes as random segments. */
export function randomSegments(random, bytes) {
    const pieces = [];
    for (let at = 0; at < bytes.length;) {
        const size = random.pick([1, 1 + random.below(20), 1 + random.below(2000), 1 + random.below(100000)]);
        pieces.push(bytes.subarray(at, (at += size)));
    }
    return pieces;
}

function firstBad(bytes) {
    try {
        new TextDecoder('utf-8', {fatal: true}).decode(bytes, {stream: true});
        return false;
    } catch {
        return true;
    }
}

function isText(bytes) {
    try {
        new TextDecoder('utf-8', {fatal: true}).decode(bytes);
        return true;
    } catch {
        return false;
    }
}

const isLegalCode = (code) =>
    (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);

/** What the head of a frame is worth: {wait}, {fail: code} or {size, length}. */
function judgeHead(bytes, {masks, inMessage, have, limit}) {
    if (bytes.length < 2) return {wait: true};
    const opcode = bytes[0] & 0x0f;
    const short = bytes[1] & 0x7f;
    const isControl = opcode >= CLOSE;
    if (bytes[0] & 0x70 || Boolean(bytes[1] & 0x80) !== masks) return {fail: 1002};
    if (![CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG].includes(opcode)) return {fail: 1002};
    if (isControl && (!(bytes[0] & 0x80) || short > 125)) return {fail: 1002};
    if (!isControl && (opcode === CONTINUATION) !== inMessage) return {fail: 1002};
    const extension = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (bytes.length < 2 + extension) return {wait: true};
    const length =
        extension === 0 ? BigInt(short) : extension === 2 ? BigInt(bytes.readUInt16BE(2)) : bytes.readBigUInt64BE(2);
    if ((extension === 2 && length < 126n) || (extension === 8 && (length < 65536n || length >> 63n)))
        return {fail: 1002};
    const size = 2 + extension + (masks ? 4 : 0);
    if (bytes.length < size) return {wait: true};
    if (!isControl && length > BigInt(limit - have)) return {fail: 1009};
    return {
        size,
        length: Number(length),
        opcode,
        fin: (bytes[0] & 0x80) !== 0,
        key: masks ? bytes.subarray(size - 4, size) : null,
    };
}

const unmask = (bytes, key) => (key ? Buffer.from(bytes.map((byte, i) => byte ^ key[i & 3])) : bytes);

function judgeClose(payload) {
    if (payload.length === 0) return {echo: []};
    if (payload.length === 1 || !isLegalCode(payload.readUInt16BE(0))) return {fail: 1002};
    const reason = payload.subarray(2);
    return isText(reason) ? {echo: [payload.readUInt16BE(0), reason]} : {fail: 1007};
}

/**
 * What must come of bytes that one side sends and then falls silent: {frames, end} of conversation.mjs, where end may
 * also be 'inside': the bytes stop inside a frame. Written from the RFC alone, to be compared with the library.
 */
export function predict(bytes, {masks, limit = 64 << 20}) {
    const frames = [];
    let message = null;
    for (let rest = bytes; rest.length > 0;) {
        const have = message ? message.data.length : 0;
        const head = judgeHead(rest, {masks, inMessage: message !== null, have, limit});
        if (head.wait) return {frames, end: 'inside'};
        if (head.fail) return {frames, end: {fail: head.fail}};
        const isWhole = rest.length >= head.size + head.length;
        const payload = unmask(rest.subarray(head.size, head.size + head.length), head.key);
        if (head.opcode >= CLOSE) {
            if (!isWhole) return {frames, end: 'inside'};
            if (head.opcode === CLOSE) return {frames, end: judgeClose(payload)};
            if (head.opcode === PING) frames.push([PONG, payload]);
        } else {
            message ??= {opcode: head.opcode, data: Buffer.alloc(0)};
            message.data = Buffer.concat([message.data, payload]);
            if (message.opcode === TEXT && firstBad(message.data)) return {frames, end: {fail: 1007}};
            if (!isWhole) return {frames, end: 'inside'};
            if (head.fin) {
                if (message.opcode === TEXT && !isText(message.data)) return {frames, end: {fail: 1007}};
                frames.push([message.opcode, message.data]);
                message = null;
            }
        }
        rest = rest.subarray(head.size + head.length);
    }
    return {frames, end: 'open'};
}

/** Breaks one of the frames: a bit or byte of its head, or of its payload, or drops, doubles or cuts it. */
export function corrupt(random, frames) {
    const at = random.below(frames.length);
    const broken = Buffer.from(frames[at]);
    const out = [...frames];
    const kind = random.below(10);
    if (kind < 4) broken[random.below(2)] ^= 1 << random.below(8);
    else if (kind < 5) broken[0] = random.below(256);
    else if (kind < 6) broken[1] = random.below(256);
    else if (kind < 8) broken[random.below(broken.length)] ^= 1 << random.below(8);
    out[at] = kind === 8 ? broken.subarray(0, random.below(broken.length)) : broken;
    if (kind === 9) out.splice(at, 1, ...(random.chance(50) ? [broken, broken] : []));
    return out;
}
