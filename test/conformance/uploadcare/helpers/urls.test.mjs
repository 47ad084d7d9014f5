// URLs as Uploadcare's own code builds them: the helpers of its blocks, which join operations, and
// its loader for Next.js, which chooses them by width and quality. And what they have to give.
import { createRequire } from 'node:module';
import { createCdnUrl, createCdnUrlModifiers, createOriginalUrl } from './node_modules/@uploadcare/blocks/utils/cdn-utils.js';
import { badge, judge, name, photo, server } from '../../judge.mjs';

const root = `${server}/uc/${name}`;
const uuid = (id) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const [file, mark] = [photo, badge].map(uuid);
const of = (id, ...operations) => createCdnUrl(`${root}/${id}/`, createCdnUrlModifiers(...operations));
const url = (...operations) => of(file, ...operations);
const named = (...operations) => createCdnUrl(`${root}/${file}/photo.jpg`, createCdnUrlModifiers(...operations));

process.env.NEXT_PUBLIC_UPLOADCARE_CUSTOM_CDN_DOMAIN = new URL(server).hostname;
const require = createRequire(import.meta.url);
const { uploadcareLoader } = require('./node_modules/@uploadcare/nextjs-loader/build/utils/loader.js');
function next(width, quality, parameters = '') {
  process.env.NEXT_PUBLIC_UPLOADCARE_TRANSFORMATION_PARAMETERS = parameters;
  return uploadcareLoader({ src: `${root}/${file}/photo.jpg`, width, quality });
}

const original = new URL(createOriginalUrl(server, file));

// Of the photograph, 1200x800.
judge([
  [`${root}${original.pathname}`, '1200x800 jpeg'],
  [url('preview'), '1200x800 jpeg'],
  [url('preview/300x300'), '300x200 jpeg'],
  [url('/preview/300x100/'), '150x100 jpeg'],
  [url('-/preview/2000x2000/'), '1200x800 jpeg'],
  [url('resize/600x'), '600x400 jpeg'],
  [url('resize/x500'), '750x500 jpeg'],
  [url('resize/300x300'), '300x300 jpeg'],
  [url('resize/1500x'), '1500x1000 jpeg'],
  [url('stretch/off', 'resize/1500x'), '1200x800 jpeg'],
  [url('stretch/fill', 'resize/1500x1100'), '1500x1100 jpeg'],
  [url('setfill/8d8578', 'stretch/fill', 'resize/1400x'), '1400x933 jpeg'],
  [url('smart_resize/500x500'), '500x500 jpeg'],
  [url('crop/400x300'), '400x300 jpeg'],
  [url('crop/400x301/center'), '400x301 jpeg'],
  [url('crop/400x302/100,50'), '400x302 jpeg'],
  [url('crop/50px50p/center'), '600x400 jpeg'],
  [url('crop/320x50p/25p,25p'), '320x400 jpeg'],
  [url('crop/16:9'), '1200x675 jpeg'],
  [url('crop/1:1/right'), '800x800 jpeg'],
  [url('crop/image/1:1'), '800x800 jpeg'],
  [url('crop/1300x900/center'), '1300x900 jpeg'],
  [url('crop/800x800/center', 'resize/100x100'), '100x100 jpeg'],
  [url('resize/800x', 'crop/200x200/center'), '200x200 jpeg'],
  [url('scale_crop/300x300'), '300x300 jpeg'],
  [url('scale_crop/300x301/center'), '300x301 jpeg'],
  [url('scale_crop/640x200/50p,80p'), '640x200 jpeg'],
  [url('scale_crop/440x440/smart'), '440x440 jpeg'],
  [url('scale_crop/440x441/smart_faces_objects/center'), '440x441 jpeg'],
  [url('scale_crop/440x442/smart_points/30p,50p'), '440x442 jpeg'],
  [url('stretch/off', 'scale_crop/76x76/center'), '76x76 jpeg'],
  [url('preview', 'rotate/90'), '800x1200 jpeg'],
  [url('preview', 'rotate/180'), '1200x800 jpeg'],
  [url('preview/600x600', 'rotate/270'), '400x600 jpeg'],
  [url('preview/610x610', 'flip'), '610x407 jpeg'],
  [url('preview/610x610', 'mirror'), '610x407 jpeg'],
  [url('preview/612x612', 'grayscale'), '612x408 jpeg'],
  [url('preview/614x614', 'invert'), '614x409 jpeg'],
  [url('preview/616x616', 'enhance/50'), '616x411 jpeg'],
  [url('preview/618x618', 'filter/briaril/60'), '618x412 jpeg'],
  [url('preview/620x620', 'blur/200/-120'), '620x413 jpeg'],
  [url('preview/622x622', 'sharp/10'), '622x415 jpeg'],
  [url('preview/624x624', 'blur_region/130x180/220,25'), '624x416 jpeg'],
  [url('preview/626x626', 'blur_region/faces/250'), '626x417 jpeg'],
  [url('preview/300x300', 'brightness/20', 'exposure/50', 'gamma/120', 'contrast/30', 'saturation/50', 'vibrance/40', 'warmth/-30'), '300x200 jpeg'],
  [url('scale_crop/440x440/center', 'overlay/self/50px50p/center/30p'), '440x440 jpeg'],
  [url('scale_crop/440x440/center', `overlay/${mark}/50px50p/right,bottom`), '440x440 jpeg'],
  [url('preview/440x440', 'rect/ff000080/50px33p/50p,50p'), '440x293 jpeg'],
  [url('preview/440x440', 'text_align/right/bottom', 'font/20/fff', 'text/80px80p/center/Hello'), '440x293 jpeg'],
  [url('preview/442x442', 'font/bold/30/ff0000/NotoMono', 'text_box/line/00000080/10', 'text/100px50p/0,0/50~s2~n~~x'), '442x295 jpeg'],
  [url('scale_crop/300x300/center', 'border_radius/50p', 'format/png'), '300x300 png'],
  [url('scale_crop/300x300/center', 'border_radius/50p', 'setfill/ece3d2', 'format/jpeg'), '300x300 jpeg'],
  [url('preview/320x320', 'format/webp', 'quality/lightest'), '320x213 webp'],
  [url('preview/320x320', 'format/avif', 'quality/best'), '320x213 avif'],
  [url('preview/320x320', 'format/jpeg', 'quality/smart', 'progressive/yes'), '320x213 jpeg'],
  [url('preview/320x320', 'format/preserve', 'strip_meta/none'), '320x213 jpeg'],
  [url('preview/320x320', 'format/auto', 'quality/smart_retina'), '320x213 webp', 'image/webp,*/*'],
  [url('preview/320x320'), '320x213 avif', 'image/avif,image/webp,*/*'],
  [named('preview/330x330'), '330x220 jpeg'],
  [named(null, '', 'preview/332x332', '/rotate/90/'), '221x332 jpeg'],
  [url('brightness/20', 'mirror', 'rotate/90', 'crop/600x600/0,0', 'preview'), '600x600 jpeg'],
  [url('format/auto', 'progressive/yes', 'crop/800x600/100,50', 'quality/normal', 'stretch/off', 'resize/1000x', '@clib/blocks/1.29.1/uc-cloud-image-editor/'), '800x600 jpeg'],
  [of(mark, 'preview/150x150'), '150x100 png'],
  [of(mark, 'format/jpeg', 'setfill/ff0000', 'resize/90x'), '90x60 jpeg'],
  [of(mark, 'trim', 'resize/100x'), '100x100 png'],
  [next(640), '640x427 jpeg'],
  [next(750, 75), '750x500 jpeg'],
  [next(828, 30), '828x552 jpeg'],
  [next(1080, 85), '1080x720 webp', 'image/webp,*/*'],
  [next(256, 100), '256x171 avif', 'image/avif,*/*'],
  [next(384, 80, 'format/png'), '384x256 png'],
  [next(384, 80, 'format/jpeg, progressive/yes, rotate/90'), '256x384 jpeg'],
  [next(1920), '1200x800 jpeg'],
], 70);
