// The everyday calls of the official Node SDK against a running Tintype.
// CLOUDINARY_URL points at it; PHOTO, BADGE and ORBIT are files to upload.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { v2 as cloudinary } from 'cloudinary';
import { picture } from './picture.mjs';

const { PHOTO, BADGE, ORBIT } = process.env;
const host = new URL(cloudinary.config().upload_prefix);
cloudinary.config({ cname: host.host });
const url = (id, options) => cloudinary.url(id, { secure: false, urlAnalytics: false, ...options });

async function get(address, headers = {}) {
  const response = await fetch(address, { headers });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

async function seen(address, headers) {
  const r = await get(address, headers);
  assert.equal(r.status, 200, `${address}: ${r.status} ${r.headers.get('x-cld-error')}`);
  return { ...picture(r.body), headers: r.headers, bytes: r.body.length };
}

async function fails(promise, status, message) {
  try {
    await promise;
  } catch (failure) {
    const error = failure.error ?? failure;
    assert.equal(error.http_code, status, JSON.stringify(error));
    assert.match(error.message, message);
    return;
  }
  assert.fail('the call succeeded');
}

const photo = readFileSync(PHOTO);
const size = picture(photo);

test('a photo goes up and its URL answers with the rendition', async () => {
  const up = await cloudinary.uploader.upload(PHOTO, { public_id: 'node/photo', tags: ['a', 'b'], context: { alt: 'x=1|y' } });
  assert.equal(up.public_id, 'node/photo');
  assert.equal(up.bytes, photo.length);
  assert.equal(up.etag, createHash('md5').update(photo).digest('hex'));
  assert.deepEqual([up.width, up.height, up.format, up.resource_type, up.type], [size.width, size.height, 'jpg', 'image', 'upload']);
  assert.deepEqual(up.tags, ['a', 'b']);
  assert.equal(up.context.custom.alt, 'x=1|y');
  assert.match(up.asset_id, /^[0-9a-f]{32}$/);
  assert.equal(up.url, url('node/photo', { version: up.version, format: 'jpg' }));
  assert.equal(up.signature, cloudinary.utils.api_sign_request({ public_id: up.public_id, version: up.version }, cloudinary.config().api_secret, undefined, 1));

  const original = await get(up.url);
  assert.equal(Buffer.compare(original.body, photo), 0);
  assert.equal(original.headers.get('etag'), `"${up.etag}"`);

  for (const [options, want] of [
    [{ width: 400, height: 300, crop: 'fill', format: 'webp' }, { format: 'webp', width: 400, height: 300 }],
    [{ width: 320, crop: 'scale', format: 'avif' }, { format: 'avif', width: 320, height: Math.round(320 * size.height / size.width) }],
    [{ width: 200, height: 200, crop: 'pad', background: 'red', format: 'png' }, { format: 'png', width: 200, height: 200 }],
    [{ aspect_ratio: '16:9', width: 320, crop: 'fill', gravity: 'auto', quality: 60, fetch_format: 'jpg' }, { format: 'jpeg', width: 320, height: 180 }],
    [{ transformation: [{ width: 300, height: 300, crop: 'thumb' }, { effect: 'sepia' }, { angle: 90, width: 100 }], format: 'jpg' }, { format: 'jpeg', width: 100, height: 100 }],
    [{ width: 100, height: 80, crop: 'lfill', dpr: 2.0, format: 'jpg' }, { format: 'jpeg', width: 200, height: 160 }],
  ]) {
    const p = await seen(url('node/photo', options));
    assert.deepEqual({ format: p.format, width: p.width, height: p.height }, want, JSON.stringify(options));
  }
});

test('f_auto follows the Accept header', async () => {
  await cloudinary.uploader.upload(PHOTO, { public_id: 'node/auto' });
  const address = url('node/auto', { width: 120, crop: 'limit', fetch_format: 'auto', quality: 70 });
  for (const [accept, format] of [['image/avif,image/webp,*/*', 'avif'], ['image/webp,*/*', 'webp'], ['*/*', 'jpeg']]) {
    const p = await seen(address, { accept });
    assert.equal(p.format, format);
    assert.match(p.headers.get('vary'), /accept/i);
  }
});

test('streams, data URIs and generated names', async () => {
  const streamed = await new Promise((resolve, reject) => {
    const sink = cloudinary.uploader.upload_stream({ folder: 'node/in' }, (error, result) => (error ? reject(error) : resolve(result)));
    createReadStream(BADGE).pipe(sink);
  });
  assert.match(streamed.public_id, /^node\/in\/[a-z0-9]{20}$/);
  assert.equal(streamed.format, 'png');
  const data = await cloudinary.uploader.upload(`data:image/gif;base64,${readFileSync(ORBIT).toString('base64')}`, { public_id: 'node/orbit' });
  assert.equal(data.format, 'gif');
  assert.equal(data.pages, 6);
  assert.equal(data.original_filename, undefined);
  const small = await seen(url('node/orbit', { width: 20, crop: 'scale', fetch_format: 'auto' }), { accept: 'image/webp' });
  assert.deepEqual([small.format, small.animated, small.width], ['webp', true, 20]);
  const named = await cloudinary.uploader.upload(BADGE, { use_filename: true, unique_filename: false });
  assert.equal(named.public_id, 'badge');
  const unique = await cloudinary.uploader.upload(BADGE, { use_filename: true });
  assert.match(unique.public_id, /^badge_[a-zA-Z0-9]{6}$/);
});

test('a remote picture is fetched', async () => {
  await cloudinary.uploader.upload(BADGE, { public_id: 'node/source' });
  const up = await cloudinary.uploader.upload(url('node/source', { format: 'png' }), { public_id: 'node/fetched' });
  assert.deepEqual([up.width, up.format, up.original_filename], [picture(readFileSync(BADGE)).width, 'png', 'source']);
  await fails(cloudinary.uploader.upload(`${host.origin}/demo-none/image/upload/missing.png`), 400, /^Error in loading .* - 404/);
  await fails(cloudinary.uploader.upload('http://169.254.169.254/latest/meta-data/x.png'), 400, /not allowed|Error in loading/);
});

test('eager renditions are made before the answer and carry the SDK\'s own URLs', async () => {
  const up = await cloudinary.uploader.upload(PHOTO, {
    public_id: 'node/eager',
    eager: [{ width: 120, height: 90, crop: 'fill' }, { width: 60, crop: 'scale', format: 'webp' }],
  });
  assert.equal(up.eager.length, 2);
  assert.deepEqual([up.eager[0].width, up.eager[0].height], [120, 90]);
  assert.equal(up.eager[0].url, url('node/eager', { version: up.version, format: 'jpg', width: 120, height: 90, crop: 'fill' }));
  assert.equal(up.eager[1].format, 'webp');
  assert.equal((await seen(up.eager[1].url)).width, 60);
  const again = await cloudinary.uploader.explicit('node/eager', { type: 'upload', eager: [{ width: 33, crop: 'scale' }], tags: ['fresh'] });
  assert.deepEqual([again.eager[0].width, again.tags], [33, ['fresh']]);
  const details = await cloudinary.api.resource('node/eager');
  assert.equal(details.derived.length, 3);
});

test('overwrite, rename, destroy and delete by token', async () => {
  const first = await cloudinary.uploader.upload(BADGE, { public_id: 'node/once' });
  const kept = await cloudinary.uploader.upload(PHOTO, { public_id: 'node/once', overwrite: false });
  assert.equal(kept.existing, true);
  assert.equal(kept.etag, first.etag);
  assert.equal((await seen(url('node/once', { width: 40, crop: 'scale', format: 'png' }))).height, 40);
  const over = await cloudinary.uploader.upload(PHOTO, { public_id: 'node/once', invalidate: true });
  assert.equal(over.asset_id, first.asset_id);
  assert.equal(over.overwritten, true);
  assert.equal((await seen(url('node/once', { width: 40, crop: 'scale', format: 'png' }))).height, Math.round(40 * size.height / size.width));

  const renamed = await cloudinary.uploader.rename('node/once', 'node/twice');
  assert.equal(renamed.public_id, 'node/twice');
  assert.equal((await get(url('node/once', { format: 'jpg' }))).status, 404);
  assert.equal((await get(url('node/twice', { format: 'jpg' }))).status, 200);
  await fails(cloudinary.uploader.rename('node/twice', 'node/photo'), 400, /already exists/);
  await fails(cloudinary.uploader.rename('node/none', 'node/x'), 404, /^Resource not found - node\/none/);

  assert.deepEqual(await cloudinary.uploader.destroy('node/twice'), { result: 'ok' });
  assert.deepEqual(await cloudinary.uploader.destroy('node/twice'), { result: 'not found' });
  const gone = await get(url('node/twice', { format: 'jpg' }));
  assert.equal(gone.status, 404);
  assert.equal(gone.headers.get('x-cld-error'), 'Resource not found - node/twice');

  const token = (await cloudinary.uploader.upload(BADGE, { public_id: 'node/token', return_delete_token: true })).delete_token;
  const answer = await fetch(`${host.origin}/v1_1/${cloudinary.config().cloud_name}/delete_by_token`, { method: 'POST', body: new URLSearchParams({ token }) });
  assert.deepEqual([answer.status, await answer.json()], [200, { result: 'ok' }]);
});

test('private and authenticated assets', async () => {
  await cloudinary.uploader.upload(BADGE, { public_id: 'node/private', type: 'private' });
  await cloudinary.uploader.upload(BADGE, { public_id: 'node/secret', type: 'authenticated' });
  assert.equal((await get(url('node/private', { type: 'private', format: 'png' }))).status, 401);
  assert.equal((await get(url('node/private', { type: 'private', format: 'png', sign_url: true }))).status, 200);
  assert.equal((await get(url('node/private', { type: 'private', format: 'png', width: 20, crop: 'scale' }))).status, 200);
  assert.equal((await get(url('node/secret', { type: 'authenticated', format: 'png', width: 20, crop: 'scale' }))).status, 401);
  for (const long_url_signature of [false, true]) {
    const signed = url('node/secret', { type: 'authenticated', format: 'png', width: 20, crop: 'scale', sign_url: true, long_url_signature });
    assert.equal((await seen(signed)).width, 20);
    assert.equal((await get(signed.replace('w_20', 'w_21'))).status, 401);
  }
});

test('raw files keep their extension and their bytes', async () => {
  const up = await cloudinary.uploader.upload(new URL('package.json', import.meta.url).pathname, { resource_type: 'raw', public_id: 'node/data.json' });
  assert.deepEqual([up.public_id, up.resource_type, up.format, up.width], ['node/data.json', 'raw', undefined, undefined]);
  const r = await get(up.url);
  assert.equal(r.body.toString(), readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  const auto = await cloudinary.uploader.upload(BADGE, { resource_type: 'auto', public_id: 'node/which' });
  assert.equal(auto.resource_type, 'image');
});

test('the Admin API lists, describes and deletes', async () => {
  assert.equal((await cloudinary.api.ping()).status, 'ok');
  for (const name of ['one', 'two', 'three']) await cloudinary.uploader.upload(BADGE, { public_id: `node/list/${name}`, tags: [name] });
  const page = await cloudinary.api.resources({ type: 'upload', prefix: 'node/list/', max_results: 2, tags: true });
  assert.deepEqual(page.resources.map((r) => r.public_id), ['node/list/one', 'node/list/three']);
  assert.deepEqual(page.resources[0].tags, ['one']);
  const rest = await cloudinary.api.resources({ type: 'upload', prefix: 'node/list/', max_results: 2, next_cursor: page.next_cursor });
  assert.deepEqual([rest.resources.map((r) => r.public_id), rest.next_cursor], [['node/list/two'], undefined]);
  assert.ok(page.rate_limit_remaining > 0);
  const byIds = await cloudinary.api.resources_by_ids(['node/list/one', 'node/list/none']);
  assert.equal(byIds.resources.length, 1);
  const one = await cloudinary.api.resource('node/list/one');
  assert.deepEqual([one.public_id, one.format, one.derived], ['node/list/one', 'png', []]);
  const gone = await cloudinary.api.delete_resources(['node/list/one', 'node/list/none']);
  assert.deepEqual(gone.deleted, { 'node/list/one': 'deleted', 'node/list/none': 'not_found' });
  await cloudinary.api.delete_resources_by_prefix('node/list/');
  assert.deepEqual((await cloudinary.api.resources({ type: 'upload', prefix: 'node/list/' })).resources, []);
  await fails(cloudinary.api.resource('node/list/one'), 404, /^Resource not found - node\/list\/one/);
});

test('bad calls get one clear sentence', async () => {
  const secret = cloudinary.config().api_secret;
  await fails(cloudinary.uploader.upload(BADGE, { api_secret: 'wrong' }), 401, /^Invalid Signature [0-9a-f]{40}\. String to sign - 'timestamp=\d+'\.$/);
  await fails(cloudinary.uploader.upload(BADGE, { timestamp: 1700000000 }), 400, /^Stale request - reported time is 2023-11-14 22:13:20 \+0000 which is more than 1 hour ago/);
  await fails(cloudinary.uploader.upload(new URL('package.json', import.meta.url).pathname), 400, /^Invalid image file/);
  const nothing = new Promise((resolve, reject) => {
    cloudinary.uploader.upload_stream({}, (error, result) => (error ? reject(error) : resolve(result))).end();
  });
  await fails(nothing, 400, /empty/i);
  await fails(cloudinary.api.ping({ api_key: 'nobody', api_secret: secret }), 401, /api_key/);
  for (const [text, message] of [['w_abc', 'Invalid width in transformation: abc'], ['fl_pdf', 'Invalid flag in transformation: pdf']]) {
    const r = await get(`${host.origin}/${cloudinary.config().cloud_name}/image/upload/${text}/v1/node/photo.jpg`);
    assert.deepEqual([r.status, r.headers.get('x-cld-error')], [400, message]);
  }
  const huge = await get(url('node/photo', { width: 90000, crop: 'scale', format: 'jpg' }));
  assert.equal(huge.status, 400);
});
