/* SPDX-License-Identifier: MIT */
// The throughput plot: bytes per second out and in, a point per interval, drawn on a canvas in the page's colours.
'use strict';

class Plot {
    static interval = 250; // milliseconds
    static points = 120;

    constructor(canvas) {
        this.canvas = canvas;
        this.rates = []; // {out, in}, the oldest first
        this.before = null;
    }

    /** Takes the bytes so far; true when that made a new point. Bytes that got fewer belong to a new connection. */
    add(now, out, into) {
        const {before} = this;
        if (!before || out < before.out || into < before.in) {
            this.before = {now, out, in: into};
            return false;
        }
        if (now - before.now < Plot.interval) return false;
        const perSecond = 1000 / (now - before.now);
        this.rates.push({out: (out - before.out) * perSecond, in: (into - before.in) * perSecond});
        if (this.rates.length > Plot.points) this.rates.shift();
        this.before = {now, out, in: into};
        return true;
    }

    get last() {
        return this.rates.at(-1) ?? {out: 0, in: 0};
    }

    draw(formatRate) {
        const {canvas} = this;
        const {width, height} = canvas.getBoundingClientRect();
        const colours = getComputedStyle(canvas);
        const paint = canvas.getContext('2d');
        canvas.width = width * devicePixelRatio;
        canvas.height = height * devicePixelRatio;
        paint.scale(devicePixelRatio, devicePixelRatio);
        const top = Math.max(1024, ...this.rates.flatMap((rate) => [rate.out, rate.in]));
        paint.strokeStyle = colours.getPropertyValue('--line');
        paint.fillStyle = colours.getPropertyValue('--quiet');
        paint.font = '12px system-ui, sans-serif';
        for (const part of [0, 0.5, 1]) {
            const y = this.#y(part, height);
            paint.beginPath();
            paint.moveTo(0, y);
            paint.lineTo(width, y);
            paint.stroke();
            if (part > 0) paint.fillText(formatRate(part * top), 2, y - 3);
        }
        for (const name of ['out', 'in']) {
            paint.strokeStyle = colours.getPropertyValue(`--${name}`);
            paint.lineWidth = 2;
            paint.setLineDash(name === 'in' ? [6, 3] : []); // Told apart without colours as well.
            paint.beginPath();
            this.rates.forEach((rate, at) => {
                const x = width * (at + Plot.points - this.rates.length) / (Plot.points - 1);
                paint.lineTo(x, this.#y(rate[name] / top, height));
            });
            paint.stroke();
        }
    }

    /** The height of a part of the highest rate; room for the topmost label stays above it. */
    #y(part, height) {
        return height - 2 - part * (height - 20);
    }
}
