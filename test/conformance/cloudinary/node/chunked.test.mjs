// Files in parts by the official Node SDK: upload_large, its streams and its refusals.
import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import v1, { v2 as cloudinary } from 'cloudinary';

const { PHOTO } = process.env;
const MIB = 1 << 20;
const dir = mkdtempSync(join(tmpdir(), 'chunked-'));
after(() => rmSync(dir, { recursive: true }));

// Noise that no compression and no luck can put together wrongly.
const noise = randomFillSync(Buffer.alloc(12 * MIB + 345));
const file = join(dir, 'noise.bin');
writeFileSync(file, noise);
const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');

// The older interface has this one only, and hands errors over as results.
const done = (start) => new Promise((resolve, reject) => start((result) => (result.error ? reject(result.error) : resolve(result))));

test('upload_large sends a raw file in parts', async () => {
  const up = await done((cb) => cloudinary.uploader.upload_large(file, { chunk_size: 5 * MIB, public_id: 'node/large.bin', tags: ['t'] }, (e, r) => cb(e ? { error: e } : r)));
  assert.deepEqual([up.public_id, up.resource_type, up.bytes, up.etag, up.done, up.tags], ['node/large.bin', 'raw', noise.length, md5(noise), true, ['t']]);
  assert.equal(up.original_filename, 'noise');
  const body = Buffer.from(await (await fetch(up.url)).arrayBuffer());
  assert.equal(Buffer.compare(body, noise), 0);
});

test('a stream of unknown length, with a generated name', async () => {
  const up = await done((cb) => {
    const stream = cloudinary.uploader.upload_chunked_stream({ chunk_size: 6 * MIB, resource_type: 'raw' }, (e, r) => cb(e ? { error: e } : r));
    for (let at = 0; at < noise.length; at += 700_001) stream.write(noise.subarray(at, at + 700_001));
    stream.end();
  });
  assert.deepEqual([up.bytes, up.etag, up.done], [noise.length, md5(noise), true]);
  assert.match(up.public_id, /^[a-z0-9]{20}$/);
});

test('upload_large_stream of a picture, taken for what it is', async () => {
  const photo = readFileSync(PHOTO);
  const padded = Buffer.concat([photo, Buffer.alloc(Math.max(0, 11 * MIB - photo.length))]); // bytes after a JPEG's end belong to nobody
  const up = await done((cb) => {
    const stream = v1.uploader.upload_large_stream(null, cb, { resource_type: 'auto', chunk_size: 5 * MIB, eager: [{ width: 40, crop: 'scale' }] });
    stream.end(padded);
  });
  assert.deepEqual([up.resource_type, up.format, up.bytes, up.eager[0].width], ['image', 'jpg', padded.length, 40]);
});

test('a file that fits into one part', async () => {
  const up = await done((cb) => cloudinary.uploader.upload_large(PHOTO, { resource_type: 'image', public_id: 'node/one-part' }, (e, r) => cb(e ? { error: e } : r)));
  assert.deepEqual([up.public_id, up.bytes, up.done], ['node/one-part', readFileSync(PHOTO).length, true]);
});

test('parts that are too small are refused', async () => {
  const failed = await done((cb) => cloudinary.uploader.upload_large(file, { chunk_size: 40000 }, (e, r) => cb(e ? { error: e } : r))).catch((e) => e);
  assert.equal(failed.message, 'All parts except EOF-chunk must be larger than 5mb');
  assert.equal(failed.http_code, 400);
});
