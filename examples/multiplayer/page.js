/* SPDX-License-Identifier: MIT */
// The page of the game (index.html). The wasm program runs in a frame of its own, a new one for each session, because
// a program that has ended does not start again. Buttons leave commands in the frame's gameCommands, where the program
// takes them (commands_web.c), and what it prints is shown.

/* eslint-env browser */
const lines = document.querySelector('#lines');
const joinForm = document.querySelector('#join');
const moves = [...document.querySelectorAll('#play button')];

let frame = null;

function show(line) {
    const isAtEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 4;
    lines.append(`${line}\n`);
    if (isAtEnd) lines.scrollTop = lines.scrollHeight;
}

function setPlaying(isPlaying) {
    moves.forEach((button) => { button.disabled = !isPlaying; });
    joinForm.querySelector('button').disabled = isPlaying;
}

function leave() {
    frame?.remove();
    frame = null;
    setPlaying(false);
}

function join(url, name) {
    setPlaying(true);
    frame = document.createElement('iframe');
    frame.title = 'the program';
    frame.className = 'program';
    document.body.append(frame);
    const inside = frame.contentWindow;
    inside.gameCommands = [];
    inside.Module = {
        arguments: ['client', url, '--name', name],
        print: show,
        printErr: show,
        onExit: () => setTimeout(leave),
        onAbort: (why) => show(`aborted: ${why}`),
    };
    const script = inside.document.createElement('script');
    script.src = new URL('../program/multiplayer.js', location.href).href;
    script.onerror = () => {
        show('the program did not load; was it built?');
        leave();
    };
    inside.document.head.append(script);
}

joinForm.addEventListener('submit', (event) => {
    event.preventDefault();
    join(document.querySelector('#url').value, document.querySelector('#name').value);
});
moves.forEach((button) => button.addEventListener('click', () => frame.contentWindow.gameCommands.push(button.name)));

const wanted = new URLSearchParams(location.search).get('url');
if (wanted) document.querySelector('#url').value = wanted;
