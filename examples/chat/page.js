/* SPDX-License-Identifier: MIT */
// The page's side of chat_page.c: lines that the person types go in, lines of the chat come out as text content.
'use strict';

const byId = (id) => document.getElementById(id);
const stateNames = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
const longestLog = 500;
const decoder = new TextDecoder('utf-8', {ignoreBOM: true});
const encoder = new TextEncoder();
const typed = [];
let shownState = null;

function addLine(text, kind) {
    const log = byId('log');
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const line = document.createElement('li');
    line.className = kind;
    line.textContent = text;
    log.append(line);
    while (log.children.length > longestLog) log.firstChild.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
}

/** What chat_calls.js calls. */
var chatPage = {
    /** A line that C has no room for is told, and not sent in part. */
    takeLine(room) {
        const line = typed.shift();
        if (line === undefined) return null;
        const bytes = encoder.encode(line);
        if (bytes.length <= room) return bytes;
        addLine('* that is too long', 'note');
        return new Uint8Array();
    },

    show: (bytes) => addLine(decoder.decode(bytes), 'line'),

    showState(state) {
        if (state === shownState) return;
        shownState = state;
        byId('state').textContent = stateNames[state];
        document.body.dataset.state = stateNames[state];
        byId('connect').disabled = state < 2;
        byId('leave').disabled = state > 1;
        byId('send').disabled = state !== 1;
        if (state === 1) byId('text').focus();
    },
};

function onSubmit(id, act) {
    byId(id).addEventListener('submit', (event) => {
        event.preventDefault();
        act();
    });
}

onSubmit('connection', () => typed.push(`/connect ${byId('url').value.trim()} ${byId('nick').value.trim()}`.trim()));
onSubmit('message', () => {
    const line = byId('text').value;
    if (line && shownState === 1) {
        typed.push(line);
        addLine(line, 'own');
    }
    byId('text').value = '';
});
byId('leave').addEventListener('click', () => typed.push('/quit bye'));

byId('url').value = new URLSearchParams(location.search).get('url') ?? 'ws://127.0.0.1:9080';
fetch('/servers.json').then((answer) => answer.json()).then(({chat}) => {
    if (chat && !location.search) byId('url').value = chat;
}).catch(() => {}); // A page served by others has no such list.
['connect', 'leave', 'send'].forEach((id) => { byId(id).disabled = true; });

var Module = {
    arguments: ['client'],
    printErr: (line) => addLine(line, 'note'),
    onAbort: () => addLine('the program stopped; please reload the page', 'note'),
};
