// SHA-256 (FIPS 180-4) in plain script: SubtleCrypto is missing on pages without TLS, and slow for many short texts.
// Runs in workers and, where there are none, in the page.
function palisadeSolver(salt, target) {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) {
    if (primes.every((prime) => n % prime)) primes.push(n);
  }
  const fraction = (x) => (x - Math.floor(x)) * 2 ** 32 | 0;
  const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
  const before = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
  const words = new Int32Array(64);

  function compress(state, block, at) {
    for (let i = 0; i < 16; i++, at += 4) {
      words[i] = block[at] << 24 | block[at + 1] << 16 | block[at + 2] << 8 | block[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15], y = words[i - 2];
      words[i] = words[i - 16] + words[i - 7]
        + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
        + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
    }
    // Not `[a, b, ...] = state`, which halves the speed.
    let a = state[0], b = state[1], c = state[2], d = state[3];
    let e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const one = h + constants[i] + words[i] + (e & f ^ ~e & g)
        + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) | 0;
      const two = (a & b ^ a & c ^ b & c)
        + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) | 0;
      h = g; g = f; f = e; e = d + one | 0;
      d = c; c = b; b = a; a = one + two | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  // The whole blocks of the salt are the same for every number.
  const bytes = new TextEncoder().encode(salt);
  const whole = bytes.length >> 6 << 6;
  for (let at = 0; at < whole; at += 64) compress(before, bytes, at);
  const tail = new Uint8Array(128);
  tail.set(bytes.subarray(whole));
  const wanted = Int32Array.from(target.match(/.{8}/g), (word) => parseInt(word, 16) | 0);
  const state = new Int32Array(8);

  // The number from `from` to `to`, both included, or -1.
  return (from, to) => {
    for (let number = from; number <= to; number++) {
      const digits = String(number);
      let end = bytes.length - whole;
      for (let i = 0; i < digits.length; i++) tail[end++] = digits.charCodeAt(i);
      tail[end++] = 128;
      const size = end > 56 ? 128 : 64;
      tail.fill(0, end, size);
      const bits = (bytes.length + digits.length) * 8;
      tail[size - 2] = bits >> 8;
      tail[size - 1] = bits;
      state.set(before);
      for (let at = 0; at < size; at += 64) compress(state, tail, at);
      if (state[0] === wanted[0] && state.every((word, i) => word === wanted[i])) return number;
    }
    return -1;
  };
}
