/* SPDX-License-Identifier: MIT */
// The documents besides the README keep their word: the code of docs/deploy.md compiles and does what it says, links lead
// somewhere, and what is called missing is missing. The proxies of docs/deploy.md have suites of their own.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {makeLocalCertificates} from '../harness/certificates.mjs';
import {blocksOf, readDocument} from '../harness/documents.mjs';
import {listeningLine, minimalTranscript} from '../harness/examples.mjs';
import {run, runOk, start} from '../harness/process.mjs';

/** A program around the two ways to TLS of docs/deploy.md; it serves one client, and compiles the other way only. */
const serverAround = ([withServer, withStream]) => `
#include <stdio.h>
#include <stdlib.h>
#include <wspeer.h>

void take(wsp_tcp_server *tcp_server, wsp_peer *peer, const wsp_tls_options *tls);
void take(wsp_tcp_server *tcp_server, wsp_peer *peer, const wsp_tls_options *tls)
{
${withStream}}

static bool is_over;

static void echo(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text, void *user)
{
    (void)user;
    (void)wsp_peer_send(wsp_server_get_peer(server, id), data, size, is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
}

static void gone(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    (void)server, (void)id, (void)was_clean, (void)user;
    is_over = true;
}

int main(void)
{
    const wsp_server_handlers handlers = {.data_received = echo, .client_disconnected = gone};
    wsp_server *server = wsp_server_create();
    wsp_server_set_handlers(server, &handlers, NULL);
${withServer}
    if (wsp_server_listen(server, 0, NULL, 0) != WSP_OK) return 2;
    printf("listening on wss://localhost:%u\\n", (unsigned)wsp_server_get_local_port(server));
    fflush(stdout);
    while (!is_over) wsp_server_poll_wait(server, -1);
    wsp_server_destroy(server);
}
`;

async function buildServer(t) {
    const folder = t.tempDir();
    const source = path.join(folder, 'server.c');
    fs.writeFileSync(source, serverAround(blocksOf(readDocument(t, 'docs/deploy.md'), 'c')));
    const library = path.join(t.buildDir('release'), 'libwspeer.a');
    await runOk('cc', ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', source, '-I', path.join(t.root, 'include'),
        library, '-lssl', '-lcrypto', '-pthread', '-o', path.join(folder, 'server')], {timeout: 60});
    return path.join(folder, 'server');
}

const markdown = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'docs/deploy.md', 'docs/rfc6455-map.md'];

export default async function (t) {
    const server = await buildServer(t);

    t.test('the server of docs/deploy.md speaks TLS', async () => {
        const folder = t.tempDir();
        const {authority} = makeLocalCertificates(folder);
        const program = start(server, [], {cwd: folder});
        const [, url] = await program.line(listeningLine);
        const client = t.startProgram('native', 'minimal_client', [url], {env: {SSL_CERT_FILE: authority.certificate}});
        const end = await client.wait({timeout: 30});
        assert.deepEqual([end.code, end.lines, end.errorLines], [0, minimalTranscript(url), []]);
        assert.equal((await program.wait()).code, 0);
    });
    t.test('the server of docs/deploy.md does not listen without its certificate', async () => {
        const end = await run(server, [], {cwd: t.tempDir()});
        assert.deepEqual([end.code, end.lines, end.errorLines.length], [1, [], 1]);
        assert.match(end.errorLines[0], /server\.(crt|key)/);
    });
    t.test('dev certs makes certificates in the folder named, seen from where one stands', async () => {
        const folder = t.tempDir();
        await runOk(path.join(t.root, 'dev'), ['certs', 'own'], {cwd: folder, timeout: 30});
        const names = fs.readdirSync(path.join(folder, 'own')).sort();
        assert.deepEqual(names, ['authority.crt', 'authority.key', 'server.crt', 'server.key']);
    });
    t.test('dev certs says in one line why a folder cannot be made', async () => {
        const folder = t.tempDir();
        fs.writeFileSync(path.join(folder, 'own'), '');
        const {code, errorLines} = await run(path.join(t.root, 'dev'), ['certs', 'own'], {cwd: folder, timeout: 30});
        assert.deepEqual([code, errorLines.length], [1, 1], errorLines.join('\n'));
        assert.match(errorLines[0], /^certs: .*own/);
    });
    t.test('every link of the documents leads somewhere', () => {
        for (const name of markdown) {
            for (const [, target] of readDocument(t, name).matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
                assert.ok(fs.existsSync(path.join(t.root, path.dirname(name), target)), `${name}: ${target}`);
            }
        }
    });
    t.test('what the documents call missing is compression, and nothing else', () => {
        const headers = fs.readdirSync(path.join(t.root, 'include/wspeer')).map((name) => `include/wspeer/${name}`);
        let count = 0;
        for (const name of [...markdown, 'include/wspeer.h', ...headers]) {
            // Capitalized it is a heading or the name of a line of docstrings; base.h explains it.
            const text = readDocument(t, name).replaceAll(/and Not yet: what this\s+\* version declares/g, '');
            for (const {index} of text.matchAll(/Not yet|not yet \(`WSP_FEATURE|\bnot yet {2}/g)) {
                const around = text.slice(Math.max(0, index - 700), index + 400);
                assert.match(around, /compression/i, `${name}: ${text.slice(index - 100, index + 80)}`);
                count++;
            }
        }
        assert.ok(count >= 6, `${count} passages`);
    });
    t.test('docstrings start their lines with their words', () => {
        const words = 'Returns|Errors|Lifetime|Ownership|Threads|Web|Godot|Not yet';
        for (const name of fs.readdirSync(path.join(t.root, 'include/wspeer'))) {
            const lines = readDocument(t, `include/wspeer/${name}`).split('\n');
            const broken = lines.filter((line) => new RegExp(`^ \\* .*\\S (?:${words}) {2,}\\S`).test(line)
                || /^ \* .*\. [a-z]\w*_or_null +[A-Z]/.test(line));
            assert.deepEqual(broken, [], name);
        }
    });
}
