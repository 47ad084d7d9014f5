// What judges of URLs share: a photograph of 1200x800 and a badge of 300x200 that
// is partly transparent, and the question whether a URL gives what is expected.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { picture } from './cloudinary/node/picture.mjs';

const account = new URL(process.env.CLOUDINARY_URL.replace('cloudinary:', 'http:'));

// server is the root of the server, without a slash at its end.
export const server = account.searchParams.get('upload_prefix');

// name is that of the account.
export const name = account.hostname;

async function upload(file, publicID) {
  const form = new FormData();
  form.set('file', new Blob([readFileSync(file)]), publicID);
  form.set('public_id', publicID);
  const credentials = Buffer.from(`${account.username}:${account.password}`).toString('base64');
  const answer = await fetch(`${server}/v1_1/${name}/image/upload`, { method: 'POST', body: form, headers: { authorization: `Basic ${credentials}` } });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()).asset_id;
}

// photo and badge are the ids of the files photo and badge.
export const photo = await upload(process.env.PHOTO_1200, 'photo');
export const badge = await upload(process.env.BADGE_300, 'badge');

async function look({ url, width, height, format, accept = '*/*' }) {
  const answer = await fetch(url, { headers: { accept } });
  const body = Buffer.from(await answer.arrayBuffer());
  const said = answer.headers.get('x-cld-error') ?? body.toString('utf8', 0, 200);
  assert.equal(answer.status, 200, `${url}: ${answer.status} ${said}`);
  const seen = picture(body);
  assert.deepEqual([seen.width, seen.height, seen.format], [width, height, format], url);
  assert.equal(answer.headers.get('content-type'), `image/${format}`, url);
}

// judge asks for every URL: a case is [url, 'WIDTHxHEIGHT format', accept], of
// which the second says what the documentation promises, in numbers that were worked out by hand.
export function judge(cases, least) {
  test(`${cases.length} URLs`, async (t) => {
    assert.ok(cases.length >= least, `${cases.length} URLs, ${least} were promised`);
    assert.equal(new Set(cases.map((c) => c[0] + c[2])).size, cases.length, 'a URL is there twice');
    await Promise.all([0, 1, 2, 3].map(async (k) => {
      for (let i = k; i < cases.length; i += 4) {
        const [url, expected, accept] = cases[i];
        const [size, format] = expected.split(' ');
        const [width, height] = size.split('x').map(Number);
        await t.test(url.slice(server.length), () => look({ url, width, height, format, accept }));
      }
    }));
  });
}
