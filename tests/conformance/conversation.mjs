/* SPDX-License-Identifier: MIT */
// One case on an open connection, the same for both roles of the program under test, which sends every message back.
//
// A case is {name, steps, frames, end}:
//   steps   in order: bytes (one write each), {after: n} waits until n frames have come back, {apart: [pieces]} writes
//           each piece after the one before was read, 'end' ends our direction, 'reset' resets the connection
//   frames  what has to come back, [[opcode, payload], ...], and nothing else. Pongs may overtake data, so the order is
//           compared within data and within control frames
//   loose   'pongs': pongs may be missing, except the one for the newest ping of a connection that stays open (5.5.3);
//           'all': of what came only the close frame is compared
//   make    instead of steps and frames: makes them when the case's turn comes
//   end     'open' (default): still open, our close frame with 1000 is answered, then the stream ends
//           {echo: [code, reason]}: a close frame among the steps is answered by this one, then the stream ends
//           {fail: code}: the connection is failed with this code, then the stream ends although we have not ended it
//           'lost': nothing comes but the end of the stream, because the steps ended ours

import assert from 'node:assert/strict';
import {CLOSE, closePayload, bytesOf, faultOf, Frames, nameOf} from './wire.mjs';

const secondsForFrames = 20;

/** Both close frames are exchanged: what is missing must not wait for close_timeout, which is 5 s. */
const secondsForTheEnd = 4;

class Conversation {
    constructor(wire, role, one) {
        this.wire = wire;
        this.role = role;
        this.one = one.make ? {...one, ...one.make()} : one;
        this.received = [];
        this.frames = new Frames(role === 'server');
    }

    /** The next frame, checked for what holds for every frame; null at the end of the stream. */
    async next(what, seconds = secondsForFrames) {
        const frame = await this.wire.nextFrame(what, seconds);
        if (!frame) return null;
        const fault = faultOf(frame, this.role);
        if (fault) throw new Error(`${nameOf(frame)}: ${fault}`);
        this.received.push(frame);
        return frame;
    }

    async readUntil(isEnough, what) {
        while (!isEnough()) {
            const frame = await this.next(what);
            if (!frame) throw new Error(`the stream ended after ${this.tell()}`);
            if (frame.opcode === CLOSE) throw new Error(`closed too early: ${this.tell()}`);
        }
    }

    tell() {
        return this.received.length ? this.received.map(nameOf).join(', ') : 'no frame';
    }

    async run(step) {
        if (step === 'end') this.wire.end();
        else if (step === 'reset') this.wire.socket.resetAndDestroy();
        else if (Buffer.isBuffer(step)) await this.wire.writePieces([step]);
        else if (step.after !== undefined)
            await this.readUntil(() => this.received.length >= step.after, `frame ${step.after}`);
        else await this.wire.writePieces(step.apart, {apart: true});
    }

    /** Reads to the end of the stream. After a close frame only the end may come, and that soon. */
    async readToEnd() {
        for (;;) {
            const closed = this.received.at(-1)?.opcode === CLOSE;
            const frame = await this.next(
                closed ? 'the end of the stream' : 'a close frame',
                closed ? secondsForTheEnd : secondsForFrames,
            );
            if (!frame) return;
            if (closed) throw new Error(`a frame after the close frame: ${this.tell()}`);
            // A client lets the server end the stream first (7.1.1), unless it fails the connection.
            if (frame.opcode === CLOSE && this.role === 'client' && this.one.end?.fail === undefined) this.wire.end();
        }
    }

    compareList(got, want) {
        const same =
            got.length === want.length &&
            got.every((frame, i) => frame.opcode === want[i].opcode && frame.fin && samePayload(frame, want[i]));
        if (!same)
            throw new Error(
                `expected ${want.map(nameOf).join(', ') || 'nothing'}\ngot ${got.map(nameOf).join(', ') || 'nothing'}`,
            );
    }

    /** Every pong answers a ping, in their order; the newest ping is answered. */
    comparePongs(got, want, isOpen) {
        let at = 0;
        for (const {payload} of got) {
            while (at < want.length && !want[at].payload.equals(payload)) at++;
            if (at++ >= want.length) throw new Error(`a pong that answers no ping: ${this.tell()}`);
        }
        if (isOpen && want.length > 0) this.compareList(got.slice(-1), want.slice(-1));
    }

    compare(close) {
        const {frames = [], loose, end = 'open'} = this.one;
        const wanted = frames.map(([opcode, payload]) => ({opcode, payload: bytesOf(payload)}));
        const pick = (list, test) => list.filter(({opcode}) => test(opcode));
        this.compareList(
            pick(this.received, (opcode) => opcode === CLOSE),
            close,
        );
        if (loose === 'all') return;
        const [got, want] = [this.received, wanted].map((list) => pick(list, (opcode) => opcode > CLOSE));
        if (loose === 'pongs') this.comparePongs(got, want, end === 'open');
        else this.compareList(got, want);
        this.compareList(
            pick(this.received, (opcode) => opcode < CLOSE),
            pick(wanted, (opcode) => opcode < CLOSE),
        );
    }

    async play() {
        const {steps, frames = [], loose, end = 'open'} = this.one;
        for (const step of steps) await this.run(step);
        if (end === 'open') {
            const countData = (list, opcodeOf) => list.filter((one) => opcodeOf(one) < CLOSE).length;
            const data = countData(frames, ([opcode]) => opcode);
            const isEnough = () =>
                loose ? countData(this.received, ({opcode}) => opcode) >= data : this.received.length >= frames.length;
            await this.readUntil(isEnough, `all of ${frames.length} frames`);
            await this.wire.write(this.frames.close(1000));
        }
        await this.readToEnd();
        this.wire.end();
        if (end === 'lost') return this.compare([]);
        if (end === 'open') return this.compare([{opcode: CLOSE, payload: closePayload(1000)}]);
        if (end.echo)
            return this.compare([
                {opcode: CLOSE, payload: end.echo.length ? closePayload(...end.echo) : Buffer.alloc(0)},
            ]);
        return this.compare([{opcode: CLOSE, code: end.fail, payload: closePayload(end.fail)}]);
    }
}

/** The reason of a failure is the library's own words, and worth having. */
function samePayload(got, want) {
    if (want.code === undefined) return got.payload.equals(want.payload);
    return got.payload.length > 2 && got.payload.readUInt16BE(0) === want.code;
}

/** Plays a case on an open connection with a program in `role`; resolves with the frames that came back. */
export async function converse(wire, role, one) {
    const conversation = new Conversation(wire, role, one);
    await conversation.play();
    return conversation.received;
}

const cutAtNul = (bytes) => (bytes.includes(0) ? bytes.subarray(0, bytes.indexOf(0)) : bytes);

/** The line that echo_client prints at the end of a case. */
export function clientLine({end = 'open'}) {
    if (end === 'open') return 'closed 1000  clean';
    if (!end.echo) return 'closed -1  unclean';
    const [code = 1005, reason = ''] = end.echo;
    const shown = cutAtNul(bytesOf(reason))
        .toString('utf8')
        .replace(/[\x00-\x1f\x7f]/g, '?');
    return `closed ${code} ${shown} clean`;
}

/** A case that nobody may fail: both ends of it are checked by the caller. */
export function assertEnded(result, line) {
    assert.deepEqual(
        {lines: result.lines, code: result.code, errorLines: result.errorLines},
        {lines: [line], code: 0, errorLines: []},
    );
}
