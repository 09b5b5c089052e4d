/* SPDX-License-Identifier: MIT */
// The opening handshake of echo_client against a server that is a raw socket: rows R of bad-inputs.md and RFC 6455 4.1.
// A process of its own for each case; what is accepted has to echo, what is refused has to be told and closed.

import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {setTimeout as pause} from 'node:timers/promises';
import {withClient} from './clients.mjs';
import {assertEnded, converse} from './conversation.mjs';
import {response, sampleKey} from './upgrade.mjs';
import {TEXT, Frames, acceptOf, hex, playAll} from './wire.mjs';

const f = new Frames(false);
const latin = (text) => Buffer.from(text, 'latin1');
const shown = (byte) => byte.toString(16).padStart(2, '0');
const PROTOCOL = 'WSP_ERR_PROTOCOL';
const REJECTED = 'WSP_ERR_HANDSHAKE_REJECTED';
const LOST = 'WSP_ERR_CONNECTION_LOST';

/**
 * A case is {name, send(key): bytes or pieces, want: 'open' or a result, says, args, keepOpen}. With keepOpen the server
 * ends nothing: the client has to give up by itself, and soon.
 */
const opens = (name, send, more = {}) => ({name, send, want: 'open', ...more});
const fails = (name, want, send, more = {}) => ({name, send, want, keepOpen: true, ...more});
const fields = (replaced) => (key) => response(key, replaced);
const startLine = (line) => (key) => response(key, {}, line);
const withLine = (line) => (key) => response(key).replace('\r\nUpgrade', `\r\n${line}\r\nUpgrade`);

function startCases() {
    const cases = [
        'HTTP/1.1 101',
        'HTTP/1.1 101 ',
        'HTTP/1.1 101 OK',
        'HTTP/1.1 101 Web Socket Protocol Handshake',
        'HTTP/1.1 101 \xe4\xf6',
    ].map((line, i) => opens(`R1 the status line "${line}" (${i})`, startLine(line)));
    for (const line of [
        'HTTP/2.0 101 x',
        'HTTP/2 101',
        'http/1.1 101 x',
        'HTTP/1.1 99 x',
        'HTTP/1.1 1011 x',
        'HTTP/1.1 10 x',
        'HTTP/1.1 abc x',
        'HTTP/1.1  101 x',
        'HTTP/1.1\t101 x',
        'HTTP/1.1 101\tx',
        'HTTP/1.1 +101 x',
        'HTTP/1.1',
        '',
        '101',
        'ICY 101 x',
        ' HTTP/1.1 101 x',
        'HTTP/1.1 001 x',
        'HTTP/1.1 101 a\x01b',
        'HTTP/1.1 101 a\0b',
    ]) {
        cases.push(
            fails(
                `R2 the status line "${line.replace(/[\0-\x1f]/g, (c) => `\\x${shown(c.charCodeAt(0))}`)}"`,
                PROTOCOL,
                startLine(line),
            ),
        );
    }
    cases.push(fails('R2 the status line "HTTP/1.0 101 x"', REJECTED, startLine('HTTP/1.0 101 x')));
    const plain =
        (status, more = '', body = '') =>
        () =>
            `HTTP/1.1 ${status} Status ${status}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
    for (const status of [
        200, 201, 202, 204, 206, 304, 400, 403, 404, 405, 407, 410, 418, 426, 429, 431, 500, 501, 502, 503, 504, 505,
        599, 700, 999,
    ]) {
        cases.push(
            fails(`R3 status ${status}`, REJECTED, plain(status), {
                says: new RegExp(`answered ${status} Status ${status}`),
            }),
            fails(`R3 status ${status} with all fields of an upgrade`, REJECTED, startLine(`HTTP/1.1 ${status} No`), {
                says: new RegExp(`answered ${status} No`),
                ends: true,
            }),
        );
    }
    cases.push(
        fails('R3 the body is quoted', REJECTED, plain(404, '', 'no such room'), {
            says: /404 Status 404: no such room$/,
        }),
        fails('R3 a long body is quoted in part', REJECTED, plain(503, '', 'b'.repeat(5000)), {says: /: b{200}$/}),
        fails('R3 a body with control bytes', REJECTED, plain(403, '', 'a\x1b[31mb\0c'), {says: /: a\?\[31mb\?c$/}),
        fails(
            'R3 a chunked body is quoted',
            REJECTED,
            () => 'HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
            {says: /: hello$/},
        ),
        fails('R3 a body that never comes', REJECTED, () => 'HTTP/1.1 404 x\r\nContent-Length: 9\r\n\r\n'),
        fails('R3 a body without length that never ends', REJECTED, () => 'HTTP/1.1 404 x\r\n\r\npart', {
            says: /: part$/,
        }),
    );
    for (const status of [301, 302, 303, 307, 308]) {
        cases.push(
            fails(
                `R4 status ${status} with a Location is not followed`,
                REJECTED,
                plain(status, 'Location: ws://127.0.0.1:1/x\r\n'),
                {says: /Location: ws:\/\/127\.0\.0\.1:1\/x/},
            ),
        );
    }
    for (const [status, field] of [
        [401, 'WWW-Authenticate: Basic realm="x"'],
        [407, 'Proxy-Authenticate: Basic'],
        [503, 'Retry-After: 1'],
        [426, 'Sec-WebSocket-Version: 8'],
    ]) {
        cases.push(
            fails(
                `R5 status ${status} with ${field.split(':')[0]} is not answered`,
                REJECTED,
                plain(status, `${field}\r\n`),
            ),
        );
    }
    return cases;
}

function upgradeCases() {
    const accepts = {
        'missing': () => null,
        'empty': () => '',
        'of another key': () => acceptOf(sampleKey),
        'of the key without its GUID': (key) => key,
        'in lower case': (key) => acceptOf(key).toLowerCase(),
        'with something behind it': (key) => `${acceptOf(key)}x`,
        'without its padding': (key) => acceptOf(key).slice(0, -1),
        'cut short': (key) => acceptOf(key).slice(0, 10),
        'quoted': (key) => `"${acceptOf(key)}"`,
        'twice': (key) => [acceptOf(key), acceptOf(key)],
        'right and then wrong': (key) => [acceptOf(key), acceptOf(sampleKey)],
        'wrong and then right': (key) => [acceptOf(sampleKey), acceptOf(key)],
        'a list': (key) => `${acceptOf(key)}, ${acceptOf(key)}`,
        'of a random key': () => acceptOf(randomBytes(16).toString('base64')),
    };
    const cases = Object.entries(accepts).map(([what, value]) =>
        fails(
            `R6 Sec-WebSocket-Accept ${what}`,
            REJECTED,
            (key) => response(key, {'Sec-WebSocket-Accept': value(key)}),
            {says: /Sec-WebSocket-Accept/},
        ),
    );
    cases.push(
        opens('R6 white space around Sec-WebSocket-Accept', (key) =>
            response(key, {'Sec-WebSocket-Accept': ` \t${acceptOf(key)} \t`}),
        ),
    );
    for (const value of [
        null,
        '',
        'h2c',
        'websockets',
        'websocket, h2c',
        'websocket/13',
        ['websocket', 'h2c'],
        '"websocket"',
    ]) {
        cases.push(
            fails(
                `R7 Upgrade ${value ?? 'missing'}${Array.isArray(value) ? ' in two fields' : ''}`,
                REJECTED,
                fields({Upgrade: value}),
                {says: /Upgrade/},
            ),
        );
    }
    for (const value of [null, '', 'close', 'keep-alive', 'upgraded', '"upgrade"', 'up grade']) {
        cases.push(
            fails(`R7 Connection ${value ?? 'missing'}`, REJECTED, fields({Connection: value}), {says: /Connection/}),
        );
    }
    for (const value of ['WebSocket', 'WEBSOCKET']) cases.push(opens(`R7 Upgrade ${value}`, fields({Upgrade: value})));
    for (const value of ['keep-alive, Upgrade', 'upgrade', 'UPGRADE', 'Upgrade,foo', ['keep-alive', 'upgrade']]) {
        cases.push(
            opens(`R8 Connection ${value}${Array.isArray(value) ? ' in two fields' : ''}`, fields({Connection: value})),
        );
    }
    const names = (change) => (key) => response(key).replace(/^[\w-]+(?=:)/gm, change);
    cases.push(
        opens(
            'R9 names in lower case',
            names((name) => name.toLowerCase()),
        ),
        opens(
            'R9 names in upper case',
            names((name) => name.toUpperCase()),
        ),
    );
    return cases;
}

function choiceCases() {
    const protocol = (value) => fields({'Sec-WebSocket-Protocol': value});
    const extension = (value) => fields({'Sec-WebSocket-Extensions': value});
    const asked = {args: ['--protocol', 'chat', '--protocol', 'superchat']};
    const cases = [
        fails('R10 a subprotocol that was never asked for', REJECTED, protocol('chat'), {says: /subprotocol/}),
        fails('R10 an empty subprotocol that was never asked for', REJECTED, protocol(''), {says: /subprotocol/}),
        fails('R11 a subprotocol was asked for and none is returned', REJECTED, fields({}), {
            ...asked,
            says: /none of the offered/,
        }),
        opens('R12 the first subprotocol', protocol('chat'), asked),
        opens('R12 the second subprotocol', protocol('superchat'), asked),
        ...[
            'Chat',
            'CHAT',
            'chat, superchat',
            'superchat, chat',
            'chat superchat',
            'other',
            '',
            '"chat"',
            'chat;x',
            'cha',
            'chatt',
            ['chat', 'superchat'],
            ['chat', 'chat'],
        ].map((value) =>
            fails(
                `R12 the subprotocol "${value}"${Array.isArray(value) ? ' in two fields' : ''}`,
                REJECTED,
                protocol(value),
                {...asked, says: /[Pp]rotocol/},
            ),
        ),
    ];
    for (const value of [
        'permessage-deflate',
        'foo',
        'foo, bar',
        'foo; a=b',
        ['foo', 'bar'],
        ['', 'foo'],
        'x-webkit-deflate-frame',
    ]) {
        cases.push(
            fails(`R13 the extension "${value}" that was never asked for`, REJECTED, extension(value), {
                says: /extension/,
            }),
        );
    }
    for (const value of [
        'permessage-deflate; server_max_window_bits=99',
        'permessage-deflate; server_max_window_bits=abc',
        'permessage-deflate; server_max_window_bits=',
        '=',
        ';',
        '"',
        ',;',
    ]) {
        cases.push(fails(`R14 the extension ${value}`, REJECTED, extension(value), {says: /extension/}));
    }
    cases.push(opens('R13 an empty list of extensions', extension('')));
    return cases;
}

function lineCases() {
    const cases = [];
    for (let byte = 0; byte < 0x20; byte++) {
        if (byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)
            cases.push(
                fails(`R18 byte ${shown(byte)} in a value`, PROTOCOL, withLine(`X-A: b${String.fromCharCode(byte)}c`)),
            );
    }
    for (const character of ' ()<>@,;\\"/[]?={}\x00\x7f\x80') {
        cases.push(
            fails(`R18 byte ${shown(character.charCodeAt(0))} in a name`, PROTOCOL, withLine(`X${character}A: b`)),
        );
    }
    const ends = [0, 1, 2, 3, 4];
    const at = (key, i) => [...response(key).matchAll(/\r\n/g)][i].index;
    cases.push(
        fails('R18 byte 7f in a value', PROTOCOL, withLine('X-A: b\x7fc')),
        opens('R18 bytes above 7f in a value', withLine('X-A: \x80\xff')),
        fails('R18 a field folded with a space', PROTOCOL, withLine('X-A: b\r\n c')),
        fails('R18 a field folded with a tab', PROTOCOL, withLine('X-A: b\r\n\tc')),
        fails('R18 a line without a colon', PROTOCOL, withLine('nonsense')),
        fails('R18 an empty name', PROTOCOL, withLine(': b')),
        fails('R18 CR in a value', PROTOCOL, withLine('X-A: b\rc')),
        opens('R18 an empty value', withLine('X-A:')),
        fails('R19 every line ends with LF only', PROTOCOL, (key) => response(key).replaceAll('\r\n', '\n')),
        fails('R19 a status line that ends with LF, and silence', PROTOCOL, () => 'HTTP/1.1 101 x\n'),
        ...ends.map((i) =>
            fails(
                `R19 line end ${i} without CR`,
                PROTOCOL,
                (key) => response(key).slice(0, at(key, i)) + response(key).slice(at(key, i) + 1),
            ),
        ),
        ...ends.map((i) =>
            fails(
                `R19 line end ${i} without LF`,
                PROTOCOL,
                (key) => `${response(key).slice(0, at(key, i) + 1)}${response(key).slice(at(key, i) + 2)}x`,
            ),
        ),
    );
    const many = (count) => Object.fromEntries(Array.from({length: count}, (_, i) => [`X-${i}`, 'v']));
    const padded = (size) => (key) =>
        response(key, {'X-Long': 'v'.repeat(size - response(key, {'X-Long': ''}).length)});
    cases.push(
        opens('R17 a field of 7 KB', fields({'X-Long': 'v'.repeat(7000)})),
        opens('R17 a head of 16384 bytes', padded(16384)),
        fails('R17 a head of 16385 bytes', PROTOCOL, padded(16385)),
        fails('R17 a field of 64 KiB', PROTOCOL, fields({'X-Long': 'v'.repeat(65536)})),
        fails('R17 16384 bytes of a head that goes on', PROTOCOL, (key) => padded(20000)(key).slice(0, 16384)),
        opens('R17 100 fields', fields(many(97))),
        fails('R17 101 fields', PROTOCOL, fields(many(98))),
        fails('R17 200 fields', PROTOCOL, fields(many(200))),
        fails('R17 a status line that never ends', PROTOCOL, () => `HTTP/1.1 101 ${'x'.repeat(9000)}`),
    );
    return cases;
}

function streamCases() {
    const interim = (status) => `HTTP/1.1 ${status} Interim\r\nX-A: b\r\n\r\n`;
    const cases = [
        {
            ...opens('R15 a text in the segment of the 101', (key) =>
                Buffer.concat([latin(response(key)), f.text('early')]),
            ),
            steps: [],
            frames: [[TEXT, 'early']],
        },
        {
            ...opens('R15 a text and a close in the segment of the 101', (key) =>
                Buffer.concat([latin(response(key)), f.text('early'), f.close(1001, 'moved')]),
            ),
            steps: [],
            frames: [[TEXT, 'early']],
            end: {echo: [1001, 'moved']},
            line: 'closed 1001 moved clean',
        },
        {
            ...opens('R15 a bad frame in the segment of the 101', (key) =>
                Buffer.concat([latin(response(key)), f.frame(3, '')]),
            ),
            steps: [],
            end: {fail: 1002},
            line: 'closed -1  unclean',
        },
        {
            ...opens('R15 a second 101 behind the 101', (key) => response(key) + response(key)),
            steps: [],
            end: {fail: 1002},
            line: 'closed -1  unclean',
        },
        ...[100, 102, 103, 110, 199].map((status) =>
            opens(`R16 status ${status} in front of the 101`, (key) => interim(status) + response(key)),
        ),
        opens('R16 ten interim answers', (key) => interim(103).repeat(10) + response(key)),
        opens('R16 an interim answer in a segment of its own', (key) => [interim(100), response(key)]),
        fails('R16 interim answers without end', PROTOCOL, () => interim(103).repeat(1000)),
        fails(
            'R16 a refusal behind an interim answer',
            REJECTED,
            () => `${interim(100)}HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n`,
            {says: /answered 404 Gone/},
        ),
        fails('R16 a malformed interim answer', PROTOCOL, (key) => `HTTP/1.1 100 x\r\nbad\r\n\r\n${response(key)}`),
        ...[{'Content-Length': '5'}, {'Content-Length': '0'}, {'Transfer-Encoding': 'chunked'}].map((more) =>
            opens(`R21 ${Object.keys(more)[0]} ${Object.values(more)[0]} on the 101 is ignored`, fields(more)),
        ),
        {...fails('R23 the end before any answer', LOST, () => ''), ends: true},
        {...fails('R23 a reset before any answer', LOST, () => ''), resets: true},
        {...fails('R23 a reset inside the head', LOST, (key) => response(key).slice(0, 50)), resets: true},
    ];
    for (const noise of [
        '15030300020228',
        '1603010200',
        '5353482d322e302d4f70656e5353480d0a',
        '00',
        'ff',
        '0d0a',
        '8100',
        '3c68746d6c3e',
        '0a',
        '20',
    ]) {
        cases.push(fails(`R20 the bytes ${noise}`, PROTOCOL, () => hex(noise)));
    }
    for (let i = 0; i < 9; i++) {
        cases.push(fails(`R20 byte ${i} of the status line is wrong`, PROTOCOL, () => `${'HTTP/1.1 '.slice(0, i)}~`));
    }
    for (let at = 1; at < response(sampleKey).length; at++) {
        cases.push(
            opens(`R19 the answer cut at byte ${at}`, (key) => [response(key).slice(0, at), response(key).slice(at)], {
                apart: at % 4 === 0,
            }),
        );
        if (at % 5 === 0)
            cases.push({
                ...fails(`R23 the end behind ${at} bytes of the head`, LOST, (key) => response(key).slice(0, at)),
                ends: true,
            });
    }
    cases.push(opens('R19 the answer one byte at a time', (key) => Array.from(response(key)), {apart: true}));
    return cases;
}

function play(t, keys) {
    return async (one) => {
        const result = await withClient(
            t,
            async (wire, request) => {
                keys.push(request.key);
                const pieces = [one.send(request.key)]
                    .flat()
                    .map((piece) => (Buffer.isBuffer(piece) ? piece : latin(piece)));
                await wire.writePieces(
                    pieces.filter((piece) => piece.length > 0),
                    {apart: one.apart},
                );
                if (one.want === 'open') {
                    const talk = one.steps ? one : {steps: [f.text('hello')], frames: [[TEXT, 'hello']]};
                    return void (await converse(wire, 'client', talk));
                }
                if (one.ends) wire.end();
                if (one.resets) return void wire.socket.resetAndDestroy();
                // What the client wrote into a connection it then leaves may be answered by a reset; nothing may come first.
                await wire.until(() => wire.hasEnded, 'the end of the client', 4);
                assert.equal(wire.size, 0);
            },
            {args: one.args},
        );
        if (one.want === 'open') return assertEnded(result, one.line ?? 'closed 1000  clean');
        assert.equal(result.connections, 1);
        assert.deepEqual(
            {code: result.code, errorLines: result.errorLines, count: result.lines.length},
            {code: 1, errorLines: [], count: 1},
        );
        assert.match(result.lines[0], new RegExp(`^failed ${one.want} \\S`));
        if (one.says) assert.match(result.lines[0], one.says);
    };
}

/** R22: servers that keep the client waiting, all of them at the same time. */
function silenceCases(t) {
    const cases = [
        ['R22 a server that never answers', async () => {}],
        ['R22 a server that stops inside the head', (wire, {key}) => wire.write(response(key).slice(0, 60))],
        [
            'R22 an answer one byte a second',
            async (wire, {key}) => {
                for (const byte of response(key)) {
                    if (wire.hasEnded) return;
                    await wire.write(byte);
                    await Promise.race([pause(1000), wire.until(() => wire.hasEnded, 'the end', 1).catch(() => {})]);
                }
            },
        ],
    ];
    for (const [name, serve] of cases) {
        const started = performance.now();
        const played = withClient(t, async (wire, request) => {
            await serve(wire, request);
            await wire.until(() => wire.hasEnded, 'the end of the client', 15);
            assert.equal(wire.size, 0, 'nothing may follow the request before it is answered (4.1)');
        }).then((result) => ({result, seconds: (performance.now() - started) / 1000}));
        played.catch(() => {});
        t.test(name, async () => {
            const {result, seconds} = await played;
            assert.match(
                result.lines.join(),
                /^failed WSP_ERR_TIMEOUT connect_timeout passed while waiting for the HTTP response$/,
            );
            assert.ok(seconds > 9.5 && seconds < 14, `it took ${seconds} s`);
        });
    }
}

export default async function (t) {
    const keys = [];
    silenceCases(t);
    const cases = [...startCases(), ...upgradeCases(), ...choiceCases(), ...lineCases(), ...streamCases()];
    playAll(t, cases, 8, play(t, keys));
    t.test('4.1 every connection has a key of its own', () => {
        assert.ok(keys.length > 300);
        assert.equal(new Set(keys).size, keys.length);
    });
}
