/* SPDX-License-Identifier: MIT */
// The page's side of test_page.c: what the person does becomes a command, what the client says is shown. Text from the
// other side only ever becomes text content, never markup.
'use strict';

const byId = (id) => document.getElementById(id);
const stateNames = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
/** The numbers that page_calls.h gives the commands. */
const commandNumbers = {connect: 1, send: 2, generate: 3, stream: 4, read: 5, close: 6};
const longestLog = 500;
const shownBytes = 16; // of a binary message
const decoder = new TextDecoder('utf-8', {ignoreBOM: true});
const encoder = new TextEncoder();

const commands = [];
const newLines = []; // of the log, until the next frame
let current = null;
let shownState = null;
let peak = 0;
let bytesSent = 0;
let buffered = 0;
let focusIsLost = false;
const plot = new Plot(byId('plot'));

function command(name, numbers = [], bytes = new Uint8Array()) {
    commands.push({name, numbers, bytes: typeof bytes === 'string' ? encoder.encode(bytes) : bytes});
}

function show(id, value) {
    const text = typeof value === 'number' ? value.toLocaleString('en') : value;
    if (byId(id).textContent !== text) byId(id).textContent = text;
}

function formatBytes(bytes) {
    const units = ['B', 'KiB', 'MiB', 'GiB'];
    const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
    return `${(bytes / 1024 ** power).toLocaleString('en', {maximumFractionDigits: power ? 1 : 0})} ${units[power]}`;
}

const formatRate = (rate) => `${formatBytes(rate)}/s`;

// --- the log ---------------------------------------------------------------------------------------------------------

function makeLine({kind, time, what, words}) {
    const line = document.createElement('li');
    line.className = kind;
    for (const [name, text] of [['time', time], ['b', what], ['span', words]]) {
        const part = document.createElement(name);
        part.textContent = text;
        line.append(part);
    }
    return line;
}

function log(kind, what, words) {
    newLines.push({kind, what, words, time: new Date().toTimeString().slice(0, 8)});
    if (newLines.length > longestLog) newLines.shift();
}

/** A stream may make thousands of lines between two frames; the page shows the latest. */
function flushLog() {
    const list = byId('log');
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(...newLines.splice(0).map(makeLine));
    while (list.children.length > longestLog) list.firstChild.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function describeBytes(bytes) {
    return [...bytes.subarray(0, shownBytes)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

// --- what the client says --------------------------------------------------------------------------------------------

function showState(state) {
    if (state === shownState) return;
    shownState = state;
    show('state', stateNames[state]);
    document.body.dataset.state = stateNames[state];
    [...byId('states').children].forEach((item, index) => item.classList.toggle('now', index === state));
    const focused = document.activeElement;
    byId('connect').disabled = state === 0 || state === 1;
    byId('close').disabled = state > 1;
    ['send', 'send-file', 'generate', 'stream'].forEach((id) => { byId(id).disabled = state !== 1; });
    if (state !== 1) byId('stream').ariaPressed = 'false';
    // A button that is disabled under the keyboard loses the focus; it goes on where the next step is.
    focusIsLost = focusIsLost || focused.disabled === true;
    const next = {OPEN: 'text', CLOSED: 'connect'}[stateNames[state]];
    if (focusIsLost && next) {
        byId(next).focus();
        focusIsLost = false;
    }
}

/** What page_calls.js calls. */
var testPage = {
    nextCommand() {
        current = commands.shift() ?? null;
        return current ? commandNumbers[current.name] : 0;
    },
    getNumber: (index) => current.numbers[index] ?? 0,
    getBytes: () => current.bytes,

    show(state, bufferedAmount, queuedPackets, queuedBytes) {
        buffered = bufferedAmount;
        peak = Math.max(peak, buffered);
        showState(state);
        show('buffered', buffered);
        show('peak', peak);
        show('queued', queuedPackets);
        show('queued-bytes', queuedBytes);
        if (newLines.length > 0) flushLog();
    },

    showTraffic(messagesOut, bytesOut, messagesIn, bytesIn, messagesRefused) {
        show('sent', messagesOut);
        show('bytes-sent', bytesOut);
        show('received', messagesIn);
        show('bytes-received', bytesIn);
        show('refused', messagesRefused);
        // What left the browser, not what it was given. Past the close there is no telling them apart.
        if (shownState < 2) bytesSent = bytesOut - buffered;
        if (plot.add(performance.now(), bytesSent, bytesIn)) {
            show('rate-out', formatRate(plot.last.out));
            show('rate-in', formatRate(plot.last.in));
            plot.draw(formatRate);
        }
    },

    showEnd(code, reason, error) {
        show('code', code === -1 ? 'none' : String(code));
        show('reason', decoder.decode(reason) || 'none');
        show('error', decoder.decode(error) || 'none');
    },

    logMessage(isIncoming, isText, size, begin) {
        const what = `${isIncoming ? 'received' : 'sent'} ${isText ? 'text' : 'binary'}, ${size.toLocaleString('en')} B`;
        const words = isText ? decoder.decode(begin) : describeBytes(begin);
        const isWhole = size === begin.length && (isText || size <= shownBytes);
        log(isIncoming ? 'in' : 'out', what, isWhole ? words : `${words} \u2026`);
    },

    logNote: (text) => log('note', decoder.decode(text), ''),
};

// --- what the person does --------------------------------------------------------------------------------------------

function onSubmit(id, act) {
    byId(id).addEventListener('submit', (event) => {
        event.preventDefault();
        act();
    });
}

function readHex(digits) {
    const bare = digits.replace(/\s+/g, '');
    if (!/^([0-9a-f]{2})*$/i.test(bare)) return null;
    return Uint8Array.from(bare.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const generatedSize = () => 2 ** Number(byId('size').value);
const generatedNumbers = (count) => [byId('generated-text').checked ? 1 : 0, generatedSize(), count];

onSubmit('connection', () => {
    peak = 0;
    const protocols = byId('protocols').value.split(/[\s,]+/).filter((name) => name);
    command('connect', [], [byId('url').value.trim(), ...protocols].join('\n'));
});

onSubmit('message', () => {
    const kind = byId('message').elements.kind.value;
    const text = byId('text').value;
    const bytes = kind === 'hex' ? readHex(text) : encoder.encode(text);
    if (bytes) command('send', [kind === 'text' ? 1 : 0], bytes);
    else testPage.logNote(encoder.encode('not sent: hex digits come in pairs, such as 00 ff 80'));
    byId('text').select();
});

onSubmit('file-form', async () => {
    try {
        command('send', [0], new Uint8Array(await byId('file').files[0].arrayBuffer()));
    } catch (error) {
        testPage.logNote(encoder.encode(`not sent: the file cannot be read (${error.message})`));
    }
});

onSubmit('generated', () => command('generate', generatedNumbers(Number(byId('count').value))));
onSubmit('closing', () => command('close', [Number(byId('close-code').value)], byId('close-reason').value));
byId('stream').addEventListener('click', () => {
    const goes = byId('stream').ariaPressed !== 'true';
    byId('stream').ariaPressed = String(goes);
    command('stream', generatedNumbers(goes ? 1 : 0));
});
byId('read').addEventListener('change', () => command('read', [byId('read').checked ? 1 : 0]));
byId('size').addEventListener('input', () => showSize());
byId('clear').addEventListener('click', () => byId('log').replaceChildren());

function showSize() {
    show('size-text', formatBytes(generatedSize()));
    byId('size').ariaValueText = formatBytes(generatedSize());
}

// --- tabs ------------------------------------------------------------------------------------------------------------

const tabs = [...document.querySelectorAll('[role=tab]')];

function selectTab(tab) {
    for (const each of tabs) {
        each.ariaSelected = String(each === tab);
        each.tabIndex = each === tab ? 0 : -1;
        byId(each.getAttribute('aria-controls')).hidden = each !== tab;
    }
}

tabs.forEach((tab, at) => {
    tab.addEventListener('click', () => selectTab(tab));
    tab.addEventListener('keydown', (event) => {
        const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1}[event.key];
        if (to === undefined) return;
        const next = tabs.at(to % tabs.length);
        selectTab(next);
        next.focus();
        event.preventDefault();
    });
});

// --- start -----------------------------------------------------------------------------------------------------------

/** One button for each server beside the page. */
function offerServers(servers) {
    for (const {url, protocols, name} of servers) {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'small';
        button.textContent = name;
        button.addEventListener('click', () => {
            byId('url').value = url;
            byId('protocols').value = protocols.join(', ');
        });
        byId('servers').append(button);
    }
    byId('servers').hidden = servers.length === 0;
}

/** What serves the page says what else it serves; a page served by others works without. */
const served = fetch('/servers.json').then((answer) => answer.ok ? answer.json() : {}).catch(() => ({}));
const asked = new URLSearchParams(location.search).get('url');
byId('url').value = asked ?? 'ws://127.0.0.1:9080';
served.then(({echo = []}) => {
    offerServers(echo);
    if (!asked && echo.length > 0) byId('url').value = echo[0].url;
});
['connect', 'close', 'send', 'send-file', 'generate', 'stream'].forEach((id) => { byId(id).disabled = true; });
showSize();

// The page's own query is not the program's command line.
var Module = {
    arguments: [],
    printErr: (line) => log('note', line, ''),
    onAbort: () => {
        log('note', 'the program stopped; please reload the page', '');
        flushLog();
    },
};
