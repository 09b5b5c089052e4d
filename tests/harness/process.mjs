/* SPDX-License-Identifier: MIT */
// Starts programs for the tests, follows what they print, and ends them.
//
//   const server = start('build/asan/examples/minimal_server', ['--port', '0']);
//   const [, url] = await server.line(/^listening on (\S+)$/);      // waits, 10 s unless told otherwise
//   const client = start('build/asan/examples/minimal_client', [url]);
//   const end = await client.wait();            // {code, signal, lines, errorLines}
//   await server.stop();                        // SIGTERM, SIGKILL 5 s later; the same result as wait()
//
//   const built = await run('cmake', ['--build', dir], {timeout: 300});   // start + wait; never throws for an exit code
//   await runOk('cmake', ['--build', dir]);     // throws with the output's tail unless the exit code is 0
//
// A program that was started inside a test ends with that test, one started in the suite's body ends with the suite
// (suite.mjs sees to it); so a test needs stop() only where ending the program is part of what it checks.
// Programs carry the mark of their suite: the runner kills all of that mark when the suite is over or too slow.
// Times are in seconds.

import {spawn} from 'node:child_process';
import {AsyncLocalStorage} from 'node:async_hooks';
import fs from 'node:fs';
import {constants} from 'node:os';

/** The scope (a Set of Running) that start() adds to; suite.mjs enters one per test and one per suite. */
export const scopes = new AsyncLocalStorage();

/** Ends every program of a scope that still runs. */
export async function endScope(scope) {
    await Promise.all([...scope].map((program) => program.stop()));
    scope.clear();
}

/**
 * For programs that are no suite: what `main` starts and the `folder` it may make go with this program, however it ends.
 * SIGINT and SIGTERM end it at once, until `main` calls leaveSignals and listens to them itself.
 */
export function runTidily(main) {
    const scope = new Set();
    const tidy = {folder: null};
    const endAtOnce = (name) => process.exit(128 + constants.signals[name]);
    const signals = ['SIGINT', 'SIGTERM'];
    tidy.leaveSignals = () => signals.forEach((name) => process.off(name, endAtOnce));
    process.on('exit', () => {
        scope.forEach((program) => program.child.kill());
        if (tidy.folder) fs.rmSync(tidy.folder, {recursive: true, force: true});
    });
    signals.forEach((name) => process.on(name, endAtOnce));
    return scopes.run(scope, main, tidy).finally(tidy.leaveSignals);
}

/** Rejects with `message()` after `seconds` unless the promise settles first. */
export function withTimeout(promise, seconds, message) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(message())), seconds * 1000);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Splits a stream into lines without their line end; an unfinished last line counts when the stream ends. */
function followLines(stream, onLine) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop();
        parts.forEach((line) => onLine(line.replace(/\r$/, '')));
    });
    stream.on('end', () => rest !== '' && onLine(rest));
}

export class Running {
    constructor(command, args, {cwd, env, input, typing, merge, raw} = {}) {
        this.name = [command, ...args].join(' ');
        this.lines = [];
        this.errorLines = [];
        this.result = null;
        this.cursor = 0;
        this.waiters = new Set();
        this.child = spawn(command, args, {
            cwd, env: env ? {...process.env, ...env} : process.env,
            stdio: [input === undefined && !typing && !raw ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        });
        this.child.stdin?.on('error', () => {}); // The program may end without having read its input.
        if (input !== undefined) this.child.stdin.end(input);
        if (!raw) followLines(this.child.stdout, (line) => this.#add(this.lines, line));
        followLines(this.child.stderr, (line) => this.#add(merge ? this.lines : this.errorLines, line));
        this.exited = new Promise((resolve) => {
            const finish = (code, signal, error) => {
                this.result ??= {code, signal, error, lines: this.lines, errorLines: this.errorLines};
                resolve(this.result);
                this.#wake();
            };
            this.child.on('error', (error) => finish(null, null, error));
            this.child.on('close', (code, signal) => finish(code, signal, null));
            // 'close' waits for the last holder of the pipes, which may be a helper that outlives the program.
            this.child.on('exit', (code, signal) => setTimeout(finish, 1000, code, signal, null).unref());
        });
    }

    get pid() {
        return this.child.pid;
    }

    #add(list, line) {
        list.push(line);
        this.#wake();
    }

    #wake() {
        [...this.waiters].forEach((look) => look());
    }

    /**
     * Waits for the next line of standard output that matches, and returns the match. Lines up to and including it are
     * passed over: the next call looks behind it, so calls in a row follow a transcript in its order. A string matches
     * a whole line. Rejects when the program ends, or `timeout` passes, without such a line.
     */
    async line(pattern, {timeout = 10} = {}) {
        let look;
        const found = new Promise((resolve, reject) => {
            look = () => {
                for (let at = this.cursor; at < this.lines.length; at++) {
                    const text = this.lines[at];
                    const match = typeof pattern === 'string' ? (text === pattern ? [text] : null) : text.match(pattern);
                    if (match) {
                        this.cursor = at + 1;
                        this.waiters.delete(look); // Or a line that comes before the caller goes on would be passed over.
                        return resolve(match);
                    }
                }
                if (this.result) {
                    reject(new Error(`${this.name} ended (${describe(this.result)}) without the line ${pattern}` +
                        this.tail()));
                }
            };
            this.waiters.add(look);
            look();
        });
        try {
            return await withTimeout(found, timeout,
                () => `${this.name} printed no line ${pattern} within ${timeout} s` + this.tail());
        } finally {
            this.waiters.delete(look);
        }
    }

    /** Waits for the end; rejects when that takes longer than `timeout`. */
    wait({timeout = 10} = {}) {
        return withTimeout(this.exited, timeout, () => `${this.name} still ran after ${timeout} s` + this.tail());
    }

    /** Types a line into a program that was started with `typing`; null is the end of its input. */
    type(line) {
        if (line === null) this.child.stdin.end();
        else this.child.stdin.write(`${line}\n`);
    }

    signal(name) {
        if (!this.result) this.child.kill(name);
    }

    /** Asks the program to end, insists 5 s later, and returns its result. */
    async stop(signal = 'SIGTERM') {
        this.signal(signal);
        const insist = setTimeout(() => this.signal('SIGKILL'), 5000);
        const result = await this.exited;
        clearTimeout(insist);
        return result;
    }

    /** The last lines of both outputs, for messages. */
    tail(count = 12) {
        const last = [...this.lines.slice(-count), ...this.errorLines.slice(-count).map((line) => `stderr: ${line}`)];
        return last.length ? `\n${last.join('\n')}` : ' (it printed nothing)';
    }
}

/** "exit code 1", "signal SIGSEGV" or the reason why the program did not start. */
export function describe({code, signal, error}) {
    if (error) return `not started: ${error.message}`;
    return signal ? `signal ${signal}` : `exit code ${code}`;
}

/**
 * Starts a program. Options: cwd, env (added to ours), input (text for standard input; none otherwise), typing (standard
 * input stays open for type()), merge (standard error's lines go into `lines` too), raw (child.stdin and child.stdout are
 * the caller's, as bytes).
 */
export function start(command, args = [], options = {}) {
    const program = new Running(command, args.map(String), options);
    scopes.getStore()?.add(program);
    return program;
}

/** Runs a program to its end: {code, signal, lines, errorLines}. It is killed and the call rejects after `timeout`. */
export async function run(command, args = [], {timeout = 60, ...options} = {}) {
    const program = start(command, args, options);
    try {
        return await program.wait({timeout});
    } catch (late) {
        await program.stop('SIGKILL');
        throw late;
    } finally {
        scopes.getStore()?.delete(program);
    }
}

/** The last `count` lines, or from where a sanitizer says what is wrong: its stacks are long, and the end tells little. */
function whatMatters(lines, count) {
    const report = lines.findIndex((line) => /Sanitizer:|runtime error:/.test(line));
    return report < 0 ? lines.slice(-count) : lines.slice(report, report + 4 * count);
}

/** run(), but anything except exit code 0 throws with what matters of what was printed. */
export async function runOk(command, args = [], options = {}) {
    const result = await run(command, args, options);
    if (result.code !== 0) {
        const said = whatMatters([...result.lines, ...result.errorLines], 25).join('\n');
        throw new Error(`${[command, ...args].join(' ')}: ${describe(result)}\n${said}`);
    }
    return result;
}
