// Files made of other files, as the official Node SDK asks for them.
// CLOUDINARY_URL points at a running Tintype; BADGE and ORBIT are files to upload.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { v2 as cloudinary } from 'cloudinary';
import { picture } from './picture.mjs';

const { BADGE, ORBIT } = process.env;
const dir = mkdtempSync(join(tmpdir(), 'composed-'));
const soon = () => Date.now() / 1000 + 60;

async function get(address) {
  const response = await fetch(address);
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

// entries lists an archive with the system's own program.
function entries(body, tgz) {
  const file = join(dir, `${Math.random()}`);
  writeFileSync(file, body);
  const list = tgz ? execFileSync('tar', ['tzf', file]) : execFileSync('unzip', ['-Z1', file]);
  return list.toString().trim().split('\n').sort();
}

before(async () => {
  await cloudinary.uploader.upload(BADGE, { public_id: 'composed/one', tags: ['composed'] });
  await cloudinary.uploader.upload(ORBIT, { public_id: 'composed/two', tags: ['composed'] });
});

test('zip archives are downloaded by a signed URL', async () => {
  const r = await get(cloudinary.utils.download_zip_url({
    target_public_id: 'my set', public_ids: ['composed/two', 'composed/one'], target_tags: 'x', expires_at: soon(),
  }));
  assert.deepEqual([r.status, r.headers.get('x-cld-error')], [200, null]);
  assert.equal(r.headers.get('content-type'), 'application/zip');
  assert.equal(r.headers.get('content-disposition'), 'attachment; filename="my set.zip"');
  assert.deepEqual(entries(r.body), ['composed/one.png', 'composed/two.gif']);
  const tgz = await get(cloudinary.utils.download_archive_url({ tags: ['composed'], target_format: 'tgz', flatten_folders: true }));
  assert.deepEqual(entries(tgz.body, true), ['one.png', 'two.gif']);
  const older = await get(cloudinary.utils.zip_download_url('composed', { width: 20, crop: 'scale' }));
  assert.deepEqual([older.status, entries(older.body)], [200, ['composed/one.png', 'composed/two.gif']]);
  const folder = await get(cloudinary.utils.download_folder('composed/', { expires_at: soon() }));
  assert.deepEqual([folder.status, entries(folder.body)], [200, ['composed/one.png', 'composed/two.gif']]);
  assert.equal((await get(cloudinary.utils.download_folder('composed/', { expires_at: 1000 }))).status, 401);
  assert.equal((await get(cloudinary.utils.download_zip_url({ public_ids: ['none'] }))).status, 404);
});

test('archives are stored as raw files', async () => {
  const made = await cloudinary.uploader.create_archive({
    target_public_id: 'composed-set', public_ids: ['composed/one', 'composed/two'], target_tags: ['a', 'b'], mode: 'create',
    transformations: [{ width: 10, crop: 'scale' }, { width: 20, crop: 'scale', format: 'png' }], skip_transformation_name: true,
  });
  assert.deepEqual([made.public_id, made.resource_type, made.resource_count, made.file_count, made.tags], ['composed-set.zip', 'raw', 2, 4, ['a', 'b']]);
  assert.equal(made.signature, cloudinary.utils.api_sign_request({ public_id: made.public_id, version: made.version }, cloudinary.config().api_secret, undefined, 1));
  const r = await get(made.url);
  assert.deepEqual([r.status, r.body.length], [200, made.bytes]);
  assert.equal(entries(r.body).length, 4);
  const both = await cloudinary.uploader.create_zip({
    fully_qualified_public_ids: ['image/upload/composed/one', 'raw/upload/composed-set.zip'], resource_type: 'auto',
  });
  assert.deepEqual([both.file_count, both.url.slice(-4)], [2, '.zip']);
});

test('originals are downloaded by a signed URL', async () => {
  await cloudinary.uploader.upload(BADGE, { public_id: 'composed/secret', type: 'private' });
  const r = await get(cloudinary.utils.private_download_url('composed/secret', 'png', { type: 'private', attachment: true, expires_at: soon() }));
  assert.deepEqual([r.status, r.headers.get('x-cld-error')], [200, null]);
  assert.equal(Buffer.compare(r.body, readFileSync(BADGE)), 0);
  assert.match(r.headers.get('content-disposition'), /^attachment; filename="badge\.png"/);
  const webp = await get(cloudinary.utils.private_download_url('composed/secret', 'webp', { type: 'private' }));
  assert.equal(picture(webp.body).format, 'webp');
  assert.equal((await get(cloudinary.utils.private_download_url('composed/none', 'png', { type: 'private' }))).status, 404);
  const backup = await get(cloudinary.utils.download_backedup_asset('b71b23d9c89a81a254b88a91a9dad8cd', '0e493356d8a40b856c4863c026891a4e'));
  assert.notEqual(backup.status, 401);
});

test('texts are drawn and lend their style', async () => {
  const plain = await cloudinary.uploader.text('hello world');
  assert.ok(plain.width > 50 && plain.width < 70 && plain.height > 5 && plain.height < 15, `${plain.width} x ${plain.height}`);
  assert.deepEqual([plain.type, plain.format, plain.resource_type], ['text', 'png', 'image']);
  const big = await cloudinary.uploader.text('hello world', { public_id: 'composed_look', font_size: 60, font_color: 'red', font_weight: 'bold', text_decoration: 'underline' });
  assert.ok(big.width > 4 * plain.width, `${big.width}`);
  assert.equal(picture((await get(big.url)).body).width, big.width);
  await cloudinary.uploader.upload(BADGE, { public_id: 'composed/base' });
  const layer = cloudinary.url('composed/base', { secure: false, urlAnalytics: false, cname: new URL(big.url).host, format: 'png', transformation: [{ overlay: 'text:composed_look:other%20words' }] });
  const r = await get(layer);
  assert.deepEqual([r.status, r.headers.get('x-cld-error')], [200, null]);
  assert.ok(picture(r.body).width > big.width * 0.8, layer);
});

test('images of a tag play, or lie on a sheet', async () => {
  for (const name of ['m1', 'm2', 'm3']) await cloudinary.uploader.upload(BADGE, { public_id: `composed/${name}`, tags: ['reel'] });
  const gif = await cloudinary.uploader.multi('reel', { transformation: { width: 60, crop: 'scale' } });
  assert.equal(gif.public_id, 'reel');
  assert.match(gif.url, /\/image\/multi\/c_scale,w_60\/v\d+\/reel\.gif$/);
  const moving = picture((await get(gif.url)).body);
  assert.deepEqual([moving.format, moving.width], ['gif', 60]);
  for (const [format, type] of [['pdf', 'application/pdf'], ['webp', 'image/webp'], ['mp4', 'video/mp4'], ['webm', 'video/webm'], ['png', 'image/png']]) {
    const made = await cloudinary.uploader.multi('reel', { format });
    const r = await get(made.url);
    assert.deepEqual([r.status, r.headers.get('content-type'), r.headers.get('x-cld-error')], [200, type, null], made.url);
  }
  const pdf = await cloudinary.uploader.multi('reel', { transformation: { width: 60, crop: 'scale', fetch_format: 'pdf' } });
  assert.match(pdf.url, /\.pdf$/);
  const sheet = await cloudinary.uploader.generate_sprite('reel', { transformation: { width: 40, crop: 'scale' } });
  assert.match(sheet.css_url, /c_scale,w_40/);
  assert.deepEqual(Object.keys(sheet.image_infos).sort(), ['composed/m1', 'composed/m2', 'composed/m3']);
  assert.equal((await get(sheet.image_url)).headers.get('content-type'), 'image/png');
  assert.match((await get(sheet.css_url)).body.toString(), /\.composed_m1 \{/);
  assert.deepEqual(JSON.parse((await get(sheet.json_url)).body.toString()), sheet.image_infos);
  const batch = await cloudinary.uploader.explode('composed/m1', { transformation: { page: 'all' } });
  assert.deepEqual([batch.status, batch.batch_id.length], ['processing', 32]);
});
