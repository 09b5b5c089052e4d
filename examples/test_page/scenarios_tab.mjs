/* SPDX-License-Identifier: MIT */
// The second tab: runs the scenarios in a frame (runner.html) and judges what they print with the tests' own rules.

import {RunReader, findFault, parseTopic, selectFor} from '/harness/scenario_traces.mjs';

const byId = (id) => document.getElementById(id);
const {stage = null, ipv6 = false, topics = []} = await served; // Of page.js.

/** What the texts call this browser. One that they do not know is expected to do as Chromium does. */
const runtime = navigator.userAgent.includes('Firefox/') ? 'firefox' : 'chromium';

const readTopic = async (topic) => parseTopic(topic, await (await fetch(`/texts/${topic}.txt`)).text());

/** The scenarios that the program will run: those of a topic, or with a part of a name. */
async function choose(part) {
    const all = selectFor((await Promise.all(topics.map(readTopic))).flat(), runtime);
    return topics.includes(part) ? all.filter(({topic}) => topic === part) : all.filter(({name}) => name.includes(part));
}

/** Starts the program; the promise is kept when it is over, with {code} or {failure}. */
function runInFrame(part, onLine) {
    const args = ['--url', stage, '--ipv6', ipv6 ? '1' : '0', ...(part ? [part] : [])];
    const frame = document.createElement('iframe');
    frame.title = 'the program that runs the scenarios';
    frame.hidden = true;
    return new Promise((resolve) => {
        const errors = [];
        const onMessage = ({source, data}) => {
            if (source !== frame.contentWindow) return;
            if (data.line !== undefined) return onLine(data.line);
            if (data.errorLine !== undefined) return errors.push(data.errorLine);
            removeEventListener('message', onMessage);
            frame.remove();
            resolve({code: data.code ?? null, failure: data.failure ?? null, errors});
        };
        addEventListener('message', onMessage);
        frame.src = `runner.html?${new URLSearchParams(args.map((arg) => ['arg', arg]))}`;
        document.body.append(frame);
    });
}

function addResult(name, verdict, why) {
    const item = document.createElement('li');
    const [word, text, reason] = ['b', 'span', 'pre'].map((tag) => document.createElement(tag));
    item.className = verdict;
    word.textContent = verdict;
    text.textContent = name;
    item.append(word, text);
    if (why) {
        reason.textContent = why;
        item.append(reason);
    }
    byId('results').append(item);
}

/** One run: a line for each scenario as it ends, and the sum. */
async function runScenarios(part) {
    const expected = await choose(part);
    const counts = {passed: 0, failed: 0, skipped: 0};
    const reader = new RunReader();
    const summarize = (end) => {
        const done = counts.passed + counts.failed + counts.skipped;
        byId('progress').max = Math.max(1, expected.length);
        byId('progress').value = done;
        byId('summary').textContent = `${end}: ${counts.passed} passed, ${counts.failed} failed, ` +
            `${counts.skipped} skipped of ${expected.length}`;
    };
    const judge = (name, trace, why) => {
        const fault = why ?? findFault(trace, reader.seen.get(name));
        const skipped = !fault && reader.seen.get(name).verdict === 'skip';
        const verdict = fault ? 'failed' : skipped ? 'skipped' : 'passed';
        counts[verdict]++;
        addResult(name, verdict, fault ?? (skipped ? reader.seen.get(name).why : ''));
    };
    summarize('Running');
    const end = await runInFrame(part, (line) => {
        const name = reader.take(line);
        if (name === null) return;
        const wanted = expected.find((one) => one.name === name);
        judge(name, wanted?.trace, wanted ? null : 'the texts of the suite do not know it');
        summarize('Running');
    });
    const missing = expected.filter(({name}) => !reader.seen.has(name) || reader.seen.get(name).why === 'the program ended in it');
    const cause = [end.failure ?? `the program ended with ${end.code}`, ...end.errors].join('\n');
    missing.forEach(({name}) => judge(name, [], `it did not run to its end: ${cause}`));
    summarize(counts.failed > 0 ? 'Failed' : 'Done');
}

byId('scenarios-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    byId('run').disabled = true;
    byId('results').replaceChildren();
    byId('summary').textContent = 'Running';
    try {
        await runScenarios(byId('part').value.trim());
    } catch (error) {
        byId('summary').textContent = `Failed: ${error.message}`;
    } finally {
        byId('run').disabled = false;
    }
});

if (!stage) {
    byId('run').disabled = true;
    byId('summary').textContent = 'The server of the scenarios is not there; ./dev serve starts it.';
}
