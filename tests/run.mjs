/* SPDX-License-Identifier: MIT */
// Runs every test of the repository: the C test programs of one native build and the JavaScript suites.
//
//   node tests/run.mjs [--preset asan] [--jobs N] [--list] [PART...]
//
// PART keeps the tasks whose path contains it. A task is a C test program or a suite (harness/suite.mjs); each is a
// process group of its own with a time limit, and as many run at once as there are cores. All of them print a line per
// case: `ok NAME`, `not ok NAME: why`, `skip NAME: why`. Printed here: a line per failed and per skipped case, what else
// belongs to a failure indented below it, lines that start with `note: `, and last `N passed, N failed, N skipped`. The exit status is 1 when a case
// failed, or a program crashed, was too slow, or had no case at all. Each task's whole output is in build/test-logs.

import {spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {buildDir, root} from './harness/suite.mjs';

const programSeconds = 180;
const suiteSeconds = 900;
const shownLines = 30;

/** The slow ones first: the end of the run then is not one long task on one core. */
const folders = ['packaging', 'headers', 'web', 'conformance', 'tls', 'fuzz', 'rules', 'native', 'scenarios', 'simulation', 'unit'];

function parseArguments(args) {
    const options = {preset: 'asan', jobs: Math.max(2, os.cpus().length), list: false, parts: []};
    for (let i = 0; i < args.length; i++) {
        if (args[i] === '--preset') options.preset = args[++i];
        else if (args[i] === '--jobs') options.jobs = Number(args[++i]);
        else if (args[i] === '--list') options.list = true;
        else if (args[i].startsWith('-')) throw new Error(`unknown option ${args[i]}`);
        else options.parts.push(args[i]);
    }
    if (!(options.jobs >= 1)) throw new Error('--jobs needs a number');
    return options;
}

function findTasks({preset, parts}) {
    const tasks = [];
    for (const folder of folders) {
        const directory = path.join(root, 'tests', folder);
        const names = fs.existsSync(directory) ? fs.readdirSync(directory).sort() : [];
        for (const name of names) {
            const file = path.join(directory, name);
            const title = `${folder}/${name}`;
            if (name.endsWith('.test.mjs')) {
                const suite = path.join(root, 'tests/harness/suite.mjs');
                tasks.push({title, command: process.execPath, args: [suite, file], seconds: suiteSeconds});
            } else if (/_(test|fuzz)\.c$/.test(name)) {
                const program = path.join(buildDir(preset), 'tests', folder, name.slice(0, -2));
                tasks.push({title, command: program, args: [], seconds: programSeconds});
            }
        }
    }
    return tasks.filter(({title}) => parts.length === 0 || parts.some((part) => `tests/${title}`.includes(part)));
}

const environment = {
    ...process.env,
    // For suites that call emcc: its optimizer wants acorn, which Debian keeps where only Debian's own Node looks.
    NODE_PATH: ['/usr/share/nodejs', process.env.NODE_PATH].filter(Boolean).join(path.delimiter),
    ASAN_OPTIONS: `detect_leaks=1:detect_stack_use_after_return=1:print_legend=0:${process.env.ASAN_OPTIONS ?? ''}`,
    UBSAN_OPTIONS: `print_stacktrace=1:${process.env.UBSAN_OPTIONS ?? ''}`,
    TSAN_OPTIONS: `halt_on_error=1:${process.env.TSAN_OPTIONS ?? ''}`,
};

const running = new Map();
let started = 0;

function kill(pid) {
    try {
        process.kill(pid, 'SIGKILL');
    } catch (error) {
        if (error.code !== 'ESRCH') throw error;
    }
}

/** Whose environment holds the line; nobody where the system has no /proc. */
function findMarked(line) {
    const numbers = fs.existsSync('/proc/self/environ') ? fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
    return numbers.map(Number).filter((pid) => {
        try {
            return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(line);
        } catch {
            return false; // It has ended meanwhile, or is somebody else's.
        }
    });
}

/** Ends a task and all it has started, also browsers: they have groups of their own and outlive a suite that is killed. */
function killTask(pid, mark) {
    kill(-pid);
    findMarked(`WSPEER_TASK=${mark}`).forEach(kill);
}

/** Runs one task: {output, code, signal, late, error}. Nothing that it started is left afterwards. */
function execute(task) {
    return new Promise((resolve) => {
        const mark = `${process.pid}.${++started}`;
        const child = spawn(task.command, task.args, {
            cwd: root, env: {...environment, WSPEER_TASK: mark}, detached: true, stdio: ['ignore', 'pipe', 'pipe'],
        });
        const chunks = [];
        let late = false;
        const timer = setTimeout(() => {
            late = true;
            killTask(child.pid, mark);
        }, task.seconds * 1000);
        child.stdout.on('data', (chunk) => chunks.push(chunk));
        child.stderr.on('data', (chunk) => chunks.push(chunk));
        child.on('error', (error) => {
            clearTimeout(timer);
            resolve({output: '', error});
        });
        if (child.pid === undefined) return;
        running.set(child.pid, mark);
        // Helpers that outlive their suite would keep the pipes, and so 'close', waiting.
        child.on('exit', () => killTask(child.pid, mark));
        child.on('close', (code, signal) => {
            clearTimeout(timer);
            running.delete(child.pid);
            resolve({output: Buffer.concat(chunks).toString('utf8'), code, signal, late});
        });
    });
}

/** Reads a task's output into {passed, failures: [{name, why, more}], skips: [{name, why}]}. */
function readCases(output) {
    const cases = {passed: 0, failures: [], skips: []};
    let failure = null;
    for (const line of output.split('\n')) {
        const match = line.match(/^(ok|not ok|skip) ([^:]+)(?:: (.*))?$/);
        if (match) {
            const [, kind, name, why = 'no reason given'] = match;
            failure = kind === 'not ok' ? {name, why, more: []} : null;
            if (kind === 'ok') cases.passed++;
            else if (kind === 'skip') cases.skips.push({name, why});
            else cases.failures.push(failure);
        } else if (failure && line.startsWith('# ')) {
            failure.more.push(line.slice(2));
        }
    }
    return cases;
}

/** Why the task as a whole is a failure, beside the cases it reported; '' when it is none. */
function wholeFailure(task, result, cases) {
    if (result.error?.code === 'ENOENT') return `${path.relative(root, task.command)} was not built`;
    if (result.error) return result.error.message;
    if (result.late) return `not done after ${task.seconds} s`;
    if (result.signal) return `ended by ${result.signal}`;
    if (result.code !== 0 && cases.failures.length === 0) return `exit status ${result.code}`;
    if (cases.passed + cases.failures.length + cases.skips.length === 0) return 'it printed no case';
    if (result.code === 0 && cases.failures.length > 0) return 'exit status 0 in spite of failed cases';
    return '';
}

/** The part of an output that tells most: a sanitizer's report from its start, else the end. */
function tellingLines(output) {
    const lines = output.trimEnd().split('\n').filter((line) => line !== '');
    const report = lines.findIndex((line) => /ERROR: \w+Sanitizer|: runtime error: |WARNING: ThreadSanitizer/.test(line));
    return report >= 0 ? lines.slice(report, report + shownLines) : lines.slice(-shownLines);
}

async function runTask(task, logs) {
    const started = Date.now();
    const result = await execute(task);
    const cases = readCases(result.output);
    const whole = wholeFailure(task, result, cases);
    if (whole) cases.failures.push({name: 'the program', why: whole, more: tellingLines(result.output)});
    fs.writeFileSync(path.join(logs, `${task.title.replaceAll('/', '-')}.log`), result.output);
    for (const note of result.output.match(/^note: .*$/gm) ?? []) console.log(`NOTE ${task.title}: ${note.slice(6)}`);
    for (const {name, why, more} of cases.failures) {
        console.log([`FAIL ${task.title}: ${name}: ${why}`, ...more.map((line) => `    ${line}`)].join('\n'));
    }
    for (const {name, why} of cases.skips) console.log(`SKIP ${task.title}: ${name}: ${why}`);
    return {...cases, task, seconds: (Date.now() - started) / 1000};
}

async function runAll(tasks, jobs, logs) {
    const waiting = [...tasks];
    const results = [];
    const worker = async () => {
        for (let task = waiting.shift(); task; task = waiting.shift()) results.push(await runTask(task, logs));
    };
    await Promise.all(Array.from({length: Math.min(jobs, tasks.length)}, worker));
    return results;
}

function summarize(results) {
    const slow = [...results].sort((a, b) => b.seconds - a.seconds).slice(0, 5);
    console.log(`slowest: ${slow.map(({task, seconds}) => `${task.title} ${seconds.toFixed(1)} s`).join(', ')}`);
    const sum = (count) => results.reduce((total, result) => total + count(result), 0);
    const failed = sum((result) => result.failures.length);
    console.log(`${sum((result) => result.passed)} passed, ${failed} failed, ` +
        `${sum((result) => result.skips.length)} skipped`);
    return failed;
}

async function main() {
    const options = parseArguments(process.argv.slice(2));
    const tasks = findTasks(options);
    if (options.list) return tasks.forEach(({title}) => console.log(title));
    if (tasks.length === 0) throw new Error('no test matches');
    const logs = path.join(buildDir('.'), 'test-logs');
    fs.mkdirSync(logs, {recursive: true});
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.on(signal, () => {
            running.forEach((mark, pid) => killTask(pid, mark));
            process.exit(130);
        });
    }
    const failed = summarize(await runAll(tasks, options.jobs, logs));
    process.exitCode = failed > 0 ? 1 : 0;
}

main().catch((error) => {
    console.error(`run.mjs: ${error.message}`);
    process.exitCode = 2;
});
