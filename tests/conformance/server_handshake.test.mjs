/* SPDX-License-Identifier: MIT */
// The opening handshake against both engines of echo_server: rows H of bad-inputs.md and RFC 6455 4.2. A connection of its own for each
// case; what is accepted has to echo, what is refused has to be answered in full HTTP and closed.

import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {converse} from './conversation.mjs';
import {engines, forEngine, startEcho} from './engines.mjs';
import {assertAccepted, request, sampleKey} from './upgrade.mjs';
import {CLOSE, TEXT, Frames, connect, hex, parseHead, playAll} from './wire.mjs';

const f = new Frames(true);
const latin = (text) => Buffer.from(text, 'latin1');
const shown = (byte) => byte.toString(16).padStart(2, '0');

/** A case is {name, send: bytes or pieces, apart, want: 101, another status, or 0 for the end without an answer}. */
const accept = (name, send, more = {}) => ({name, send, want: 101, ...more});
const refuse = (name, want, send, more = {}) => ({name, send, want, ...more});
const withField = (line) => request().replace('Upgrade', `${line}\r\nUpgrade`);

function lineCases() {
    const good = request();
    const lineEnds = [...good.matchAll(/\r\n/g)].map(({index}) => index);
    const cases = [
        refuse('H1 every line ends with LF only', 400, good.replaceAll('\r\n', '\n')),
        refuse('H1 a request line that ends with LF, and silence', 400, 'GET / HTTP/1.1\n'),
        refuse('H1 a field that ends with LF, and silence', 400, 'GET / HTTP/1.1\r\nHost: h\n'),
        ...lineEnds.map((at, i) =>
            refuse(`H1 line end ${i} without CR`, 400, `${good.slice(0, at)}${good.slice(at + 1)}`),
        ),
        ...lineEnds.map((at, i) =>
            refuse(`H2 line end ${i} without LF`, 400, `${good.slice(0, at + 1)}${good.slice(at + 2)}x`),
        ),
        refuse('H2 CR CR LF', 400, withField('X-A: b\r')),
        refuse('H2 CR in a value', 400, withField('X-A: b\rc')),
        refuse('H3 a field folded with a space', 400, withField('X-A: b\r\n c')),
        refuse('H3 a field folded with a tab', 400, withField('X-A: b\r\n\tc')),
        refuse('H3 white space in front of the first field', 400, good.replace('\r\n', '\r\n ')),
        refuse('H3 a folded line of white space only', 400, withField('X-A: b\r\n  ')),
        refuse('H4 a space in front of the colon', 400, withField('X-A : b')),
        refuse('H4 a tab in front of the colon', 400, withField('X-A\t: b')),
        refuse('H4 a space in front of the colon of Host', 400, good.replace('Host:', 'Host :')),
        refuse('H5 a line without a colon', 400, withField('nonsense')),
        refuse('H5 an empty name', 400, withField(': b')),
        refuse('H5 a space inside a name', 400, withField('X A: b')),
        accept('H6 an empty value', withField('X-Empty:')),
        accept('H6 a value of white space', withField('X-Empty: \t ')),
        accept('H6 white space around a value', withField('X-A: \t b \t')),
        accept('H6 no white space in front of a value', good.replaceAll(': ', ':')),
    ];
    for (let byte = 0; byte < 0x20; byte++) {
        if (byte === 0x09 || byte === 0x0a || byte === 0x0d) continue;
        cases.push(refuse(`H2 byte ${shown(byte)} in a value`, 400, withField(`X-A: b${String.fromCharCode(byte)}c`)));
    }
    cases.push(
        refuse('H2 byte 7f in a value', 400, withField('X-A: b\x7fc')),
        accept('H2 a tab in a value', withField('X-A: b\tc')),
        accept('H2 bytes above 7f in a value', latin(withField('X-A: \x80\xe4\xff'))),
    );
    for (const character of '()<>@,;\\"/[]?={}\x00\x01\x1f\x7f\x80\xff') {
        cases.push(
            refuse(`H5 byte ${shown(character.charCodeAt(0))} in a name`, 400, latin(withField(`X${character}A: b`))),
        );
    }
    for (const character of "!#$%&'*+-.^_`|~09azAZ") {
        cases.push(
            accept(`H5 byte ${shown(character.charCodeAt(0))} in a name is legal`, withField(`${character}: b`)),
        );
    }
    return cases;
}

function limitCases() {
    const fields = (count) => Array.from({length: count}, (_, i) => [`X-${i}`, 'v']);
    const required = Object.fromEntries(fields(100 - 5));
    const padding = (size) => request({'X-Long': 'v'.repeat(size - request({'X-Long': ''}).length)});
    const lineOf = (size) => request({}, `GET /${'p'.repeat(size - 'GET / HTTP/1.1'.length)} HTTP/1.1`);
    return [
        ...[2000, 4000, 4096, 7000, 8192, 15000].map((size) =>
            accept(`H7 a field of ${size} bytes`, request({Cookie: 'c'.repeat(size)})),
        ),
        accept('H8 a head of 16384 bytes', padding(16384)),
        refuse('H8 a head of 16385 bytes', 431, padding(16385)),
        refuse('H8 a field of 64 KiB', 431, request({'X-Long': 'v'.repeat(65536)})),
        refuse('H8 16384 bytes of a head that goes on', 431, padding(20000).slice(0, 16384)),
        accept('H9 100 fields', request(required)),
        refuse('H9 101 fields', 431, request({...required, 'X-More': 'v'})),
        refuse('H9 150 fields', 431, request(Object.fromEntries(fields(150)))),
        refuse('H9 2000 fields', 431, request(Object.fromEntries(fields(2000)))),
        accept(
            'H9 the required fields behind 95 others',
            request().replace(
                '\r\n',
                `\r\n${fields(95)
                    .map(([name, value]) => `${name}: ${value}\r\n`)
                    .join('')}`,
            ),
        ),
        accept('H30 a request line of 8192 bytes', lineOf(8192)),
        refuse('H30 a request line of 8193 bytes', 414, lineOf(8193)),
        refuse('H30 a request line that never ends', 414, `GET /${'p'.repeat(9000)}`),
        refuse('H12 a method that never ends', 414, 'G'.repeat(9000)),
    ];
}

function startCases() {
    const start = (line) => request({}, line);
    const cases = ['POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'TRACE', 'get', 'Get', 'GETX'].map((method) =>
        refuse(`H12 the method ${method}`, 405, start(`${method} / HTTP/1.1`), {fields: {Allow: 'GET'}}),
    );
    for (const [version, status] of [
        ['HTTP/1.0', 400],
        ['HTTP/0.9', 400],
        ['http/1.1', 400],
        ['Http/1.1', 400],
        ['HTTP/2.0', 505],
        ['HTTP/3.0', 505],
        ['HTTP/9.9', 505],
        ['HTTP/1', 400],
        ['HTTP/1.', 400],
        ['HTTP/01.1', 400],
        ['HTTP/1.11', 400],
        ['HTTP/1.1.1', 400],
        ['HTTP1.1', 400],
        ['HTTPS/1.1', 400],
        ['HTTP/1.x', 400],
        ['HTTP/-1.1', 400],
        ['HTTP/1.1 ', 400],
        [' HTTP/1.1', 400],
        ['', 400],
    ]) {
        cases.push(refuse(`H13 the version "${version}"`, status, start(`GET / ${version}`)));
    }
    cases.push(
        refuse('H13 no version', 400, start('GET /')),
        refuse('H13 no target', 400, start('GET HTTP/1.1')),
        refuse('H13 an empty request line', 400, start('')),
        refuse('H13 a space in front of the method', 400, start(' GET / HTTP/1.1')),
        refuse('H14 a TLS ClientHello', 0, hex('16 03 01 02 00 01 00 01 fc 03 03')),
        refuse('H14 a TLS alert', 0, hex('15 03 03 00 02 02 28')),
        refuse('H14 the HTTP/2 preface', 0, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        refuse('H14 an SSH banner', 0, 'SSH-2.0-OpenSSH_9.2\r\n'),
        refuse('H14 a zero byte', 0, hex('00')),
        refuse('H14 noise', 0, hex('ff fe 80 81')),
        refuse('H14 a masked frame', 0, f.text('hello')),
    );
    for (const [target, status] of [
        ['/', 101],
        ['/a/b/c', 101],
        ['/?q', 101],
        ['/p?q=1&r=2', 101],
        ['/..', 101],
        ['/../../etc', 101],
        ['/%00', 101],
        ['/%0d%0a', 101],
        ['//x', 101],
        ['/a b', 400],
        ['/a#b', 400],
        ['#', 400],
        ['/\x01', 400],
        ['/\x7f', 400],
        ['/\x1f', 400],
        ['/\0', 400],
        ['/a\tb', 400],
        ['/\xe4', 101],
        ['http://h/p', 101],
        ['http://h', 101],
        ['http://h?q', 101],
        ['HTTP://H:80/p?q', 101],
        ['https://h/p', 101],
        ['ws://h/p', 101],
        ['wss://[::1]:9/p', 101],
        ['ftp://h/p', 400],
        ['http:///p', 400],
        ['http://', 400],
        ['http:/h/p', 400],
        ['http://u@h/p', 400],
        ['http://h:x/p', 400],
        ['http://[::1/p', 400],
        ['http://h\\p', 400],
        ['*', 400],
        ['h:80', 400],
        ['p', 400],
        ['?q', 400],
    ]) {
        const name = `${/:\/\//.test(target) ? 'H29' : 'H30'} the target ${JSON.stringify(target).replaceAll(':', ' ')}`;
        cases.push({name, send: latin(start(`GET ${target} HTTP/1.1`)), want: status});
    }
    return cases;
}

function fieldCases() {
    const cases = [
        refuse('H15 no Host', 400, request({Host: null})),
        refuse('H15 two Hosts', 400, request({Host: ['a', 'b']})),
        refuse('H15 two equal Hosts', 400, request({Host: ['a', 'a']})),
        ...[
            'a b',
            'a,b',
            'u@h',
            'h:1:2',
            'h:x',
            '[::1',
            '::1',
            '[]',
            '[::1]x',
            '/',
            'h/',
            'http://h',
            'h#',
            'h\\',
        ].flatMap((host) =>
            host === 'a,b' ? [] : [refuse(`H15 the Host "${host.replaceAll(':', ' ')}"`, 400, request({Host: host}))],
        ),
        ...['', 'h', 'H.example', 'h:9080', 'h:', '[::1]', '[::1]:80', '127.0.0.1:1'].map((host) =>
            accept(`H15 the Host "${host.replaceAll(':', ' ')}" is legal`, request({Host: host})),
        ),
    ];
    const upgradeWanted = {fields: {Upgrade: 'websocket'}};
    for (const value of [null, 'h2c', 'websockets', 'web socket', 'websocket/13', '', 'foo, bar', '"websocket"']) {
        cases.push(refuse(`H16 Upgrade ${value ?? 'missing'}`, 426, request({Upgrade: value}), upgradeWanted));
    }
    for (const value of [
        'foo, WebSocket',
        'websocket, foo',
        'WEBSOCKET',
        'WebSocket',
        ', websocket',
        ['foo', 'websocket'],
    ]) {
        cases.push(accept(`H17 Upgrade ${value}`, request({Upgrade: value})));
    }
    for (const value of [null, 'close', 'keep-alive', 'upgraded', '', 'up grade']) {
        cases.push(refuse(`H18 Connection ${value ?? 'missing'}`, 426, request({Connection: value}), upgradeWanted));
    }
    for (const value of [
        'keep-alive, Upgrade',
        'upgrade',
        'UPGRADE',
        'Upgrade, HTTP2-Settings',
        'keep-alive,Upgrade',
        ' Upgrade ',
        'a,,upgrade,',
        ['keep-alive', 'Upgrade'],
    ]) {
        cases.push(
            accept(
                `H19 Connection ${value}${Array.isArray(value) ? ' in two fields' : ''}`,
                request({Connection: value}),
            ),
        );
    }
    const names = (change) => request().replace(/^[\w-]+(?=:)/gm, change);
    cases.push(
        accept(
            'H20 names in lower case',
            names((name) => name.toLowerCase()),
        ),
        accept(
            'H20 names in upper case',
            names((name) => name.toUpperCase()),
        ),
        accept(
            'H20 names in odd case',
            names((name) => name.replace(/./g, (c, i) => (i % 2 ? c.toUpperCase() : c.toLowerCase()))),
        ),
    );
    const sixteen = (count) => randomBytes(count).toString('base64');
    for (const [what, key] of [
        ['missing', null],
        ['empty', ''],
        ['abc', 'abc'],
        ['15 bytes', sixteen(15)],
        ['17 bytes', sixteen(17)],
        ['32 bytes', sixteen(32)],
        ['24 letters without padding', 'A'.repeat(24)],
        ['one padding character', `${'A'.repeat(23)}=`],
        ['three padding characters', `${'A'.repeat(21)}===`],
        ['a space inside', 'dGhlIHNhbXBsZSBub25j Q=='],
        ['base64url', 'dGhl-HNhbXBs_SBub25jZQ=='],
        ['not base64', '!'.repeat(22) + '=='],
        ['something behind it', `${sampleKey}x`],
        ['a list', `${sampleKey}, ${sampleKey}`],
    ]) {
        cases.push(refuse(`H21 a key that is ${what}`, 400, request({'Sec-WebSocket-Key': key})));
    }
    cases.push(
        accept('H21 a key of zeros', request({'Sec-WebSocket-Key': `${'A'.repeat(22)}==`}), {
            key: `${'A'.repeat(22)}==`,
        }),
        accept('H21 a key with plus and slash', request({'Sec-WebSocket-Key': '+/+/+/+/+/+/+/+/+/+/+w=='}), {
            key: '+/+/+/+/+/+/+/+/+/+/+w==',
        }),
        accept(
            'H21 the key of the example in RFC 6455 4.1',
            request({'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEC=='}),
            {key: 'AQIDBAUGBwgJCgsMDQ4PEC=='},
        ),
        refuse('H22 two keys', 400, request({'Sec-WebSocket-Key': [sampleKey, sixteen(16)]})),
        refuse('H22 the same key twice', 400, request({'Sec-WebSocket-Key': [sampleKey, sampleKey]})),
    );
    for (const version of [
        null,
        '',
        '0',
        '4',
        '7',
        '8',
        '12',
        '14',
        '25',
        '130',
        '1',
        '013',
        '+13',
        '13abc',
        '13 8',
        '13.0',
        '13, 8',
        '8, 13',
        ['13', '8'],
        ['13', '13'],
        '255',
        '256',
        'x',
    ]) {
        cases.push(
            refuse(
                `H23 version ${version === null ? 'missing' : `"${version}"`}${Array.isArray(version) ? ' in two fields' : ''}`,
                426,
                request({'Sec-WebSocket-Version': version}),
                {fields: {'Sec-WebSocket-Version': '13', 'Upgrade': 'websocket'}},
            ),
        );
    }
    for (const fields of [
        {'Content-Length': '5'},
        {'Content-Length': '1'},
        {'Content-Length': 'x'},
        {'Content-Length': '-1'},
        {'Content-Length': ''},
        {'Content-Length': ['0', '5']},
        {'Transfer-Encoding': 'chunked'},
        {'Transfer-Encoding': 'identity'},
        {'Transfer-Encoding': 'gzip, chunked'},
        {'Transfer-Encoding': ''},
    ]) {
        cases.push(
            refuse(`H28 ${Object.keys(fields)[0]} "${Object.values(fields)[0]}"`, 400, `${request(fields)}hello`),
        );
    }
    cases.push(
        accept('H28 Content-Length 0', request({'Content-Length': '0'})),
        accept('H28 Content-Length 00', request({'Content-Length': '00'})),
    );
    return cases;
}

function protocolCases() {
    const offer = (value) => request({'Sec-WebSocket-Protocol': value});
    const one = (name, value, protocol) => accept(name, offer(value), {protocol, strict: true});
    const wide = `b${' '.repeat(7000)}x`;
    return [
        one('H24 the offer a, chat', 'a, chat', 'chat'),
        one('H24 the offer chat', 'chat', 'chat'),
        one('H24 the client decides the order', 'superchat, chat', 'superchat'),
        one('H24 two fields are one list', ['a', 'superchat'], 'superchat'),
        one('H24 no white space', 'a,b,chat', 'chat'),
        one('H25 empty elements are ignored', ', ,chat,', 'chat'),
        one('H26 the same name twice', 'chat, chat', 'chat'),
        refuse('H25 spaces inside a name', 400, offer(wide)),
        refuse('H25 spaces inside a name, a server with protocols', 400, offer(wide), {strict: true}),
        ...['a b', 'a/b', 'a;b', 'a=b', '"chat"', 'ch\u00e4t', 'chat()', '@'].map((value) =>
            refuse(`H26 a name that is no token ${value.replaceAll(':', '')}`, 400, latin(offer(`chat, ${value}`)), {
                strict: true,
            }),
        ),
        refuse('H26 a name that is no token, a server without protocols', 400, offer('a b')),
        accept('H27 an offer to a server without protocols', offer('chat, a'), {protocol: undefined}),
        refuse('H27 no offer to a server with protocols', 400, request(), {strict: true}),
        refuse('H27 an offer without a match', 400, offer('a, b'), {strict: true}),
        refuse('H27 names are compared with their case', 400, offer('Chat, CHAT'), {strict: true}),
        refuse('H27 an empty offer to a server with protocols', 400, offer(''), {strict: true}),
    ];
}

function extensionCases() {
    const offer = (value) => request({'Sec-WebSocket-Extensions': value});
    const legal = [
        'permessage-deflate',
        'permessage-deflate; client_max_window_bits',
        'permessage-deflate; server_max_window_bits=10, permessage-deflate',
        'foo, bar; baz=2',
        'x-webkit-deflate-frame',
        'foo; a="b"',
        'foo;a=b ; c',
        ['foo', 'bar'],
        'a, , b',
        '',
    ];
    const broken = [
        'foo;',
        ';',
        'foo bar',
        'foo; =1',
        'foo; a=',
        'foo; a="',
        'foo; a="b',
        'foo; a=b c',
        '"foo"',
        'foo; a="b c"',
        'foo; a=""',
        'f\u00e4',
        'foo, bar;',
        '/',
    ];
    return [
        ...legal.map((value) =>
            accept(
                `9.1 the extension offer "${value}"${Array.isArray(value) ? ' in two fields' : ''} is declined`,
                offer(value),
            ),
        ),
        ...broken.map((value) => refuse(`9.1 the malformed extension offer "${value}"`, 400, latin(offer(value)))),
    ];
}

function behindCases() {
    const good = request();
    const close = Buffer.concat([f.text('hi'), f.close(1000, 'x')]);
    const cases = [
        {
            ...accept('H31 a text behind the head, same segment', Buffer.concat([latin(good), f.text('early')])),
            steps: [],
            frames: [[TEXT, 'early']],
        },
        {
            ...accept('H31 half a text behind the head', [
                Buffer.concat([latin(good), f.text('early', {key: hex('01020304')}).subarray(0, 3)]),
            ]),
            steps: [f.text('early', {key: hex('01020304')}).subarray(3)],
            frames: [[TEXT, 'early']],
        },
        {
            ...accept(
                'H31 100 texts behind the head',
                Buffer.concat([latin(good), ...Array.from({length: 100}, (_, i) => f.text(`${i}`))]),
            ),
            steps: [],
            frames: Array.from({length: 100}, (_, i) => [TEXT, `${i}`]),
        },
        {
            ...accept('H31 a text and a close behind the head', Buffer.concat([latin(good), close])),
            steps: [],
            frames: [[TEXT, 'hi']],
            end: {echo: [1000, 'x']},
        },
        {
            ...accept('H31 a bad frame behind the head', Buffer.concat([latin(good), f.frame(3, '')])),
            steps: [],
            end: {fail: 1002},
        },
        {...accept('H31 a second request behind the head', good + good), steps: [], end: {fail: 1002}},
        refuse('H32 a second request behind a refused one', 426, request({Upgrade: null}) + good),
        refuse('H32 a frame behind a refused request', 400, Buffer.concat([latin(request({Host: null})), f.text('x')])),
        refuse(
            'H32 a megabyte behind a refused request',
            400,
            Buffer.concat([latin(request({Host: null})), Buffer.alloc(1 << 20, 'x')]),
        ),
        refuse('H32 a second request behind a malformed one', 400, `${good.replace('Host:', 'Host :')}${good}`),
        refuse('H12 a POST with a body', 405, `${request({'Content-Length': '5'}, 'POST / HTTP/1.1')}hello`),
        {name: 'H35 a connection that ends at once', send: '', want: 0, ends: true},
        {name: 'H35 a connection that ends inside the head', send: good.slice(0, 40), want: 0, ends: true},
        {...accept('H35 a connection that ends behind the head', good), steps: ['end'], end: 'lost'},
    ];
    for (let at = 1; at < good.length; at++) {
        cases.push(
            accept(`H11 the head cut at byte ${at}`, [good.slice(0, at), good.slice(at)], {apart: at % 4 === 0}),
        );
    }
    cases.push(
        accept('H10 the head one byte at a time', Array.from(good), {apart: true}),
        refuse('H10 a refused head one byte at a time', 426, Array.from(request({'Sec-WebSocket-Version': '8'})), {
            apart: true,
        }),
    );
    return cases;
}

function assertRefused(answer, {want, fields = {}}, body, isHead) {
    assert.match(answer.start, new RegExp(`^HTTP/1\\.1 ${want} [A-Z][ -~]*$`));
    assert.ok(
        answer.all('Connection').join(',').toLowerCase().split(/, */).includes('close'),
        'Connection should close',
    );
    for (const [name, value] of Object.entries(fields)) assert.deepEqual(answer.all(name), [value]);
    for (const name of ['Sec-WebSocket-Accept', 'Transfer-Encoding']) assert.deepEqual(answer.all(name), []);
    assert.match(answer.get('Content-Type'), /^text\/plain/);
    assert.match(answer.get('Content-Length'), /^[1-9]\d*$/);
    assert.equal(body.length, isHead ? 0 : Number(answer.get('Content-Length')));
    if (want === 426)
        assert.ok(
            answer.all('Connection').join(',').toLowerCase().includes('upgrade'),
            'Upgrade is a hop-by-hop field',
        );
}

async function play(url, one) {
    const wire = await connect(url);
    try {
        const pieces = [one.send].flat().map((piece) => (Buffer.isBuffer(piece) ? piece : latin(piece)));
        await wire.writePieces(
            pieces.filter((piece) => piece.length > 0),
            {apart: one.apart},
        );
        if (one.ends) wire.end();
        if (one.want === 0) return assert.equal((await wire.rest()).length, 0);
        const answer = await wire.head('the answer');
        if (one.want === 101) {
            const head = assertAccepted(answer, one.key);
            assert.deepEqual(head.all('Sec-WebSocket-Protocol'), one.protocol ? [one.protocol] : []);
            const talk = one.steps ? one : {steps: [f.text('hello')], frames: [[TEXT, 'hello']]};
            return void (await converse(wire, 'server', talk));
        }
        assert.equal(answer.split(' ')[1], String(one.want));
        const isHead = pieces[0].subarray(0, 5).equals(latin('HEAD '));
        assertRefused(parseHead(answer), one, await wire.rest('the end behind a refusal', 4), isHead);
    } finally {
        wire.destroy();
    }
}

async function engineCases(t, engine) {
    const plain = await startEcho(t, engine);
    const strict = await startEcho(t, engine, ['--protocol', 'chat', '--protocol', 'superchat']);
    const cases = [
        ...lineCases(),
        ...limitCases(),
        ...startCases(),
        ...fieldCases(),
        ...protocolCases(),
        ...extensionCases(),
        ...behindCases(),
    ];
    playAll(t, cases, 16, (one) => play((one.strict ? strict : plain).url, one));

    t.test('two handshakes with one key get one accept value', async () => {
        const answers = [];
        for (let i = 0; i < 2; i++) {
            const wire = await connect(plain.url);
            await wire.write(request());
            answers.push(assertAccepted(await wire.head()).get('Sec-WebSocket-Accept'));
            await wire.write(f.frame(CLOSE, ''));
            await wire.rest();
            wire.destroy();
        }
        assert.deepEqual(answers, Array(2).fill('s3pPLMBiTxaQ9kYGzzhZRbK+xOo='));
    });
    // The next engine begins behind this one.
    await t.test('the servers end cleanly and no sanitizer has spoken', async () => {
        for (const {program} of [plain, strict]) {
            const end = await program.stop();
            assert.deepEqual({code: end.code, errorLines: end.errorLines}, {code: 0, errorLines: []});
        }
    });
}

export default async function (t) {
    for (const engine of engines) await engineCases(forEngine(t, engine), engine);
}
