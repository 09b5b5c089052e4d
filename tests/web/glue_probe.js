/* SPDX-License-Identifier: MIT */
/*
 * A WebSocket for glue_fake.c that does only what the test tells it, and at once: what browsers do rarely, or at a
 * moment of their own, happens here on command. The fake made last is the one that the functions below mean.
 */
mergeInto(LibraryManager.library, {
  $PROBE: {
    real: null,
    socket: null,
    made: 0,

    text: function(p, size) {
      return new TextDecoder('utf-8', {'ignoreBOM': true}).decode(HEAPU8.slice(p, p + size));
    },

    /* mode 1: a fake; 2: one that reads like npm's ws; else a constructor that throws. */
    install: function(mode) {
      if (!PROBE.real) PROBE.real = globalThis.WebSocket;
      globalThis.WebSocket = function(url, protocols) {
        if (mode > 2) {
          var error = new Error('the page said no');
          error.name = mode == 3 ? 'SyntaxError' : mode == 4 ? 'SecurityError' : 'OddError';
          throw error;
        }
        var fake = PROBE.socket = this, listeners = {};
        PROBE.made++;
        fake.target = [url].concat(protocols).join(' ');
        fake.protocol = fake.extensions = '';
        fake.readyState = fake.bufferedAmount = 0;
        fake.closes = [];
        fake.sent = null;
        fake.ever = {}; /* each listener that was ever set */
        if (mode == 2) {
          fake.on = function() {};
          fake.extensions = 'permessage-deflate';
        }
        ['open', 'message', 'close', 'error'].forEach(function(type) {
          Object.defineProperty(fake, 'on' + type, {
            get: function() { return listeners[type] || null; },
            set: function(listener) {
              listeners[type] = listener;
              if (listener) fake.ever[type] = listener;
            }
          });
        });
        fake.send = function(data) {
          if (data == 'throw') throw new Error('no memory');
          fake.sent = data;
          fake.bufferedAmount += typeof data == 'string' ? new TextEncoder().encode(data).length : data.byteLength;
        };
        fake.close = function(code, reason) {
          fake.closes.push(Array.from(arguments).join(' '));
          if (code == 3999) throw new Error('no close');
          fake.readyState = 2;
        };
      };
    },

    fire: function(type, event, late) {
      var listener = late ? PROBE.socket.ever[type] : PROBE.socket['on' + type];
      if (listener) listener(event);
    }
  },

  probe_install__deps: ['$PROBE'],
  probe_install__sig: 'vi',
  probe_install: function(mode) {
    PROBE.install(mode);
  },

  probe_open__deps: ['$PROBE'],
  probe_open__sig: 'vpp',
  probe_open: function(protocol, size) {
    PROBE.socket.protocol = PROBE.text(protocol, size);
    PROBE.socket.readyState = 1;
    PROBE.fire('open', {});
  },

  probe_message__deps: ['$PROBE'],
  probe_message__sig: 'vppi',
  probe_message: function(data, size, isText) {
    PROBE.fire('message', {data: isText ? PROBE.text(data, size) : HEAPU8.slice(data, data + size).buffer});
  },

  probe_close__deps: ['$PROBE'],
  probe_close__sig: 'viipp',
  probe_close: function(code, wasClean, reason, size) {
    PROBE.socket.readyState = 3;
    PROBE.fire('close', {code: code, wasClean: !!wasClean, reason: PROBE.text(reason, size)});
  },

  /* A connection that the page's policy forbids: Chromium and WebKit tell so by this event alone. */
  probe_block__deps: ['$PROBE'],
  probe_block__sig: 'v',
  probe_block: function() {
    PROBE.socket.readyState = 3;
    PROBE.fire('error', {});
  },

  /* Calls the listeners of a socket that C has dropped, as an event already on its way would. */
  probe_fire_late__deps: ['$PROBE'],
  probe_fire_late__sig: 'v',
  probe_fire_late: function() {
    PROBE.fire('open', {}, true);
    PROBE.fire('message', {data: 'late'}, true);
    PROBE.fire('message', {data: new ArrayBuffer(100000)}, true);
    PROBE.fire('error', {}, true);
    PROBE.fire('close', {code: 1000, wasClean: true, reason: 'late'}, true);
  },

  probe_set_buffered__deps: ['$PROBE'],
  probe_set_buffered__sig: 'vd',
  probe_set_buffered: function(amount) {
    PROBE.socket.bufferedAmount = amount;
  },

  probe_set_ready_state__deps: ['$PROBE'],
  probe_set_ready_state__sig: 'vi',
  probe_set_ready_state: function(state) {
    PROBE.socket.readyState = state;
  },

  /* What was sent last: "string" or "bytes, a copy" or "bytes, a view". 0, 1, 2; -1: nothing. */
  probe_sent_kind__deps: ['$PROBE'],
  probe_sent_kind__sig: 'i',
  probe_sent_kind: function() {
    var sent = PROBE.socket.sent;
    return sent === null ? -1 : typeof sent == 'string' ? 0 : sent.buffer !== HEAPU8.buffer ? 1 : 2;
  },

  /* Copies a text to C: 0 what was sent last, 1 the closes, one a line, 2 URL and subprotocols. Returns its size. */
  probe_get__deps: ['$PROBE'],
  probe_get__sig: 'iipp',
  probe_get: function(what, to, room) {
    var socket = PROBE.socket;
    var value = what == 0 ? socket.sent : what == 1 ? socket.closes.join('\n') : socket.target;
    if (typeof value == 'string') value = new TextEncoder().encode(value);
    HEAPU8.set(value.subarray(0, room), to);
    return value.length;
  },

  probe_links__deps: ['$WSPEER'],
  probe_links__sig: 'i',
  probe_links: function() {
    return Object.keys(WSPEER.links).length;
  }
});
