package main

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"tintype/internal/account"
)

//go:embed welcome.html
var welcomeHTML string

type welcomePage struct {
	Demo       bool
	SDK        string
	Renditions []welcomeRendition
	Uploads    []welcomeUpload
}

type welcomeRendition struct{ URL, Says string }

type welcomeUpload struct{ Language, Code string }

// welcome answers / with a page that shows what the server does. It never
// shows a secret: whoever may read it need not own the account.
func welcome(dir *account.Directory, publicURL *url.URL) (http.Handler, error) {
	page, err := template.New("welcome").Parse(welcomeHTML)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		if r.Method == http.MethodGet {
			_ = page.Execute(w, welcomeFor(dir, publicURL)) // what fails here is the client's connection
		}
	}), nil
}

func welcomeFor(dir *account.Directory, publicURL *url.URL) welcomePage {
	p := welcomePage{SDK: sdkURL("ACCOUNT", "KEY", "SECRET", publicURL), Uploads: uploadExamples("ACCOUNT", publicURL)}
	a, ok := dir.ByName(demoAccount)
	if !ok {
		return p
	}
	p.Demo = true
	p.Uploads = uploadExamples(demoAccount, publicURL)
	if len(a.Keys) > 0 {
		p.SDK = sdkURL(demoAccount, a.Keys[0].ID, "SECRET", publicURL)
	}
	base := "/" + demoAccount + "/image/upload/"
	for _, r := range [][2]string{
		{"c_scale,w_320/f_auto/samples/balloons", "Scaled; the format is what your browser likes best"},
		{"c_fill,g_auto,h_240,w_320/samples/balloons.jpg", "Filled, cut to what catches the eye"},
		{"c_thumb,g_auto,h_220,w_220/r_max/samples/balloons.png", "A round thumbnail"},
		{"b_rgb:20303f,c_pad,h_240,w_320/samples/balloons.jpg", "Padded with a colour"},
		{"c_fill,h_240,w_320/e_sepia/samples/balloons.jpg", "Sepia"},
		{"c_fill,h_240,w_320/e_blur:800/samples/balloons.jpg", "Blurred"},
		{"c_fill,g_north,h_220,w_220/bo_8px_solid_rgb:f5b942,r_30/samples/balloons.png", "Rounded, with a border"},
		{"c_crop,h_900,w_1200,x_300,y_200/c_scale,w_260/a_-8/e_grayscale/samples/balloons.png", "A chain: crop, scale, turn, grey"},
	} {
		p.Renditions = append(p.Renditions, welcomeRendition{URL: base + r[0], Says: r[1]})
	}
	return p
}

// sdkURL is the configuration that the SDKs read from their environment.
func sdkURL(account, key, secret string, publicURL *url.URL) string {
	option := "secure_distribution"
	tail := ""
	if publicURL.Scheme == "http" {
		option, tail = "cname", "&secure=false"
	}
	return "cloudinary://" + key + ":" + secret + "@" + account +
		"?upload_prefix=" + publicURL.Scheme + "://" + publicURL.Host + "&" + option + "=" + publicURL.Host + tail
}

func uploadExamples(account string, publicURL *url.URL) []welcomeUpload {
	root := strings.TrimSuffix(publicURL.String(), "/")
	return []welcomeUpload{
		{"Node", `npm install cloudinary
node -e 'require("cloudinary").v2.uploader.upload("photo.jpg").then(r => console.log(r.url))'`},
		{"Python", `pip install cloudinary
python3 -c 'import cloudinary.uploader; print(cloudinary.uploader.upload("photo.jpg")["url"])'`},
		{"Go", `cld, _ := cloudinary.New() // github.com/cloudinary/cloudinary-go/v2
up, err := cld.Upload.Upload(ctx, "photo.jpg", uploader.UploadParams{})`},
		{"curl", `curl -u "$KEY:$SECRET" -F file=@photo.jpg ` + root + `/v1_1/` + account + `/image/upload`},
	}
}
