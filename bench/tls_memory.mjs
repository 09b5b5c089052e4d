/* SPDX-License-Identifier: MIT */
// Memory per idle TLS peer: echo_server against a plain OpenSSL echo that releases its buffers.
//
//   node bench/tls_memory.mjs --tools DIR [--native build/release/examples] [--peers 2000] [--rounds 5]
//
// DIR holds wsload.c (the load generator) and rawtls.c (the plain echo). Both servers use one certificate and are fresh
// processes in every round, in turns. Printed: the bytes of resident memory per peer of each round, the medians and their
// ratio. The exit status is 1 when the ratio is above 1.1, the limit the project has set itself.

import {once} from 'node:events';
import net from 'node:net';
import {makeLocalCertificates} from '../tests/harness/certificates.mjs';
import {closedPort} from '../tests/harness/examples.mjs';
import {runOk, start} from '../tests/harness/process.mjs';
import {buildLoad, buildTool, makeTarget, measureIdle, median, parseArguments, startEcho} from './programs.mjs';

const limit = 1.1;

/** Until somebody listens there; rawtls does not say when it does. */
async function untilListening(port, program) {
    for (const until = Date.now() + 10000; Date.now() < until && !program.result;) {
        const socket = net.connect({host: '127.0.0.1', port});
        const isOpen = await once(socket, 'connect').then(() => true, () => false);
        socket.destroy();
        if (isOpen) return;
    }
    throw new Error(`${program.name} does not listen`);
}

async function startRaw(target, own) {
    const port = await closedPort();
    const program = start(`${target}/rawtls`, [port, own.certificate, own.key]);
    await untilListening(port, program);
    return {program, port, mode: ['-R']};
}

async function startOurs(native, own) {
    const {program, port} = await startEcho(native, ['--engine', 'peers', '--tls-key', own.key, '--tls-cert', own.certificate]);
    return {program, port, mode: []};
}

async function main() {
    const options = parseArguments(process.argv.slice(2), {native: 'build/release/examples', peers: 2000, rounds: 5});
    const target = makeTarget();
    const wsload = await buildLoad(options.tools, target);
    await buildTool(options.tools, target, 'rawtls', ['-lssl', '-lcrypto']);
    const {server: own} = makeLocalCertificates(target);
    const measureTls = (server) => measureIdle(wsload, server, options.peers, ['-k', ...server.mode]);
    const seen = {raw: [], ours: []};
    for (let round = 1; round <= options.rounds; round++) {
        seen.raw.push(await measureTls(await startRaw(target, own)));
        seen.ours.push(await measureTls(await startOurs(options.native, own)));
        console.log(`round ${round}: plain OpenSSL ${seen.raw.at(-1)}, wspeer ${seen.ours.at(-1)} bytes per idle peer`);
    }
    const ratio = median(seen.ours) / median(seen.raw);
    console.log(`median: plain OpenSSL ${median(seen.raw)}, wspeer ${median(seen.ours)}, ratio ${ratio.toFixed(3)}`);
    process.exitCode = ratio > limit ? 1 : 0;
}

main().catch((error) => {
    console.error(`tls_memory: ${error.message}`);
    process.exitCode = 2;
});
