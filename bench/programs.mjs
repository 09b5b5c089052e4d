/* SPDX-License-Identifier: MIT */
// What the measurements share: their command lines, the tools they build, and our echo_server.

import fs from 'node:fs';
import path from 'node:path';
import {listeningLine} from '../tests/harness/examples.mjs';
import {runOk, start} from '../tests/harness/process.mjs';

/** `--name value` pairs over defaults, which also tell what is a number. --tools is always needed. */
export function parseArguments(args, defaults) {
    const options = {tools: '', ...defaults};
    for (let i = 0; i < args.length; i += 2) {
        const name = args[i].replace(/^--/, '');
        if (!(name in options) || args[i + 1] === undefined) throw new Error(`unknown option ${args[i]}`);
        options[name] = typeof options[name] === 'number' ? Number(args[i + 1]) : args[i + 1];
    }
    if (!options.tools) throw new Error('--tools DIR is needed');
    return options;
}

/** Where the tools are built. */
export function makeTarget() {
    const target = path.resolve('build/bench');
    fs.mkdirSync(target, {recursive: true});
    return target;
}

export async function buildTool(source, target, name, flags) {
    await runOk('cc', ['-O3', '-o', `${target}/${name}`, `${source}/${name}.c`, ...flags]);
    return `${target}/${name}`;
}

export const buildLoad = (source, target) => buildTool(source, target, 'wsload', ['-ldl']);

/** Our server on a port of its own; `under` is a command that runs it. */
export async function startEcho(native, args, under = []) {
    const [command, ...rest] = [...under, path.join(native, 'echo_server'), '--bind', '127.0.0.1', '--port', '0', ...args];
    const program = start(command, rest);
    const [, url] = await program.line(listeningLine, {timeout: 60});
    return {program, port: Number(new URL(url).port)};
}

/** Bytes of resident memory per idle connection of the program, which ends with it; `mode`: more of wsload's options. */
export async function measureIdle(wsload, {program, port}, peers, mode = []) {
    const load = await runOk(wsload, [...mode, '-m', 'idle', '-n', peers, '-p', port, '-P', program.pid, '-t', 1, '-H'],
        {timeout: 300});
    await program.stop();
    const [, bytes] = load.lines.join('\n').match(/rss_bytes_per_conn=(\d+)/) ?? [];
    if (!bytes) throw new Error(`wsload said ${load.lines.join('\n')}`);
    return Number(bytes);
}

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
