/* SPDX-License-Identifier: MIT */
// The tests that use threads, built once more with ThreadSanitizer: two threads that touch the same memory without an
// order between them end the program there.

import path from 'node:path';
import {runOk} from '../harness/process.mjs';

const programs = ['native/threads_test', 'unit/os_posix_lookup_test', 'unit/os_posix_thread_test', 'unit/tls_trust_test'];

export default async function (t) {
    const build = t.buildDir('tsan');
    t.test('the ThreadSanitizer build succeeds', async () => {
        const targets = programs.flatMap((program) => ['--target', path.basename(program)]);
        await runOk('cmake', ['--preset', 'tsan', '-B', build]);
        await runOk('cmake', ['--build', build, ...targets], {timeout: 300});
    }, {timeout: 400});
    for (const program of programs) {
        t.test(`${program} has no data race`, () => runOk(path.join(build, 'tests', program), [], {timeout: 100}),
            {timeout: 120});
    }
}
