/* SPDX-License-Identifier: MIT */
// What echo_client asks of a server: the request of RFC 6455 4.1, and the URLs of section 3 that lead to one or to none.

import assert from 'node:assert/strict';
import os from 'node:os';
import {accept, readRequest, withClient} from './clients.mjs';
import {assertEnded, converse} from './conversation.mjs';
import {response} from './upgrade.mjs';
import {listen} from './wire.mjs';

function requestCases(t) {
    const requestOf = async (options) => {
        let seen;
        const result = await withClient(
            t,
            async (wire, request) => {
                seen = request;
                await accept(wire, request);
                await converse(wire, 'client', {steps: []});
            },
            options,
        );
        assertEnded(result, 'closed 1000  clean');
        return seen;
    };
    t.test('4.1 the request is what the RFC wants, no field more', async () => {
        const {head, text} = await requestOf();
        assert.equal(head.start, 'GET / HTTP/1.1');
        assert.deepEqual(
            head.fields.map(([name]) => name),
            ['Host', 'Upgrade', 'Connection', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version'],
        );
        assert.ok(text.endsWith('\r\n\r\n'));
    });
    for (const [target, sent] of [
        ['/a/b', '/a/b'],
        ['/a?b=c&d', '/a?b=c&d'],
        ['?q=1', '/?q=1'],
        ['/', '/'],
        ['/%00%0d', '/%00%0d'],
        ['/a b', '/a%20b'],
        ['/ä', '/%C3%A4'],
    ]) {
        t.test(`4.1 the resource name of "${target}"`, async () => {
            assert.equal((await requestOf({target})).head.start, `GET ${sent} HTTP/1.1`);
        });
    }
    t.test('4.1 subprotocols are sent as one list in the order of preference', async () => {
        const seen = await withClient(
            t,
            async (wire, request) => {
                assert.deepEqual(request.head.all('Sec-WebSocket-Protocol'), ['chat, superchat']);
                await accept(wire, request, {'Sec-WebSocket-Protocol': 'superchat'});
                await converse(wire, 'client', {steps: []});
            },
            {args: ['--protocol', 'chat', '--protocol', 'superchat']},
        );
        assertEnded(seen, 'closed 1000  clean');
    });
    t.test('4.1 headers of the program follow, and Host replaces ours', async () => {
        const {head} = await requestOf({
            args: [
                '--header',
                'Origin: https://game.example',
                '--header',
                'Host: proxy.example',
                '--header',
                'Cookie: a=b',
            ],
        });
        assert.equal(head.get('Origin'), 'https://game.example');
        assert.equal(head.get('Cookie'), 'a=b');
        assert.deepEqual(head.all('Host'), ['proxy.example']);
    });
}

/** Section 3: what is no WebSocket URI is refused before anything is sent. */
function urlCases(t) {
    const refused = [
        'ws://127.0.0.1:PORT/#frag',
        'ws://127.0.0.1:PORT/p#',
        'ws://127.0.0.1:PORT#x',
        'http://127.0.0.1:PORT/',
        'https://127.0.0.1:PORT/',
        '127.0.0.1:PORT',
        'ws:127.0.0.1:PORT',
        'ws:/127.0.0.1:PORT',
        'ws:///p',
        'ws://',
        'ws://u@127.0.0.1:PORT/',
        'ws://127.0.0.1:PORTx/',
        'ws://127.0.0.1:0/',
        'ws://127.0.0.1:65536/',
        'ws://127.0.0.1:-1/',
        'ws://[::1/',
        'ws://127.0.0.1:PORT\\p',
        'ws://127.0.0.1:PORT/a\nb',
        'ws://127.0.0.1:PORT/a\tb',
        'ws://h\u00e4:PORT/',
    ];
    for (const url of refused) {
        t.test(`3 the URL ${JSON.stringify(url).replaceAll(':', ' ')} is refused`, async () => {
            const server = await listen();
            const client = t.startProgram('native', 'echo_client', [url.replace('PORT', new URL(server.url).port)]);
            const {code, lines} = await client.wait();
            assert.equal(code, 1);
            assert.match(lines.join(), /^failed WSP_ERR_INVALID_PARAMETER \S/);
            assert.equal(server.wires.length, 0);
            server.close();
        });
    }
    const hosts = [
        ['127.0.0.1', '127.0.0.1'],
        ['localhost', '127.0.0.1'],
        ['LOCALHOST', '127.0.0.1'],
        ['[::1]', '::1'],
        ['[0:0:0:0:0:0:0:1]', '::1'],
    ];
    for (const [host, address] of hosts) {
        const name = `4.1 the Host field for ${host.replaceAll(':', ' ')}`;
        if (address === '::1' && !hasIPv6()) {
            t.skip(name, 'this machine has no IPv6');
            continue;
        }
        t.test(name, async () => {
            const server = await listen(address);
            const port = new URL(server.url).port;
            const client = t.startProgram('native', 'echo_client', [`ws://${host}:${port}/`]);
            const wire = await server.connected;
            const {head, key} = readRequest(await wire.head());
            assert.equal(head.get('Host'), `${address === '::1' ? '[::1]' : host.toLowerCase()}:${port}`);
            await wire.write(response(key));
            await converse(wire, 'client', {steps: []});
            assertEnded(await client.wait(), 'closed 1000  clean');
            server.close();
        });
    }
}

const hasIPv6 = () =>
    Object.values(os.networkInterfaces())
        .flat()
        .some(({address}) => address === '::1');

export default async function (t) {
    requestCases(t);
    urlCases(t);
}
