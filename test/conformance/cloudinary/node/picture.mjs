// What a client sees of a picture without decoding it: format and size, read from the file's header.
export function picture(bytes) {
  const b = Buffer.from(bytes);
  if (b.readUInt16BE(0) === 0xffd8) return { format: 'jpeg', ...jpegSize(b) };
  if (b.toString('latin1', 1, 4) === 'PNG') return { format: 'png', width: b.readUInt32BE(16), height: b.readUInt32BE(20) };
  if (b.toString('latin1', 0, 3) === 'GIF') return { format: 'gif', width: b.readUInt16LE(6), height: b.readUInt16LE(8) };
  if (b.toString('latin1', 8, 12) === 'WEBP') return { format: 'webp', ...webpSize(b) };
  if (b.toString('latin1', 4, 12) === 'ftypavif') {
    const ispe = b.indexOf('ispe');
    return { format: 'avif', width: b.readUInt32BE(ispe + 8), height: b.readUInt32BE(ispe + 12) };
  }
  throw new Error(`no known picture: ${b.toString('latin1', 0, 16)}`);
}

function jpegSize(b) {
  for (let at = 2; at + 9 < b.length;) {
    if (b[at] !== 0xff) throw new Error('broken JPEG');
    const marker = b[at + 1];
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return { height: b.readUInt16BE(at + 5), width: b.readUInt16BE(at + 7), progressive: marker === 0xc2 };
    at += 2 + b.readUInt16BE(at + 2);
  }
  throw new Error('JPEG without a frame');
}

function webpSize(b) {
  const chunk = b.toString('latin1', 12, 16);
  if (chunk === 'VP8X') return { width: 1 + b.readUIntLE(24, 3), height: 1 + b.readUIntLE(27, 3), animated: (b[20] & 2) !== 0 };
  if (chunk === 'VP8L') {
    const bits = b.readUInt32LE(21);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  return { width: b.readUInt16LE(26) & 0x3fff, height: b.readUInt16LE(28) & 0x3fff };
}
