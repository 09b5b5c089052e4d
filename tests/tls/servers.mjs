/* SPDX-License-Identifier: MIT */
// What the TLS suites start: servers of three makes with one kind of material, and the client and server of probe.c.
//
//   const port = await startOurs(t, {key, certificate});          // echo_server
//   const port = await startOpenssl(t, {key, certificate, chain});    // openssl s_server, which speaks WebSocket once
//   const port = await startNginx(t, {key, certificate}, upstream);   // in front of a plain server's port
//   const end = await probe(t, `wss://localhost:${port}/`, ['--ca', ca, '--send', 'x', '--close-after', '1']);
//   end.error, end.message, end.code ...                          // the JSON of probe.c, and end.errorLines
//   const server = await probeServer(t, {key, certificate});      // server.port, await server.next(): the JSON

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {Frames, parseHead, readFrame} from '../conformance/wire.mjs';
import {response} from '../conformance/upgrade.mjs';
import {closedPort, listeningLine} from '../harness/examples.mjs';
import {describe, start, withTimeout} from '../harness/process.mjs';

const badEnds = [];

/** Remembers a program of ours that does not end as it should, a leak or a sanitizer's report included. */
function watch(program) {
    program.exited.then((end) => {
        if (end.code !== 0 || end.errorLines.some((line) => /Sanitizer|runtime error/.test(line))) {
            badEnds.push(`${program.name}: ${describe(end)}${program.tail(40)}`);
        }
    });
    return program;
}

/** For the last case of a suite: all programs of ours that ended until now did so cleanly. */
export function assertCleanEnds() {
    assert.deepEqual(badEnds, []);
}

const portOf = (url) => Number(new URL(url).port);

/** Debian keeps it where only root's PATH leads. */
export const nginxPath = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find((file) => fs.existsSync(file));

export async function startEcho(t, args = [], engine = 'peers') {
    const server = watch(t.startProgram('native', 'echo_server',
        ['--engine', engine, '--bind', '127.0.0.1', '--port', '0', ...args]));
    const [, url] = await server.line(listeningLine);
    return {server, url, port: portOf(url)};
}

export async function startOurs(t, {key, certificate}, args = [], engine = 'server') {
    const started = await startEcho(t, ['--tls-key', key, '--tls-cert', certificate, ...args], engine);
    assert.match(started.url, /^wss:\/\/127\.0\.0\.1:\d+$/);
    return started.port;
}

// --- openssl s_server -------------------------------------------------------

/**
 * Starts s_server and plays a WebSocket server over its standard input and output, for one client: it echoes messages
 * and answers the close frame. Commands of s_server are single letters that no answer of ours begins with.
 */
export async function startOpenssl(t, {key, certificate}, args = []) {
    const {child} = start('openssl', ['s_server', '-accept', '127.0.0.1:0', '-key', key, '-cert', certificate,
        '-cert_chain', certificate, ...args], {raw: true});
    let bytes = Buffer.alloc(0);
    const ready = new Promise((resolve, reject) => {
        child.stdout.on('data', (chunk) => {
            bytes = Buffer.concat([bytes, chunk]);
            const listening = bytes.toString('latin1').match(/^ACCEPT \S+:(\d+)$/m);
            if (listening) resolve(Number(listening[1]));
        });
        child.once('exit', (code) => reject(new Error(`openssl s_server ended with ${code}`)));
    });
    ready.catch(() => {});
    const port = await withTimeout(ready, 10, () => `openssl s_server said only ${bytes}`);
    child.stdout.removeAllListeners('data');
    echoOver(child, bytes.subarray(bytes.length));
    return port;
}

function echoOver({stdin, stdout}, before) {
    const f = new Frames(false);
    let bytes = before;
    let isOpen = false;
    stdout.on('data', (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (!isOpen) {
            // s_server talks about the session before it shows what came.
            const from = bytes.indexOf('GET /');
            const to = bytes.indexOf('\r\n\r\n', Math.max(from, 0));
            if (from < 0 || to < 0) return;
            stdin.write(response(parseHead(bytes.subarray(from, to + 4).toString('latin1')).get('Sec-WebSocket-Key')));
            bytes = bytes.subarray(to + 4);
            isOpen = true;
        }
        for (let read = readFrame(bytes); read; read = readFrame(bytes)) {
            bytes = bytes.subarray(read.size);
            stdin.write(f.frame(read.frame.opcode, read.frame.payload));
        }
    });
}

/** Waits for what s_client says, on either output. */
export function following(program) {
    let said = '';
    let look = () => {};
    for (const stream of [program.child.stdout, program.child.stderr]) {
        stream.on('data', (chunk) => {
            said += chunk.toString('latin1');
            look();
        });
    }
    return (pattern) => withTimeout(new Promise((resolve) => {
        look = () => pattern.test(said) && resolve();
        look();
    }), 10, () => `no ${pattern} in ${said}`);
}

// --- nginx ------------------------------------------------------------------

/** A whole nginx.conf around one `server`: nothing of the system's configuration, nothing outside `folder`. */
const nginxConfiguration = (folder, http) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr notice;
events { worker_connections 64; }
http {
    access_log off;
    ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n    ')}
    ${http}
}
`;

const nginxServer = ({key, certificate}, upstream, more) => (port) => `
    server {
        listen 127.0.0.1:${port}${key ? ' ssl' : ''};
        ${key ? `ssl_certificate ${certificate}; ssl_certificate_key ${key};` : ''}
        ${more}
        location / {
            proxy_pass http://127.0.0.1:${upstream};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }
    }`;

/** Whether somebody listens there. */
function answers(port) {
    return new Promise((resolve) => {
        const socket = net.connect({host: '127.0.0.1', port}, () => resolve(true));
        socket.on('error', () => resolve(false)).on('close', () => resolve(false));
    }).finally(() => {});
}

/** Starts nginx with what `configure(port)` puts into `http {}`. nginx cannot choose a port by itself. */
export async function runNginx(t, configure) {
    for (let attempt = 1; ; attempt++) {
        const folder = t.tempDir();
        const port = await closedPort();
        const file = path.join(folder, 'nginx.conf');
        fs.writeFileSync(file, nginxConfiguration(folder, configure(port)));
        const server = start(nginxPath, ['-p', folder, '-c', file, '-e', 'stderr'], {merge: true});
        // nginx says when it has opened its sockets; who asks earlier is only told to wait.
        const started = await server.line(/start worker process|using the "\w+" event method/).catch((error) => error);
        if (started instanceof Error && attempt < 3 && /Address already in use/.test(started.message)) continue;
        if (started instanceof Error) throw started;
        assert.ok(await answers(port), 'nginx should listen');
        return {port, server};
    }
}

export async function startNginx(t, material, upstream, more = '') {
    return (await runNginx(t, nginxServer(material, upstream, more))).port;
}

// --- probe.c ----------------------------------------------------------------

const probeProgram = (t) => path.join(t.buildDir('asan'), 'tests/tls/probe');

/** Runs the client of probe.c until its connections, one for each URL, have ended; the reports of all of them. */
export async function probeAll(t, urls, args = [], {env, seconds = 30} = {}) {
    const program = start(probeProgram(t), [...urls.flatMap((url) => ['--url', url]), ...args], {env});
    const end = await program.wait({timeout: seconds});
    const said = [...end.lines, ...end.errorLines].join('\n');
    assert.equal(end.code, 0, said);
    assert.equal(end.lines.length, urls.length, said);
    return end.lines.map((line) => ({...JSON.parse(line), errorLines: end.errorLines}));
}

/** The same for one connection. */
export const probe = async (t, url, args, options) => (await probeAll(t, [url], args, options))[0];

/** The server of probe.c, plain without a key. */
export async function probeServer(t, {key, certificate}, args = []) {
    const program = watch(start(probeProgram(t), [...(key ? ['--key', key, '--cert', certificate] : []), ...args]));
    const [, url] = await program.line(listeningLine);
    return {
        program,
        url,
        port: portOf(url),
        next: async () => JSON.parse((await program.line(/^\{.*\}$/, {timeout: 30}))[0]),
    };
}

/** A connection that did what it was for: opened, closed with 1000. */
export function assertGood(end, messages) {
    assert.deepEqual([end.error, end.message, end.code, end.opened], ['WSP_OK', '', 1000, true]);
    if (messages !== undefined) assert.equal(end.messages, messages);
}

/** A connection that failed before it was open, with these parts in its message. */
export function assertRefused(end, error, ...parts) {
    if (error instanceof RegExp) assert.match(end.error, error, end.message);
    else assert.equal(end.error, error, end.message);
    assert.deepEqual([end.opened, end.code], [false, -1], end.message);
    for (const part of parts) assert.match(end.message, typeof part === 'string' ? new RegExp(escape(part)) : part);
}

const escape = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
