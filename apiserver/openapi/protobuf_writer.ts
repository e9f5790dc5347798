const encoder = new TextEncoder();
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

/** Writes the protobuf wire format; a message inside another is written by a writer of its own. */
export class ProtobufWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** What has been written. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  string(number: number, value: string): void {
    this.message(number, encoder.encode(value));
  }

  message(number: number, value: Uint8Array): void {
    this.#key(number, BYTES);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  bool(number: number, value: boolean): void {
    this.#key(number, VARINT);
    this.#varint(value ? 1 : 0);
  }

  /** Not for negative numbers. */
  int(number: number, value: number): void {
    this.#key(number, VARINT);
    this.#varint(value);
  }

  double(number: number, value: number): void {
    this.#key(number, FIXED64);
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  #key(number: number, type: number): void {
    this.#varint(number * 8 + type);
  }

  #varint(value: number): void {
    this.#reserve(10);
    while (value >= 0x80) {
      this.#bytes[this.#length++] = value % 0x80 | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#length++] = value;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const size = Math.max(this.#bytes.length * 2, this.#length + more);
    const grown = new Uint8Array(size);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
