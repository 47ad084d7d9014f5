package cloudinary

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tintype/internal/account"
	"tintype/internal/library"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

// newDynamicSite is a site whose account has folders apart from names.
func newDynamicSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t, func(c *library.Config) {
		c.Dynamic = func(acc media.AccountID) bool { return acc == librarytest.Account }
	})
	body, _ := json.Marshal(account.Options{DynamicFolders: true})
	err := s.d.cfg.Accounts.PutSetting(t.Context(), media.Setting{Account: librarytest.Account, Kind: account.KindOptions, Name: account.OptionsName, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// foldersAt lists the paths in a folder.
func (s *site) foldersAt(path string) (paths []string) {
	s.t.Helper()
	r := s.admin("GET", "folders"+path, "")
	if r.code != 200 {
		s.t.Fatalf("folders%s: %d %s", path, r.code, r.body)
	}
	list := r.json["folders"].([]any)
	for _, f := range list {
		paths = append(paths, f.(map[string]any)["path"].(string))
	}
	s.has(r.json, map[string]any{"total_count": len(list), "next_cursor": nil})
	return paths
}

func TestFolders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=a/b/c"))
	s.put(values("public_id=root"))
	r := s.admin("POST", "folders/e%2Ff", "null")
	s.has(r.json, map[string]any{"success": true, "path": "e/f", "name": "f"})
	s.has(s.admin("POST", "folders/e/f", "").json, map[string]any{"success": true})
	for path, want := range map[string][]string{
		"": {"a", "e"}, "/%2F": {"a", "e"}, "/a": {"a/b"}, "/a%2Fb": nil, "/e": {"e/f"},
	} {
		if got := s.foldersAt(path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	r = s.admin("GET", "folders?max_results=1", "")
	s.has(r.json, map[string]any{"total_count": 2})
	r = s.admin("GET", "folders?max_results=1&next_cursor="+r.json["next_cursor"].(string), "")
	if got := fmt.Sprint(r.json["folders"]); !strings.Contains(got, "name:e") || r.json["next_cursor"] != nil {
		t.Errorf("second page: %s", r.body)
	}
	// What is empty is found, too.
	r = s.admin("POST", "folders/search", `{"expression":"path:e/*"}`)
	s.has(r.json, map[string]any{"total_count": 1})
	for call, c := range map[string]struct {
		body string
		code int
		says string
	}{
		"GET folders/no/ne":                {"", 404, "Can't find folder with path no/ne"},
		"DELETE folders/none":              {"", 404, "Can't find folder with path none"},
		"DELETE folders/a":                 {"", 400, "Folder is not empty"},
		"POST folders/a%3Fb":               {"", 400, "Folder path (a?b) is invalid"},
		"POST folders/a%2F..":              {"", 400, "Folder path (a/..) is invalid"},
		"PUT folders/e":                    {`{"to_folder":"g"}`, 400, "Folders can be renamed only in dynamic folder mode"},
		"PUT folders/a":                    {`{}`, 400, "Missing required parameter - to_folder"},
		"GET folders?next_cursor=23452342": {"", 400, "Invalid value for cursor"},
	} {
		method, path, _ := strings.Cut(call, " ")
		if r := s.admin(method, path, c.body); r.code != c.code || r.message() != c.says {
			t.Errorf("%s: %d %s", call, r.code, r.body)
		}
	}
	// Here asset_folder says nothing: public ids place assets.
	s.has(s.put(values("public_id=e/y", "asset_folder=x")), map[string]any{"public_id": "e/y", "folder": "e"})
	s.form("image/destroy", s.sign(values("public_id=e/y")))
	// The folder stays when what lay in it has gone.
	s.form("image/destroy", s.sign(values("public_id=a/b/c")))
	if got := s.foldersAt("/a"); !slices.Equal(got, []string{"a/b"}) {
		t.Errorf("left: %v", got)
	}
	s.has(s.admin("DELETE", "folders/a?skip_backup=true", "").json, map[string]any{"deleted": "[a a/b]"})
	if got := s.foldersAt(""); !slices.Equal(got, []string{"e"}) {
		t.Errorf("left: %v", got)
	}
	if got := s.Events(); count(got, media.EventFolderMade) != 1 || count(got, media.EventFolderDeleted) != 1 {
		t.Errorf("events: %v", got)
	}
}

func TestDynamicFolders(t *testing.T) {
	t.Parallel()
	s := newDynamicSite(t)
	up := s.put(values("public_id=p/shoe", "asset_folder=/shop/red/"))
	s.has(up, map[string]any{"public_id": "p/shoe", "asset_folder": "shop/red", "display_name": "shoe"})
	s.lacks(up, "folder")
	for params, want := range map[string]map[string]any{
		"public_id=a|folder=f/g":                                            {"public_id": "f/g/a", "asset_folder": "f/g", "display_name": "a"},
		"public_id=a|public_id_prefix=x":                                    {"public_id": "x/a", "asset_folder": ""},
		"public_id=b|asset_folder=h|use_asset_folder_as_public_id_prefix=1": {"public_id": "h/b", "asset_folder": "h"},
		"public_id=c|asset_folder=h|display_name=My c":                      {"public_id": "c", "display_name": "My c"},
		"public_id=d|use_filename_as_display_name=true":                     {"public_id": "d", "display_name": "boot"},
		"public_id=p/shoe|tags=again":                                       {"asset_folder": "shop/red", "display_name": "shoe", "overwritten": true},
	} {
		s.has(s.put(values(strings.Split(params, "|")...)), want)
	}
	twin := s.put(values("public_id=e", "asset_folder=h", "display_name=My c", "unique_display_name=true"))
	if name := twin["display_name"].(string); !strings.HasPrefix(name, "My c_") || len(name) != len("My c_")+6 {
		t.Errorf("display name %q", name)
	}
	// A rename changes the name and nothing else; an update moves.
	r := s.form("image/rename", s.sign(values("from_public_id=p/shoe", "to_public_id=q/boot")))
	s.has(r.json, map[string]any{"public_id": "q/boot", "asset_folder": "shop/red", "display_name": "shoe"})
	r = s.admin("PUT", "resources/"+up["asset_id"].(string), `{"asset_folder":"shop/blue","display_name":"Blue"}`)
	s.has(r.json, map[string]any{"asset_folder": "shop/blue", "display_name": "Blue", "public_id": "q/boot"})
	r = s.admin("GET", "resources/by_asset_folder?asset_folder=shop/blue&fields=display_name", "")
	s.has(r.json, map[string]any{"total_count": 1})
	if row := r.json["resources"].([]any)[0].(map[string]any); len(row) != 4 || row["asset_folder"] != "shop/blue" {
		t.Errorf("row: %v", row)
	}
	r = s.admin("PUT", "folders/shop", `{"to_folder":"store/old"}`)
	s.has(r.json, map[string]any{"from": "map[name:shop path:shop]", "to": "map[name:old path:store/old]"})
	s.has(s.admin("GET", "resources/image/upload/q/boot", "").json, map[string]any{"asset_folder": "store/old/blue"})
	if got := s.foldersAt("/store/old"); !slices.Equal(got, []string{"store/old/blue", "store/old/red"}) {
		t.Errorf("folders: %v", got)
	}
	for call, c := range map[string]struct {
		body string
		code int
		says string
	}{
		"PUT folders/none":              {`{"to_folder":"x"}`, 404, "Can't find folder with path none"},
		"PUT folders/store":             {`{"to_folder":"h"}`, 409, "Folder h already exists"},
		"PUT folders/h":                 {`{"to_folder":"h/i"}`, 400, "The folder h cannot be moved into itself"},
		"POST resources/image/upload/c": {`{"display_name":"a/b"}`, 400, "Display name cannot contain slashes"},
		"POST resources/image/upload/d": {`{"asset_folder":"a//b"}`, 400, "Folder path (a//b) is invalid"},
	} {
		method, path, _ := strings.Cut(call, " ")
		if r := s.admin(method, path, c.body); r.code != c.code || r.message() != c.says {
			t.Errorf("%s: %d %s", call, r.code, r.body)
		}
	}
	got := s.Events()
	if count(got, media.EventMoved) != 1 || count(got, media.EventNamed) != 1 || count(got, media.EventFolderMoved) != 1 {
		t.Errorf("events: %v", got)
	}
}
