/* SPDX-License-Identifier: MIT */
// echo_server with each of its two engines: a wsp_server, and peers of the program's own. What holds for one has to hold
// for the other.
//
//   for (const engine of engines) {
//       const of = forEngine(t, engine);                  // names its cases; otherwise as t
//       const {program, url} = await startEcho(of, engine, ['--max-message', '65536']);
//       playAll(of, cases, 16, (one) => play(url, one));
//   }

import {listeningLine} from '../harness/examples.mjs';

export const engines = ['server', 'peers'];

/** The context of a suite with the engine behind the name of each case. */
export function forEngine(t, engine) {
    return {
        root: t.root,
        test: (name, fn, options) => t.test(`${name} [${engine}]`, fn, options),
        skip: (name, reason) => t.skip(`${name} [${engine}]`, reason),
        startProgram: (...args) => t.startProgram(...args),
    };
}

/** A running echo_server on a free port of 127.0.0.1, and its URL. */
export async function startEcho(t, engine, args = [], runtime = 'native') {
    const program = t.startProgram(runtime, 'echo_server', [
        '--engine',
        engine,
        '--port',
        '0',
        '--bind',
        '127.0.0.1',
        ...args,
    ]);
    const [, url] = await program.line(listeningLine);
    return {program, url};
}
