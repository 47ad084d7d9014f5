package imagekit

import "strings"

// otherParams are the parameters that the vendor knows and that are not
// offered here, by key.
var otherParams = words(`so eo du vc ac sr c2pa
	e-bgremove e-removedotbg e-changebg e-edit e-dropshadow e-retouch e-upscale e-genvar
	oi ot ots otf otc oth otbg otp otia ott otw oa or ox oy ofo ow oh oq ob obg oit otr oir oat odp obl oiar oic oicm oix oiy oixc oiyc oie oter`)

// objects are what fo can look for; several are joined by underscores.
var objects = words(`person bicycle car motorcycle airplane bus train truck boat trafficLight
	fireHydrant stopSign parkingMeter bench bird cat dog horse sheep cow elephant bear zebra giraffe
	backpack umbrella handbag tie suitcase frisbee skis snowboard sportsBall kite baseballBat
	baseballGlove skateboard surfboard tennisRacket bottle wineGlass cup fork knife spoon bowl banana
	apple sandwich orange broccoli carrot hotDog pizza donut cake chair couch pottedPlant bed
	diningTable toilet tv laptop mouse remote keyboard cellPhone microwave oven toaster sink
	refrigerator book clock vase scissors teddyBear hairDrier toothbrush`)

func isObject(v string) bool {
	for _, part := range strings.Split(v, "_") {
		if !objects[part] {
			return false
		}
	}
	return true
}

// outputFormats are the values of f that can be made, besides "auto" and "orig".
var outputFormats = map[string]string{
	"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp", "avif": "avif", "gif": "gif",
}

// otherFormats are values of f that are not offered here.
var otherFormats = words("svg mp4 webm")

// builtIn are the named transformations that every account has.
var builtIn = map[string]string{
	"ik_ml_thumbnail":         "w-400,h-300,c-at_max",
	"media_library_thumbnail": "w-400,h-300,c-at_max",
}

// positionKeys say where a layer lies, wherever they stand in it.
var positionKeys = words("lx ly lxc lyc lap lfo lm")

// timingKeys say when a layer is seen in a video.
var timingKeys = words("lso leo ldu")
