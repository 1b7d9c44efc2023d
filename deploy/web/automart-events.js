/*
 * Tells Automart what shoppers do: POST /v1/events, in batches, offline too, each event once.
 *
 *   const events = new AutomartEvents({ url: "https://api.automart.pk/v1/events", app: "web", appVersion: "4.2.0" });
 *   events.track("listing_view", { listing_id: "019a…", query_id: "q-17", position: 3 });
 *
 * An event keeps its id for as long as it waits: sent twice, it counts once. What waits is kept in localStorage, so it
 * survives a closed tab and hours without a network. `sent_at` is stamped anew at each attempt: the server corrects the
 * clock of the device by it. When the page is hidden, what is left goes by navigator.sendBeacon.
 */
(function (root, factory) {
  if (typeof module === "object" && module.exports) module.exports = factory();
  else root.AutomartEvents = factory();
})(typeof self === "undefined" ? this : self, function () {
  "use strict";

  const MOST_EVENTS = 500; // in a batch, by the server's contract
  const MOST_BYTES = 450 * 1024; // of a body; the server takes 512 KiB
  const BEACON_BYTES = 60 * 1024; // browsers take 64 KiB for all beacons of a page
  const MOST_WAITING = 5000; // kept on the device; the oldest go first
  const OLDEST = 72 * 3600 * 1000; // older events count in no hour
  const SESSION_PAUSE = 30 * 60 * 1000; // a session ends after half an hour without an event

  function uuid7(now) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    for (let at = 5, rest = now; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  function size(text) {
    return new TextEncoder().encode(text).length;
  }

  class AutomartEvents {
    /*
     * options: url, app, appVersion, channel, consent ("granted", "denied" or "unknown"), token (a function that
     * returns the access token, or nothing), pause (milliseconds that events wait for company).
     */
    constructor(options) {
      this.options = Object.assign({ pause: 2000, consent: "unknown" }, options);
      this.store = this.options.storage || this._storage();
      this.queue = this._read("automart.events", []);
      this.sending = false;
      this.failures = 0;
      this.timer = null;
      if (typeof document !== "undefined") {
        document.addEventListener("visibilitychange", () => {
          if (document.visibilityState === "hidden") this.leave();
        });
        self.addEventListener("pagehide", () => this.leave());
        self.addEventListener("online", () => this._later(0));
      }
      if (this.queue.length) this._later(this.options.pause); // with the first events of this page
    }

    /* Queue an event; returns its id. */
    track(type, fields) {
      const now = Date.now();
      const event = Object.assign({}, fields, { id: uuid7(now), type: type, at: new Date(now).toISOString() });
      if (typeof document !== "undefined" && document.prerendering) event.prerender = true;
      this.queue.push({ event: event, session: this._session(now) });
      if (this.queue.length > MOST_WAITING) this.queue.splice(0, this.queue.length - MOST_WAITING);
      this._keep();
      this._later(this.queue.length >= MOST_EVENTS ? 0 : this.options.pause);
      return event.id;
    }

    /* Send what waits; resolves when the server has answered, or could not be reached. */
    async flush() {
      if (this.sending) return;
      this.sending = true;
      try {
        while (this.queue.length) {
          const batch = this._batch(MOST_BYTES);
          if (!batch) break;
          if (!(await this._send(batch))) return;
        }
      } finally {
        this.sending = false;
      }
    }

    /* Hand what waits to the browser, which sends it after the page is gone. It stays queued until an answer comes. */
    leave() {
      if (typeof navigator === "undefined" || !navigator.sendBeacon) return;
      const batch = this._batch(BEACON_BYTES);
      if (batch) navigator.sendBeacon(this.options.url, new Blob([batch.body], { type: "text/plain" }));
    }

    async _send(batch) {
      const headers = { "Content-Type": "application/json" };
      const token = this.options.token && this.options.token();
      if (token) headers.Authorization = "Bearer " + token;
      let answer;
      try {
        answer = await fetch(this.options.url, { method: "POST", headers: headers, body: batch.body });
      } catch (error) {
        return this._failed(0);
      }
      // 4xx but for these says that the same bytes will never be taken: keeping them would hold up all later ones.
      if (answer.status >= 500 || [401, 408, 425, 429].includes(answer.status)) {
        return this._failed(Number(answer.headers.get("Retry-After")) || 0);
      }
      this.failures = 0;
      this.queue = this.queue.filter((waiting) => !batch.ids.has(waiting.event.id));
      this._keep();
      return true;
    }

    _failed(seconds) {
      this.failures += 1;
      const pause = Math.min(2 ** this.failures, 300) * (0.5 + Math.random() / 2);
      this._later(Math.max(seconds, pause) * 1000);
      return false;
    }

    /* The oldest events of one session that fit, stamped now. */
    _batch(most) {
      const now = Date.now();
      this.queue = this.queue.filter((waiting) => now - Date.parse(waiting.event.at) < OLDEST);
      if (!this.queue.length) return null;
      const session = this.queue[0].session;
      const events = [];
      let bytes = 1024; // for the fields of the batch
      for (const waiting of this.queue) {
        if (waiting.session !== session || events.length === MOST_EVENTS) break;
        bytes += size(JSON.stringify(waiting.event)) + 1;
        if (bytes > most && events.length) break;
        events.push(waiting.event);
      }
      const body = JSON.stringify({
        sent_at: new Date(now).toISOString(),
        device_id: this._device(),
        session_id: session,
        app: this.options.app,
        app_version: this.options.appVersion,
        channel: this.options.channel,
        consent: this.options.consent,
        webdriver: typeof navigator !== "undefined" && navigator.webdriver === true,
        events: events,
      });
      return { body: body, ids: new Set(events.map((event) => event.id)) };
    }

    _device() {
      if (!this.device) {
        this.device = this._read("automart.device", null) || uuid7(Date.now());
        this._write("automart.device", this.device);
      }
      return this.device;
    }

    _session(now) {
      const last = this._read("automart.session", null);
      const session = last && now - last.seen < SESSION_PAUSE ? last.id : uuid7(now);
      this._write("automart.session", { id: session, seen: now });
      return session;
    }

    _later(pause) {
      if (this.timer) clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.timer = null;
        this.flush();
      }, pause);
    }

    _keep() {
      this._write("automart.events", this.queue);
    }

    _read(name, otherwise) {
      try {
        const text = this.store.getItem(name);
        return text === null ? otherwise : JSON.parse(text);
      } catch (error) {
        return otherwise;
      }
    }

    _write(name, value) {
      try {
        this.store.setItem(name, JSON.stringify(value));
      } catch (error) {
        // full, or forbidden by the browser: the page itself still remembers
      }
    }

    _storage() {
      try {
        return localStorage;
      } catch (error) {
        const kept = new Map();
        return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
      }
    }
  }

  return AutomartEvents;
});
