/* SPDX-License-Identifier: MIT */
// The page's side of demo_client.c: what the person does becomes a command in `demo.commands`, what the client says is
// shown. Text from the other side only ever becomes text content, never markup.
'use strict';

const byId = (id) => document.getElementById(id);
const stateNames = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
const meterFull = 4 * 1024 * 1024;
const longestLog = 500;
let shownState = null;
let peak = 0;
let focusIsLost = false;

function command(name, text) {
    demo.commands.push({name, text});
}

function show(id, value) {
    const text = typeof value === 'number' ? value.toLocaleString('en') : value;
    if (byId(id).textContent !== text) byId(id).textContent = text;
}

function showState(state) {
    if (state === shownState) return;
    shownState = state;
    show('state', stateNames[state]);
    document.body.dataset.state = stateNames[state];
    [...byId('states').children].forEach((item, index) => item.classList.toggle('now', index === state));
    const focused = document.activeElement;
    byId('connect').disabled = state === 0 || state === 1;
    byId('close').disabled = state > 1;
    byId('send').disabled = byId('burst').disabled = state !== 1;
    // A button that is disabled under the keyboard loses the focus; it goes on where the next step is.
    focusIsLost = focusIsLost || focused.disabled === true;
    const next = {OPEN: 'text', CLOSED: 'connect'}[stateNames[state]];
    if (focusIsLost && next) {
        byId(next).focus();
        focusIsLost = false;
    }
}

var demo = {
    commands: [],

    onShow(state, buffered, sent, received, closeCode) {
        peak = Math.max(peak, buffered);
        showState(state);
        show('buffered', buffered);
        show('peak', peak);
        show('sent', sent);
        show('received', received);
        show('code', closeCode === -1 ? 'none' : String(closeCode));
        byId('bar').style.width = `${Math.min(100, 100 * buffered / meterFull)}%`;
    },

    onLog(kind, text) {
        const log = byId('log');
        const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
        const line = document.createElement('li');
        const time = document.createElement('time');
        const words = document.createElement('span');
        time.textContent = new Date().toTimeString().slice(0, 8);
        words.textContent = {in: '< ', out: '> ', note: ''}[kind] + text;
        line.className = kind;
        line.append(time, words);
        log.append(line);
        while (log.children.length > longestLog) log.firstChild.remove();
        if (isAtEnd) log.scrollTop = log.scrollHeight;
    },
};

byId('url').value = new URLSearchParams(location.search).get('url') || 'ws://127.0.0.1:9080';
byId('connection').addEventListener('submit', (event) => {
    event.preventDefault();
    peak = 0;
    command('connect', byId('url').value.trim());
});
byId('message').addEventListener('submit', (event) => {
    event.preventDefault();
    command('sendText', byId('text').value);
    byId('text').select();
});
byId('close').addEventListener('click', () => command('close'));
byId('burst').addEventListener('click', () => command('sendBurst'));
byId('clear').addEventListener('click', () => byId('log').replaceChildren());
['connect', 'close', 'send', 'burst'].forEach((id) => { byId(id).disabled = true; });

// The page's own query is not the program's command line.
var Module = {
    arguments: [],
    printErr: (line) => demo.onLog('note', line),
    onAbort: () => demo.onLog('note', 'the program stopped; please reload the page'),
};
