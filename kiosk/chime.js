/**
 * A two-note chime made with Web Audio. Browsers allow sound only after somebody touched the page (or where the
 * TV's browser is told to); until then a quiet notice says so, and any key or touch unlocks it.
 */

const NOTES = [
  { frequency: 659.26, start: 0, length: 0.9 },
  { frequency: 523.25, start: 0.35, length: 1.4 },
];
const LOUDNESS = 0.4;
/** The volume setting at which it is that loud. */
const USUAL = 80;

export class Chime {
  #context = null;
  #notice;
  #wanted = true;
  #loudness = LOUDNESS;

  /** @param {HTMLElement} notice shown while the browser blocks sound */
  constructor(notice) {
    this.#notice = notice;
    if (!("AudioContext" in window)) return;
    this.#context = new AudioContext();
    this.#context.addEventListener("statechange", () => this.#tell());
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => this.#unlock());
    this.#tell();
  }

  /** Whether a chime would be heard now. */
  get allowed() {
    return this.#context?.state === "running";
  }

  /** Whether this browser can make a sound at all. */
  get possible() {
    return this.#context !== null;
  }

  /** @param {boolean} wanted whether calls are to be heard here @param {boolean} chimes @param {number} volume 0 to 100 */
  use(wanted, chimes, volume) {
    this.#wanted = wanted;
    this.#loudness = chimes ? (LOUDNESS * volume) / USUAL : 0;
    this.#tell();
  }

  ring() {
    // A computer that slept may have stopped it; without a touch before, asking would only be refused.
    if (navigator.userActivation?.hasBeenActive) this.#unlock();
    if (!this.allowed || !this.#loudness) return;
    for (const { frequency, start, length } of NOTES) this.#note(frequency, this.#context.currentTime + start, length);
  }

  #note(frequency, start, length) {
    const tone = new OscillatorNode(this.#context, { type: "sine", frequency });
    const volume = new GainNode(this.#context, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(this.#loudness, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + length);
    tone.connect(volume).connect(this.#context.destination);
    tone.start(start);
    tone.stop(start + length);
  }

  /** Without a touch the promise simply stays open; a refusal leaves the notice as it is. */
  #unlock() {
    if (this.#context && this.#context.state !== "running") this.#context.resume().catch(() => this.#tell());
  }

  #tell() {
    this.#notice.hidden = this.allowed || !this.#wanted;
  }
}
