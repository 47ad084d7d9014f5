// URLs as the official builder @cloudinary/url-gen makes them, and what they have to give.
import { Cloudinary, Transformation } from '@cloudinary/url-gen';
import * as adjust from '@cloudinary/url-gen/actions/adjust';
import { solid } from '@cloudinary/url-gen/actions/border';
import { ifCondition } from '@cloudinary/url-gen/actions/conditional';
import * as delivery from '@cloudinary/url-gen/actions/delivery';
import * as effect from '@cloudinary/url-gen/actions/effect';
import { source } from '@cloudinary/url-gen/actions/overlay';
import { source as under } from '@cloudinary/url-gen/actions/underlay';
import { distort, distortArc, shear, trim, cutByImage } from '@cloudinary/url-gen/actions/reshape';
import * as resize from '@cloudinary/url-gen/actions/resize';
import { byAngle, mode } from '@cloudinary/url-gen/actions/rotate';
import { byRadius, max } from '@cloudinary/url-gen/actions/roundCorners';
import { set } from '@cloudinary/url-gen/actions/variable';
import { ar16X9, ar1X1, ar4X3 } from '@cloudinary/url-gen/qualifiers/aspectRatio';
import { auto, blurred, border as edge, color, predominant } from '@cloudinary/url-gen/qualifiers/background';
import { multiply, screen } from '@cloudinary/url-gen/qualifiers/blendMode';
import { chroma444 } from '@cloudinary/url-gen/qualifiers/chromaSubSampling';
import { expression } from '@cloudinary/url-gen/qualifiers/expression';
import { face, faces } from '@cloudinary/url-gen/qualifiers/focusOn';
import { autoGravity, compass, focusOn, xyCenter } from '@cloudinary/url-gen/qualifiers/gravity';
import { Position } from '@cloudinary/url-gen/qualifiers/position';
import { horizontalFlip, verticalFlip } from '@cloudinary/url-gen/qualifiers/rotationMode';
import { image, text } from '@cloudinary/url-gen/qualifiers/source';
import { TextStyle } from '@cloudinary/url-gen/qualifiers/textStyle';
import { judge, name, server } from '../../judge.mjs';

const cloud = new Cloudinary({
  cloud: { cloudName: name }, url: { secure: false, cname: new URL(server).host, analytics: false },
});
const url = (...actions) => actions.reduce((im, a) => im.addAction(a), cloud.image('photo')).toURL();
const as = (format) => delivery.format(format);
const [jpg, png, webp] = ['jpg', 'png', 'webp'].map(as);
const small = (w) => resize.scale().width(w);
const place = (at) => new Position().gravity(compass(at));
const plainText = (words, font = 'Arial', px = 30) => text(words, new TextStyle(font, px));

// Of the photograph, 1200x800.
judge([
  [url(resize.scale().width(300), jpg), '300x200 jpeg'],
  [url(resize.scale().height(100), png), '150x100 png'],
  [url(resize.scale(100, 100), jpg), '100x100 jpeg'],
  [url(resize.scale().width('0.25'), webp), '300x200 webp'],
  [url(resize.scale().width(320).aspectRatio(ar16X9()), jpg), '320x180 jpeg'],
  [url(resize.fit(200, 200), jpg), '200x133 jpeg'],
  [url(resize.limitFit(2000, 2000), jpg), '1200x800 jpeg'],
  [url(resize.minimumFit(1800, 100), webp), '1200x800 webp'],
  [url(resize.fill(250, 250), jpg), '250x250 jpeg'],
  [url(resize.fill(250, 251).gravity(compass('north')), jpg), '250x251 jpeg'],
  [url(resize.fill(250, 252).gravity(focusOn(face())), jpg), '250x252 jpeg'],
  [url(resize.fill(250, 253).gravity(focusOn(faces())), jpg), '250x253 jpeg'],
  [url(resize.fill(250, 254).gravity(autoGravity()), jpg), '250x254 jpeg'],
  [url(resize.fill(250, 255).gravity(xyCenter()).x(100).y(50), jpg), '250x255 jpeg'],
  [url(resize.fill().width(400).aspectRatio(ar4X3()), jpg), '400x300 jpeg'],
  [url(resize.fill().height(400).aspectRatio('2.5'), jpg), '1000x400 jpeg'],
  [url(resize.limitFill(2000, 1000), jpg), '1200x800 jpeg'],
  [url(resize.pad(300, 300), jpg), '300x300 jpeg'],
  [url(resize.pad(300, 301).background(color('lightblue')), jpg), '300x301 jpeg'],
  [url(resize.pad(300, 302).background(color('#ff000080')), png), '300x302 png'],
  [url(resize.pad(300, 303).background(auto()), jpg), '300x303 jpeg'],
  [url(resize.pad(300, 304).background(blurred().intensity(400).brightness(15)), jpg), '300x304 jpeg'],
  [url(resize.pad(300, 305).background(edge()), jpg), '300x305 jpeg'],
  [url(resize.pad(300, 306).background(predominant()), jpg), '300x306 jpeg'],
  [url(resize.pad(300, 307).gravity(compass('south_west')), jpg), '300x307 jpeg'],
  [url(resize.limitPad(1400, 1400).background(color('red')), jpg), '1400x1400 jpeg'],
  [url(resize.minimumPad(1300, 900).background(color('red')), jpg), '1300x900 jpeg'],
  [url(resize.crop(400, 300), jpg), '400x300 jpeg'],
  [url(resize.crop(401, 300).x(20).y(30), jpg), '401x300 jpeg'],
  [url(resize.crop('0.5', '0.25').gravity(compass('south_east')), jpg), '600x200 jpeg'],
  [url(resize.crop().width(500).aspectRatio(ar1X1()), jpg), '500x500 jpeg'],
  [url(resize.thumbnail(150, 150).gravity(focusOn(face())), jpg), '150x150 jpeg'],
  [url(resize.thumbnail(150, 151).gravity(autoGravity()).zoom(1.2), jpg), '150x151 jpeg'],
  [url(resize.fill(100, 100), delivery.dpr(2), jpg), '200x200 jpeg'],
  [url(byAngle(90), jpg), '800x1200 jpeg'],
  [url(byAngle(-45), small(300), png), '300x300 png'],
  [url(mode(horizontalFlip()), small(310), jpg), '310x207 jpeg'],
  [url(mode(verticalFlip()), small(312), jpg), '312x208 jpeg'],
  [url(resize.fill(200, 200), max(), png), '200x200 png'],
  [url(resize.fill(200, 201), byRadius(20), png), '200x201 png'],
  [url(resize.fill(200, 202), byRadius(20, 0, 40, 10), webp), '200x202 webp'],
  [url(small(300), solid(5, 'green'), jpg), '310x210 jpeg'],
  [url(small(300), solid(6, '#12345678').roundCorners(byRadius(30)), png), '312x212 png'],
  [url(small(320), adjust.brightness().level(30), jpg), '320x213 jpeg'],
  [url(small(321), adjust.contrast().level(-40), jpg), '321x214 jpeg'],
  [url(small(322), adjust.saturation(70), jpg), '322x215 jpeg'],
  [url(small(323), adjust.hue(40), jpg), '323x215 jpeg'],
  [url(small(324), adjust.gamma(50), jpg), '324x216 jpeg'],
  [url(small(325), adjust.vibrance(70), jpg), '325x217 jpeg'],
  [url(small(326), adjust.sharpen(150), jpg), '326x217 jpeg'],
  [url(small(327), adjust.unsharpMask(300), jpg), '327x218 jpeg'],
  [url(small(328), adjust.improve().blend(50), jpg), '328x219 jpeg'],
  [url(small(329), adjust.autoContrast(), jpg), '329x219 jpeg'],
  [url(small(330), adjust.autoColor(80), jpg), '330x220 jpeg'],
  [url(small(331), adjust.autoBrightness(), jpg), '331x221 jpeg'],
  [url(small(332), adjust.fillLight().blend(60).bias(20), jpg), '332x221 jpeg'],
  [url(small(333), adjust.tint('100:red:blue:yellow'), jpg), '333x222 jpeg'],
  [url(small(334), adjust.replaceColor('red').fromColor('blue').tolerance(40), jpg), '334x223 jpeg'],
  [url(small(335), adjust.opacity(50), png), '335x223 png'],
  [url(small(336), adjust.red(20), jpg), '336x224 jpeg'],
  [url(small(337), adjust.recolor([[0.3, 0.7, 0.1], [0.3, 0.6, 0.1], [0.2, 0.5, 0.1]]), jpg), '337x225 jpeg'],
  [url(small(338), effect.sepia(), jpg), '338x225 jpeg'],
  [url(small(339), effect.sepia(50), jpg), '339x226 jpeg'],
  [url(small(340), effect.grayscale(), jpg), '340x227 jpeg'],
  [url(small(341), effect.blackwhite(60), jpg), '341x227 jpeg'],
  [url(small(342), effect.negate(), jpg), '342x228 jpeg'],
  [url(small(343), effect.blur(300), jpg), '343x229 jpeg'],
  [url(small(344), effect.pixelate(20), jpg), '344x229 jpeg'],
  [url(small(345), effect.oilPaint(30), jpg), '345x230 jpeg'],
  [url(small(346), effect.cartoonify().lineStrength(60).blackwhite(), jpg), '346x231 jpeg'],
  [url(small(347), effect.colorize(40).color('red'), jpg), '347x231 jpeg'],
  [url(small(348), effect.vignette(40), jpg), '348x232 jpeg'],
  [url(small(349), effect.gradientFade().strength(30), png), '349x233 png'],
  [url(small(350), effect.artisticFilter('athena'), jpg), '350x233 jpeg'],
  [url(small(351), effect.dither().type(3), png), '351x234 png'],
  [url(small(352), effect.simulateColorBlind().condition('protanopia'), jpg), '352x235 jpeg'],
  [url(small(353), effect.assistColorBlind().xray(), jpg), '353x235 jpeg'],
  [url(small(354), effect.makeTransparent().tolerance(20), png), '354x236 png'],
  [url(small(300), trim().colorSimilarity(0), jpg), '300x200 jpeg'],
  [url(small(200), distort([0, 0, 300, 0, 300, 150, 0, 150]), png), '300x150 png'],
  [url(small(200), shear(0, 0), jpg), '200x133 jpeg'],
  [url(small(360), cutByImage(image('badge')), png), '300x200 png'],
  [url(source(image('badge')), jpg), '1200x800 jpeg'],
  [url(source(image('badge').transformation(new Transformation().resize(resize.scale().width(100)))).position(place('south_east').offsetX(10).offsetY(10)), jpg), '1200x800 jpeg'],
  [url(resize.fill(200, 200), source(image('badge')), png), '300x200 png'],
  [url(small(600), source(image('badge')).blendMode(multiply()), jpg), '600x400 jpeg'],
  [url(small(601), source(image('badge')).blendMode(screen()), jpg), '601x401 jpeg'],
  [url(small(602), under(image('badge')), jpg), '602x401 jpeg'],
  [url(small(603), source(plainText('Hello, world')), jpg), '603x402 jpeg'],
  [url(small(604), source(text('Größe 50% / 2', new TextStyle('Open Sans', 25).fontWeight('bold').fontStyle('italic').textDecoration('underline').letterSpacing(4)).textColor('#ff8800')), jpg), '604x403 jpeg'],
  [url(small(605), source(plainText('on colour', 'Roboto').backgroundColor('yellow')).position(place('north_west')), jpg), '605x403 jpeg'],
  [url(ifCondition('width > 600', new Transformation().resize(resize.scale().width(120))), jpg), '120x80 jpeg'],
  [url(ifCondition('width < 600', new Transformation().resize(resize.scale().width(120))).otherwise(new Transformation().resize(resize.scale().width(240))), jpg), '240x160 jpeg'],
  [url(set('side', 150), resize.fill('$side', expression('$side * 2')), jpg), '150x300 jpeg'],
  [url(small(300), delivery.quality(50), webp), '300x200 webp'],
  [url(small(300), delivery.quality('auto:eco'), jpg), '300x200 jpeg'],
  [url(small(300), delivery.quality(60).chromaSubSampling(chroma444()), jpg), '300x200 jpeg'],
  [url(small(300), as('auto')), '300x200 jpeg'],
  [url(small(300), as('auto'), delivery.quality('auto')), '300x200 webp', 'image/webp,*/*'],
  [url(small(300), as('auto')), '300x200 avif', 'image/avif,image/webp,*/*'],
  [url(small(300), as('jpg').progressive()), '300x200 jpeg'],
  [url(small(300), as('png').lossy()), '300x200 jpeg'],
  [url(small(300), delivery.colorSpace('srgb'), jpg), '300x200 jpeg'],
  [url(small(300), delivery.density(200), jpg), '300x200 jpeg'],
  [url(small(300), as('avif')), '300x200 avif'],
  [url(small(301), as('gif')), '301x201 gif'],
  [cloud.image('photo').resize(resize.scale(90)).setVersion(7).setSuffix('seo').format('jpg').toURL(), '90x60 jpeg'],
], 100);
