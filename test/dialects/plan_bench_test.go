package dialects

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/dialect/cloudinary"
	"tintype/internal/dialect/imagekit"
	"tintype/internal/dialect/uploadcare"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// known is all that a plan of the benchmark asks of a picture.
type known struct {
	transform.Alone
	info media.Info
}

func (k known) Info() media.Info { return k.info }

func (k known) Measure(context.Context, transform.Question) (transform.Answer, error) {
	return transform.Answer{}, errors.New("nothing is to be measured")
}

// planURLs are chains of three steps with an output, by the family of
// operations that the second step is of.
var planURLs = []struct{ family, cloudinary, imagekit, uploadcare string }{
	{"crop", "c_fill,g_north,h_300,w_400/c_crop,g_south,h_200,w_300/c_pad,b_red,h_400,w_500/f_webp,q_75",
		"w-400,h-300,fo-top:cm-extract,w-300,h-200,fo-bottom:w-500,h-400,cm-pad_resize,bg-FF0000,f-webp,q-75",
		"/-/scale_crop/400x300/center/-/crop/300x200/50p,50p/-/resize/500x/-/format/webp/"},
	{"colour", "c_fill,h_300,w_400/e_contrast:30/a_90/f_webp,q_75",
		"w-400,h-300:e-contrast:rt-90,f-webp,q-75",
		"/-/scale_crop/400x300/center/-/contrast/30/-/rotate/90/-/format/webp/"},
	{"filter", "c_fill,h_300,w_400/e_blur:300/e_sharpen:100/f_webp,q_75",
		"w-400,h-300:bl-10:e-sharpen-5,f-webp,q-75",
		"/-/scale_crop/400x300/center/-/blur/60/-/sharp/5/-/format/webp/"},
	{"shape", "c_fill,h_300,w_400/r_20/bo_4px_solid_red/f_webp,q_75",
		"w-400,h-300:r-20:b-4_FF0000,f-webp,q-75",
		"/-/scale_crop/400x300/center/-/border_radius/20/-/mirror/-/format/webp/"},
}

// BenchmarkPlan reads a URL in each dialect and resolves it to a plan, which
// is to take less than 20 microseconds. The processor time counts, garbage collection included; the clock of a shared
// machine does not.
func BenchmarkPlan(b *testing.B) {
	care, err := uploadcare.New(uploadcare.Config{})
	if err != nil {
		b.Fatal(err)
	}
	acc, err := account.New(media.Account{ID: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	facts := known{info: media.Info{Format: "jpeg", Width: 2725, Height: 2225, Pages: 1}}
	for _, u := range planURLs {
		for _, d := range []struct {
			name string
			parser
			path string
		}{
			{"cloudinary", new(cloudinary.Dialect), "/image/upload/" + u.cloudinary + "/sample.jpg"},
			{"imagekit", imagekit.New(imagekit.Config{}), "/tr:" + u.imagekit + "/sample.jpg"},
			{"uploadcare", care, "/" + uuid("0123456789abcdef0123456789abcdef") + u.uploadcare},
		} {
			b.Run(u.family+"/"+d.name, func(b *testing.B) {
				r := httptest.NewRequest(http.MethodGet, "/"+d.name+d.path, nil)
				e := account.Endpoint{Prefix: "/" + d.name, Dialect: d.name, Account: acc}
				b.ReportAllocs()
				start := ownTime(b)
				for b.Loop() {
					q, err := d.Parse(r, e)
					if err != nil {
						b.Fatal(err)
					}
					p, err := transform.Resolve(b.Context(), q.Chain, facts, transform.Limits{})
					if err != nil {
						b.Fatal(err)
					}
					if len(p.Ops) == 0 {
						b.Fatal("an empty plan")
					}
				}
				b.ReportMetric(float64(ownTime(b)-start)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// ownTime is the processor time of this process up to now.
func ownTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
