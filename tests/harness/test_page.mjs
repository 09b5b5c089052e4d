/* SPDX-License-Identifier: MIT */
// What suites do with the test page (examples/test_page), open in Chromium (a playwright Page).

/** Waits for the ready state that the page shows. */
export const inState = (page, state) => page.waitForSelector(`body[data-state=${state}]`, {timeout: 20000});

/** Waits until an element's text is that, or matches a RegExp. */
export const shows = (page, id, wanted, timeout = 30000) => page.waitForFunction(
    ([at, text, pattern]) => {
        const now = document.getElementById(at).textContent;
        return pattern === null ? now === text : new RegExp(pattern).test(now);
    }, [id, String(wanted), wanted instanceof RegExp ? wanted.source : null], {timeout, polling: 50});

/** Waits for a line of the log: what happened, and, where it is given, the text behind it. */
export const logHas = (page, what, words = null) => page.waitForFunction(
    ([wantedWhat, wantedWords]) => [...document.querySelectorAll('#log li')].some((line) =>
        line.querySelector('b').textContent === wantedWhat &&
        (wantedWords === null || line.querySelector('span').textContent === wantedWords)),
    [what, words], {timeout: 20000, polling: 50});
