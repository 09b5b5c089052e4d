/* SPDX-License-Identifier: MIT */
// A TCP relay that makes a loopback connection behave like a distant one.
//
//   const relay = await startRelay(port, {delay: 80, holdShare: 0.02, hold: 200});   // milliseconds
//   relay.url                      // ws://127.0.0.1:PORT of the relay
//   relay.counts                   // {connections, segments, held, ended}
//   await relay.close();
//
// Each piece that arrives leaves `delay` later; the share `holdShare` of them another `hold` later, and what is behind
// one of those waits with it, as behind a lost segment that is sent again. The order stays, nothing is lost. `seed`
// makes the choice the same in each run.

import net from 'node:net';

const mostWaiting = 1 << 20; // bytes, in each direction

/** xorshift32: numbers from 0 up to 1. */
function randomNumbers(seed) {
    let state = seed >>> 0 || 1;
    return () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) / 2 ** 32;
    };
}

/** Passes on what `from` receives, late. */
function forward(from, to, plan, counts) {
    const waiting = []; // {at, data}; data null: the end
    let waitingBytes = 0;
    let lastAt = 0;
    let timer = null;
    const release = () => {
        timer = null;
        const now = performance.now();
        while (waiting.length > 0 && waiting[0].at <= now) {
            const {data} = waiting.shift();
            if (data === null) {
                to.end();
            } else {
                to.write(data);
                waitingBytes -= data.length;
            }
        }
        if (waitingBytes <= mostWaiting) from.resume();
        if (waiting.length > 0) timer = setTimeout(release, Math.max(1, waiting[0].at - now));
    };
    const add = (data, late) => {
        // Behind a held piece everything waits.
        lastAt = Math.max(lastAt, performance.now() + late);
        waiting.push({at: lastAt, data});
        timer ??= setTimeout(release, Math.max(1, waiting[0].at - performance.now()));
    };
    from.on('data', (data) => {
        const isHeld = plan.random() < plan.holdShare;
        counts.segments++;
        if (isHeld) counts.held++;
        waitingBytes += data.length;
        if (waitingBytes > mostWaiting) from.pause();
        add(data, plan.delay + (isHeld ? plan.hold : 0));
    });
    from.on('end', () => add(null, plan.delay));
    from.on('close', () => setTimeout(() => to.destroy(), plan.delay + plan.hold + 1000).unref());
}

export async function startRelay(port, {delay = 0, holdShare = 0, hold = 0, seed = 1} = {}) {
    const counts = {connections: 0, segments: 0, held: 0, ended: 0};
    const plan = {delay, holdShare, hold, random: randomNumbers(seed)};
    const sockets = new Set();
    const keep = (socket) => {
        sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {}); // 'close' follows and tells the other side.
        socket.on('close', () => sockets.delete(socket));
    };
    const server = net.createServer({allowHalfOpen: true}, (near) => {
        const far = net.connect({host: '127.0.0.1', port, allowHalfOpen: true});
        counts.connections++;
        near.on('close', () => counts.ended++);
        [near, far].forEach(keep);
        forward(near, far, plan, counts);
        forward(far, near, plan, counts);
    });
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return {
        url: `ws://127.0.0.1:${server.address().port}`,
        counts,
        close: () => new Promise((resolve) => {
            server.close(resolve);
            sockets.forEach((socket) => socket.destroy());
        }),
    };
}
