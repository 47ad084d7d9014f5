// Structured metadata by the official Node SDK against a running Tintype.
// CLOUDINARY_URL points at it; BADGE is a file to upload.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { v2 as cloudinary } from 'cloudinary';

const { BADGE } = process.env;
const { api, uploader } = cloudinary;

async function fails(promise, status, message) {
  const failure = await promise.then(() => assert.fail('the call succeeded'), (e) => e);
  const error = failure.error ?? failure;
  assert.equal(error.http_code, status, JSON.stringify(error));
  assert.match(error.message, message);
}

const colours = { values: [{ external_id: 'r', value: 'Red' }, { external_id: 'g', value: 'Green' }, { value: 'Blue' }] };

test('fields are defined, changed, ordered and deleted', async () => {
  const sku = await api.add_metadata_field({ external_id: 'node_sku', label: 'SKU', type: 'string' });
  assert.deepEqual([sku.external_id, sku.type, sku.mandatory, sku.default_value, sku.validation], ['node_sku', 'string', false, null, null]);
  const stock = await api.add_metadata_field({
    external_id: 'node_stock', label: 'Stock', type: 'integer', default_value: 5, validation: { type: 'less_than', equals: true, value: 5 },
  });
  assert.equal(stock.default_value, 5);
  await fails(api.add_metadata_field({
    external_id: 'node_other', label: 'Other', type: 'integer', default_value: 6, validation: { type: 'less_than', equals: true, value: 5 },
  }), 400, /default_value is invalid/);
  const changed = await api.update_metadata_field('node_sku', { external_id: 'x', type: 'integer', label: 'Stock keeping unit', default_value: 'none' });
  assert.deepEqual([changed.external_id, changed.type, changed.label, changed.default_value], ['node_sku', 'string', 'Stock keeping unit', 'none']);

  const set = await api.add_metadata_field({ external_id: 'node_colours', label: 'Colours', type: 'set', datasource: colours });
  assert.equal(set.datasource.values.length, 3);
  assert.ok(set.datasource.values.every((v) => v.external_id && v.state === 'active'));
  let left = await api.delete_datasource_entries('node_colours', ['r']);
  assert.deepEqual(left.values.map((v) => v.value), ['Green', 'Blue']);
  left = await api.restore_metadata_field_datasource('node_colours', ['r']);
  assert.equal(left.values.length, 3);
  left = await api.order_metadata_field_datasource('node_colours', 'value', 'desc');
  assert.deepEqual(left.values.map((v) => v.value), ['Red', 'Green', 'Blue']);
  left = await api.update_metadata_field_datasource('node_colours', { values: [{ external_id: 'r', value: 'Crimson' }] });
  assert.deepEqual(left.values[0], { external_id: 'r', value: 'Crimson' });

  const all = await api.reorder_metadata_fields('label', 'asc');
  assert.deepEqual(all.metadata_fields.map((f) => f.label), ['Colours', 'Stock', 'Stock keeping unit']);
  assert.deepEqual((await api.list_metadata_fields()).metadata_fields, all.metadata_fields);

  await api.add_metadata_field({ external_id: 'node_gone', label: 'Gone', type: 'date' });
  assert.equal((await api.delete_metadata_field('node_gone')).message, 'ok');
  await fails(api.metadata_field_by_field_id('node_gone'), 404, /node_gone/);
  await fails(api.add_metadata_field({ external_id: 'node_gone', label: 'Again', type: 'date' }), 400, /external id node_gone already exists/);
});

test('values go with uploads, changes and listings', async () => {
  const up = await uploader.upload(BADGE, { public_id: 'node/valued', metadata: { node_sku: 'a=1|b', node_stock: '3', node_colours: ['r', 'g'] } });
  assert.deepEqual(up.metadata, { node_sku: 'a=1|b', node_stock: 3, node_colours: ['r', 'g'] });
  await fails(uploader.upload(BADGE, { metadata: { node_stock: 9 } }), 400, /node_stock/);
  await fails(uploader.upload(BADGE, { metadata: { nobody: 'x' } }), 400, /nobody/);

  const explicit = await uploader.explicit('node/valued', { type: 'upload', metadata: { node_stock: 4, node_sku: '' } });
  assert.deepEqual(explicit.metadata, { node_stock: 4, node_colours: ['r', 'g'] });
  const many = await uploader.update_metadata({ node_colours: ['g'] }, ['node/valued', 'node/missing']);
  assert.deepEqual(many.public_ids, ['node/valued']);
  const row = (list) => list.resources.find((r) => r.public_id === 'node/valued');
  assert.deepEqual(row(await api.resources({ type: 'upload', prefix: 'node/valued', metadata: true })).metadata, { node_stock: 4, node_colours: ['g'] });
  assert.ok(!('metadata' in row(await api.resources({ type: 'upload', prefix: 'node/valued', metadata: false }))));
  assert.deepEqual((await api.resource('node/valued')).metadata, { node_stock: 4, node_colours: ['g'] });

  await api.delete_datasource_entries('node_colours', ['g']);
  const cleared = await api.update('node/valued', { clear_invalid: true });
  assert.deepEqual(cleared.metadata, { node_stock: 4 });
  const found = await cloudinary.search.expression('metadata.node_stock=4').with_field('metadata').execute();
  assert.deepEqual(found.resources.map((r) => r.metadata), [{ node_stock: 4 }]);
});

test('rules make fields depend on each other', async () => {
  const rule = await api.add_metadata_rule({
    metadata_field_id: 'node_sku', name: 'much stock has a number',
    condition: { metadata_field_id: 'node_stock', equals: 2 }, result: { enable: true, apply_value: { value: 'bulk', mode: 'default' } },
  });
  assert.equal(rule.state, 'active');
  assert.deepEqual((await uploader.upload(BADGE, { metadata: { node_stock: 2, node_sku: 'x' } })).metadata, { node_stock: 2, node_sku: 'x' });
  await fails(uploader.upload(BADGE, { metadata: { node_stock: 1, node_sku: 'x' } }), 400, /node_sku/);
  await fails(api.delete_metadata_field('node_sku'), 400, /used by the metadata rule/);
  assert.equal((await api.update_metadata_rule(rule.external_id, { state: 'inactive' })).state, 'inactive');
  assert.equal((await api.list_metadata_rules()).metadata_rules.length, 1);
  await uploader.upload(BADGE, { metadata: { node_stock: 1, node_sku: 'x' } });
  await api.delete_metadata_rule(rule.external_id);
  for (const id of ['node_sku', 'node_stock', 'node_colours']) await api.delete_metadata_field(id);
  assert.deepEqual((await api.list_metadata_fields()).metadata_fields, []);
});
