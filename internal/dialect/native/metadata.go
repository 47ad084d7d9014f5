package native

import (
	"path"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// uploadOf reads what the metadata of an upload say of the asset to be. Keys
// that mean nothing here become its context, except those that clients send
// by themselves.
func uploadOf(meta map[string]string) (library.Upload, error) {
	u := library.Upload{Access: media.Public, UseFilename: true, Unique: true}
	for key, value := range meta {
		var err error
		switch key {
		case "filename":
			u.Filename = path.Base(strings.ReplaceAll(value, `\`, "/"))
		case "name":
			u.Name = value
		case "folder":
			u.Folder = strings.Trim(value, "/")
		case "tags":
			u.Tags = strings.Split(value, ",")
		case "kind":
			u.Kind, err = kindOf(value)
		case "access":
			u.Access, err = accessOf(value)
		case "overwrite":
			if u.Overwrite, err = strconv.ParseBool(value); err != nil {
				err = media.Errorf(media.Invalid, "overwrite is true or false, not %s", dialect.Quotable(value))
			}
		case "filetype", "type", "relativePath":
		default:
			if u.Context == nil {
				u.Context = map[string]string{}
			}
			u.Context[key] = value
		}
		if err != nil {
			return u, err
		}
	}
	// One client library gives the file's name as both.
	if u.Name == meta["filename"] {
		u.Name = ""
	}
	return u, checkName(u)
}

// checkName refuses before the file comes what would be refused afterwards.
func checkName(u library.Upload) error {
	name := u.Name
	if name == "" {
		name = "x"
	}
	if u.Folder != "" {
		name = u.Folder + "/" + name
	}
	return library.CheckName(name)
}

func kindOf(value string) (media.Kind, error) {
	switch k := media.Kind(value); k {
	case media.KindImage, media.KindVideo, media.KindRaw:
		return k, nil
	}
	if value == "auto" || value == "" {
		return "", nil
	}
	return "", media.Errorf(media.Invalid, "kind is image, video, raw or auto, not %s", dialect.Quotable(value))
}

func accessOf(value string) (media.Access, error) {
	switch a := media.Access(value); a {
	case media.Public, media.Private, media.Authenticated:
		return a, nil
	}
	return "", media.Errorf(media.Invalid, "access is public, private or authenticated, not %s", dialect.Quotable(value))
}
