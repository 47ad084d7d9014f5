// The official tus client against a running Tintype: TINTYPE_URL, TINTYPE_ACCOUNT and
// TINTYPE_KEY say where and as whom; PHOTO is a picture to upload.
import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Upload } from 'tus-js-client';

const { TINTYPE_URL, TINTYPE_ACCOUNT, TINTYPE_KEY, PHOTO } = process.env;
const endpoint = `${TINTYPE_URL}/api/${TINTYPE_ACCOUNT}/uploads/`;
const headers = { Authorization: `Bearer ${TINTYPE_KEY}` };
const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');
const noise = randomFillSync(Buffer.alloc(3_000_017));

async function described(response) {
  const path = response.getHeader('Tintype-Asset');
  assert.ok(path, 'the last answer names no asset');
  const r = await fetch(TINTYPE_URL + path, { headers });
  assert.equal(r.status, 200);
  return r.json();
}

function send(body, options) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(body, {
      endpoint, headers, retryDelays: null, ...options,
      onError: reject,
      onSuccess: ({ lastResponse }) => resolve({ upload, lastResponse }),
    });
    options?.ready?.(upload);
    upload.start();
  });
}

test('a picture in one request', async () => {
  const photo = readFileSync(PHOTO);
  const { lastResponse } = await send(photo, { metadata: { filename: 'Photo.jpg', folder: 'tus', tags: 'a,b', filetype: 'image/jpeg' } });
  const a = await described(lastResponse);
  assert.deepEqual([a.kind, a.format, a.bytes, a.md5, a.tags, a.folder], ['image', 'jpeg', photo.length, md5(photo), ['a', 'b'], 'tus']);
  assert.match(a.name, /^tus\/Photo_[A-Za-z0-9]{6}$/);
});

test('in chunks, and with the first one in the creation', async () => {
  for (const uploadDataDuringCreation of [false, true]) {
    const { lastResponse } = await send(noise, { chunkSize: 1_000_000, uploadDataDuringCreation, metadata: { kind: 'raw', filename: 'noise.bin' } });
    const a = await described(lastResponse);
    assert.deepEqual([a.kind, a.bytes, a.md5], ['raw', noise.length, md5(noise)]);
  }
});

test('a small file whole in the creation is described in the answer', async () => {
  const { lastResponse } = await send(Buffer.from('words'), { uploadDataDuringCreation: true, metadata: { name: 'tus/words.txt', kind: 'raw', overwrite: 'true' } });
  assert.equal(JSON.parse(lastResponse.getBody()).asset.name, 'tus/words.txt');
});

test('a stream of unknown length', async () => {
  const stream = Readable.from((function* () { for (let at = 0; at < noise.length; at += 65_536) yield noise.subarray(at, at + 65_536); })());
  const { lastResponse } = await send(stream, { chunkSize: 700_000, uploadLengthDeferred: true, metadata: { kind: 'raw' } });
  assert.equal((await described(lastResponse)).md5, md5(noise));
});

test('an upload that was broken off goes on', async () => {
  let sent = 0;
  const url = await new Promise((resolve, reject) => {
    const upload = new Upload(noise, {
      endpoint, headers, chunkSize: 1_000_000, metadata: { kind: 'raw' }, onError: reject,
      onChunkComplete: (size) => {
        sent += size;
        upload.abort().then(() => resolve(upload.url), reject);
      },
    });
    upload.start();
  });
  assert.equal(sent, 1_000_000);
  const head = await fetch(url, { method: 'HEAD', headers: { ...headers, 'Tus-Resumable': '1.0.0' } });
  assert.ok(Number(head.headers.get('Upload-Offset')) >= 1_000_000);
  assert.ok(new Date(head.headers.get('Upload-Expires')) > new Date());
  let first;
  const { lastResponse } = await send(noise, { uploadUrl: url, onProgress: (bytes) => { first ??= bytes; } });
  assert.ok(first >= 1_000_000, `it went on at ${first}`);
  assert.equal((await described(lastResponse)).md5, md5(noise));
});

test('an upload that is terminated is gone', async () => {
  const url = await new Promise((resolve, reject) => {
    const upload = new Upload(noise, {
      endpoint, headers, chunkSize: 1_000_000, onError: reject,
      onChunkComplete: () => { upload.abort(true).then(() => resolve(upload.url ?? upload._url), reject); },
    });
    upload.start();
  });
  if (url) assert.equal((await fetch(url, { method: 'HEAD', headers: { ...headers, 'Tus-Resumable': '1.0.0' } })).status, 404);
});

test('an account without the right key is refused', async () => {
  await assert.rejects(send(noise, { headers: { Authorization: 'Bearer nobody:nothing' } }), (error) => {
    assert.equal(error.originalResponse.getStatus(), 401);
    return true;
  });
});

test('what is no picture is refused with one clear sentence', async () => {
  await assert.rejects(send(Buffer.from('no picture'), { metadata: { kind: 'image' } }), (error) => {
    assert.equal(error.originalResponse.getStatus(), 400);
    assert.equal(typeof JSON.parse(error.originalResponse.getBody()).error.message, 'string');
    return true;
  });
});
