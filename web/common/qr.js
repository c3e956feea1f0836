// @ts-check
// QR codes (ISO/IEC 18004) of up to 213 bytes: byte mode, error correction level M, versions 1 to 10.

/**
 * For each version from 1: error correction codewords of a block, and the data codewords of every block.
 * @type {[number, number[]][]}
 */
const BLOCKS = [
  [10, [16]], [16, [28]], [26, [44]], [18, [32, 32]], [24, [43, 43]], [16, [27, 27, 27, 27]], [18, [31, 31, 31, 31]],
  [22, [38, 38, 39, 39]], [22, [36, 36, 36, 37, 37]], [26, [43, 43, 43, 43, 44]],
];
/** For each version from 1: rows and columns where alignment patterns have their centre. */
const ALIGNMENT = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];

/** @type {((row: number, column: number) => boolean)[]} */
const MASKS = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (row, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/**
 * The modules of the code for a text, without the quiet zone of four modules that belongs around it.
 * @param {string} text
 * @returns {boolean[][]} rows from the top; true is dark
 * @throws {RangeError} when the text has more than 213 bytes in UTF-8
 */
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text);
  const version = smallestVersion(bytes.length);
  const codewords = interleave(dataCodewords(bytes, version), version);
  const candidates = MASKS.map((_, mask) => {
    const symbol = new Matrix(version);
    symbol.place(codewords, mask);
    return symbol;
  });
  const scores = candidates.map((symbol) => symbol.penalty());
  return candidates[scores.indexOf(Math.min(...scores))].modules;
}

/**
 * The code as an SVG path of unit squares, four modules of quiet zone included.
 * @param {string} text
 * @returns {{size: number, path: string}} the side of the square, and the `d` of a `path`
 */
export function qrPath(text) {
  const modules = qrCode(text);
  const squares = modules.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x + 4} ${y + 4}h1v1h-1z`] : [])));
  return { size: modules.length + 8, path: squares.join("") };
}

/** @param {number} version */
const capacity = (version) => BLOCKS[version - 1][1].reduce((sum, count) => sum + count, 0);

/**
 * Bits of the length that stands before the bytes.
 * @param {number} version
 */
const lengthBits = (version) => (version < 10 ? 8 : 16);

/** @param {number} byteCount */
function smallestVersion(byteCount) {
  for (let version = 1; version <= BLOCKS.length; version += 1) {
    if (4 + lengthBits(version) + byteCount * 8 <= capacity(version) * 8) return version;
  }
  throw new RangeError(`${byteCount} bytes do not fit into a QR code of version ${BLOCKS.length}`);
}

/**
 * Mode, length, bytes, terminator and padding.
 * @param {Uint8Array} bytes
 * @param {number} version
 */
function dataCodewords(bytes, version) {
  /** @type {number[]} */ const bits = [];
  const append = (/** @type {number} */ value, /** @type {number} */ count) => {
    for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  append(0b0100, 4);
  append(bytes.length, lengthBits(version));
  for (const byte of bytes) append(byte, 8);
  append(0, Math.min(4, capacity(version) * 8 - bits.length));
  append(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0; bits.length < capacity(version) * 8; pad += 1) append(pad % 2 === 0 ? 0xec : 0x11, 8);
  return Array.from({ length: bits.length / 8 }, (_, index) =>
    bits.slice(index * 8, index * 8 + 8).reduce((value, bit) => (value << 1) | bit, 0));
}

/**
 * Splits into blocks, adds each block's correction, and takes turns.
 * @param {number[]} data
 * @param {number} version
 */
function interleave(data, version) {
  const [correctionCount, sizes] = BLOCKS[version - 1];
  let start = 0;
  const blocks = sizes.map((size) => data.slice(start, (start += size)));
  const corrections = blocks.map((block) => remainder(block, correctionCount));
  const taken = (/** @type {number[][]} */ parts) =>
    Array.from({ length: Math.max(...parts.map((part) => part.length)) }, (_, index) =>
      parts.flatMap((part) => (index < part.length ? [part[index]] : []))).flat();
  return [...taken(blocks), ...taken(corrections)];
}

/** Powers of 2 in GF(256) by x⁸+x⁴+x³+x²+1, and their logarithms. */
const POWERS = new Uint8Array(255);
const LOGARITHMS = new Uint8Array(256);
for (let exponent = 0, value = 1; exponent < 255; exponent += 1) {
  POWERS[exponent] = value;
  LOGARITHMS[value] = exponent;
  value = (value << 1) ^ (value >= 128 ? 0x11d : 0);
}

/**
 * @param {number} a
 * @param {number} b
 */
const multiply = (a, b) => (a && b ? POWERS[(LOGARITHMS[a] + LOGARITHMS[b]) % 255] : 0);

/**
 * The Reed-Solomon codewords of a block.
 * @param {number[]} block
 * @param {number} count
 */
function remainder(block, count) {
  let generator = [1];
  for (let root = 0; root < count; root += 1) {
    const next = [...generator, 0];
    generator.forEach((factor, index) => (next[index + 1] ^= multiply(factor, POWERS[root])));
    generator = next;
  }
  const rest = [...block, ...new Array(count).fill(0)];
  for (let index = 0; index < block.length; index += 1) {
    const factor = rest[index];
    generator.forEach((coefficient, offset) => (rest[index + offset] ^= multiply(coefficient, factor)));
  }
  return rest.slice(block.length);
}

/**
 * Appends the remainder of a division by a binary polynomial.
 * @param {number} value
 * @param {number} divisor
 */
function withCheckBits(value, divisor) {
  const degree = 31 - Math.clz32(divisor);
  let rest = value << degree;
  for (let bit = 31 - Math.clz32(rest || 1); bit >= degree; bit -= 1) {
    if ((rest >> bit) & 1) rest ^= divisor << (bit - degree);
  }
  return (value << degree) | rest;
}

/** The square of modules while it is filled. */
class Matrix {
  /** @param {number} version */
  constructor(version) {
    this.version = version;
    this.size = 17 + 4 * version;
    /** @type {boolean[][]} */ this.modules = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    /** @type {boolean[][]} */ this.isFixed = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.#drawPatterns();
  }

  /**
   * @param {number} row
   * @param {number} column
   * @param {boolean} dark
   */
  #fix(row, column, dark) {
    if (row < 0 || column < 0 || row >= this.size || column >= this.size) return;
    this.modules[row][column] = dark;
    this.isFixed[row][column] = true;
  }

  #drawPatterns() {
    for (let index = 0; index < this.size; index += 1) {
      this.#fix(6, index, index % 2 === 0);
      this.#fix(index, 6, index % 2 === 0);
    }
    const last = this.size - 7;
    for (const [top, left] of [[0, 0], [0, last], [last, 0]]) this.#drawFinder(top, left);
    const centres = ALIGNMENT[this.version - 1];
    const end = centres.at(-1);
    for (const row of centres) {
      for (const column of centres) {
        const isFinder = (row === 6 && (column === 6 || column === end)) || (row === end && column === 6);
        if (!isFinder) this.#drawSquares(row, column, 2);
      }
    }
    this.#drawVersion();
    this.#drawFormat(0);
  }

  /** Squares in each other, dark and light in turns, with a light module in the ring around. */
  #drawSquares(/** @type {number} */ row, /** @type {number} */ column, /** @type {number} */ radius) {
    for (let y = -radius; y <= radius; y += 1) {
      for (let x = -radius; x <= radius; x += 1) this.#fix(row + y, column + x, Math.max(Math.abs(x), Math.abs(y)) !== 1);
    }
  }

  #drawFinder(/** @type {number} */ top, /** @type {number} */ left) {
    for (let y = -1; y <= 7; y += 1) {
      for (let x = -1; x <= 7; x += 1) {
        const distance = Math.max(Math.abs(x - 3), Math.abs(y - 3));
        this.#fix(top + y, left + x, distance !== 2 && distance !== 4);
      }
    }
  }

  #drawVersion() {
    if (this.version < 7) return;
    const bits = withCheckBits(this.version, 0x1f25);
    for (let index = 0; index < 18; index += 1) {
      const dark = ((bits >> index) & 1) === 1;
      const [far, near] = [this.size - 11 + (index % 3), Math.floor(index / 3)];
      this.#fix(far, near, dark);
      this.#fix(near, far, dark);
    }
  }

  /** Level M is 00. */
  #drawFormat(/** @type {number} */ mask) {
    const bits = withCheckBits(mask, 0x537) ^ 0x5412;
    const dark = (/** @type {number} */ index) => ((bits >> index) & 1) === 1;
    for (let index = 0; index < 15; index += 1) {
      const along = index < 6 ? index : index < 8 ? index + 1 : this.size - 15 + index;
      this.#fix(along, 8, dark(index));
      const across = index < 8 ? this.size - 1 - index : index === 8 ? 7 : 14 - index;
      this.#fix(8, across, dark(index));
    }
    this.#fix(this.size - 8, 8, true);
  }

  /**
   * Puts the codewords in zigzag from the bottom right, masked.
   * @param {number[]} codewords
   * @param {number} mask
   */
  place(codewords, mask) {
    this.#drawFormat(mask);
    let bit = 0;
    let goesUp = true;
    // Column 6 holds a timing pattern; the pairs go on to its left.
    for (let right = this.size - 1; right > 0; right -= right === 8 ? 3 : 2, goesUp = !goesUp) {
      for (let step = 0; step < this.size; step += 1) {
        for (const column of [right, right - 1]) {
          const row = goesUp ? this.size - 1 - step : step;
          if (this.isFixed[row][column]) continue;
          const value = (codewords[bit >> 3] >> (7 - (bit & 7))) & 1;
          this.modules[row][column] = (value === 1) !== MASKS[mask](row, column);
          bit += 1;
        }
      }
    }
  }

  /** How hard the symbol is to read (§7.8.3): runs, blocks, finder-like rows, imbalance. */
  penalty() {
    const rows = this.modules.map((row) => row.map(Number));
    const columns = rows.map((_, index) => rows.map((row) => row[index]));
    let score = 0;
    for (const line of [...rows, ...columns]) {
      const text = line.join("");
      for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) score += run.length - 2;
      for (const pattern of ["10111010000", "00001011101"]) {
        for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) score += 40;
      }
    }
    for (let row = 1; row < this.size; row += 1) {
      for (let column = 1; column < this.size; column += 1) {
        const sum = rows[row][column] + rows[row - 1][column] + rows[row][column - 1] + rows[row - 1][column - 1];
        if (sum === 0 || sum === 4) score += 3;
      }
    }
    const dark = rows.flat().reduce((sum, module) => sum + module, 0) / this.size ** 2;
    return score + 10 * Math.floor(Math.abs(dark * 100 - 50) / 5);
  }
}
