/* SPDX-License-Identifier: MIT */
// What Linux tells about a running program.

import fs from 'node:fs';

/** How many sockets it has open, its pipes to us included. */
export function socketCount(pid) {
    const folder = `/proc/${pid}/fd`;
    return fs.readdirSync(folder).filter((name) => {
        try {
            return fs.readlinkSync(`${folder}/${name}`).startsWith('socket:');
        } catch {
            return false; // Closed while we looked.
        }
    }).length;
}

/** Resolves with the number once it is at most `count`, or after `seconds`. */
export async function untilSockets(pid, count, seconds = 8) {
    const deadline = performance.now() + seconds * 1000;
    while (socketCount(pid) > count && performance.now() < deadline) await new Promise(setImmediate);
    return socketCount(pid);
}

/** Ticks of processor time it has used, a hundredth of a second each. */
export function processorTicks(pid) {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
}

/** Lets the most it ever had in use begin again with what it has now. */
export function forgetMost(pid) {
    fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** KiB of memory it has in use now, and at most had. */
export function memory(pid) {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
    const field = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+) kB`))[1]);
    return {now: field('VmRSS'), most: field('VmHWM')};
}
