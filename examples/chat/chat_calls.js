/* SPDX-License-Identifier: MIT */
// The calls of chat_page.h, a JavaScript library for the Emscripten linker (--js-library). It only moves bytes between
// wasm memory and `chatPage` in page.js; test_page/page_calls.js is of the same form.
mergeInto(LibraryManager.library, {
  chat_page_take_line__sig: 'ipi',
  chat_page_take_line: function(p, room) {
    var bytes = globalThis['chatPage']['takeLine'](room);
    if (!bytes) return -1;
    if (p < 0) p += 4294967296; // wasm32 hands an address above 2 GiB over as a negative number
    HEAPU8.set(bytes, p);
    return bytes.length;
  },

  chat_page_show__sig: 'vpi',
  chat_page_show: function(p, size) {
    if (p < 0) p += 4294967296;
    globalThis['chatPage']['show'](HEAPU8.subarray(p, p + size).slice());
  },

  chat_page_show_state__sig: 'vi',
  chat_page_show_state: function(state) {
    globalThis['chatPage']['showState'](state);
  },
});
