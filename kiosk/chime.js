/**
 * A two-note chime made with Web Audio. Browsers allow sound only after somebody touched the page (or where the
 * TV's browser is told to); until then a quiet notice says so, and any key or touch unlocks it.
 */

const NOTES = [
  { frequency: 659.26, start: 0, length: 0.9 },
  { frequency: 523.25, start: 0.35, length: 1.4 },
];
const LOUDNESS = 0.4;

export class Chime {
  #context = null;
  #notice;

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

  ring() {
    if (!this.allowed) return;
    for (const { frequency, start, length } of NOTES) this.#note(frequency, this.#context.currentTime + start, length);
  }

  #note(frequency, start, length) {
    const tone = new OscillatorNode(this.#context, { type: "sine", frequency });
    const volume = new GainNode(this.#context, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
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
    this.#notice.hidden = this.allowed;
  }
}
